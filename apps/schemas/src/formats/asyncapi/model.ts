import type { Side } from '../api/judge.ts'
import type { Schema } from '../format.ts'
import type { JsonMap } from '../json-text.ts'

/** `receive`: others write, and the application reads; `send`: the other way; `any`: the description doesn't say. */
export type Action = 'receive' | 'send' | 'any'
export type Message = {
  readonly name: string
  readonly at: string
  readonly contentType: string
  /** In which language its payload is described, and the key of that. */
  readonly language: 'JSON' | 'AVRO' | 'PROTOBUF' | 'OTHER'
  readonly payload: string
  readonly headers?: string
  /** Of a Kafka record. */
  readonly recordKey?: string
}
/** What goes one way through a channel. */
export type Flow = {
  readonly key: string
  readonly action: Action
  readonly address: string
  readonly at: string
  readonly messages: ReadonlyMap<string, Message>
}
export type Events = {
  readonly own: JsonMap
  readonly root: JsonMap
  readonly flows: ReadonlyMap<string, Flow>
  /** What the application reads, and what it writes. */
  readonly read: Side
  readonly written: Side
  readonly named: Side
  /** Payloads in other languages than JSON Schema, by their keys. */
  readonly others: ReadonlyMap<string, { readonly at: string; readonly text: string; readonly schema?: Schema }>
}

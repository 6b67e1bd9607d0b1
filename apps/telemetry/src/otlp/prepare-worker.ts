import { parentPort } from 'node:worker_threads'
import type { Stamp } from '../stamp.ts'
import type { Signal } from '../storage/inserts.ts'
import { prepare, type Encoding, type Prepared } from './prepare.ts'
import { WireError } from './walk.ts'

export type Asked = { id: number; signal: Signal; encoding: Encoding; bytes: Uint8Array; stamp: Stamp | 'each' }
export type Answered =
  | { id: number; prepared: Prepared }
  | { id: number; refused: string }
  | { id: number; failed: string }

parentPort?.on('message', ({ id, signal, encoding, bytes, stamp }: Asked) => {
  let answered: Answered
  try {
    answered = { id, prepared: prepare(signal, encoding, bytes, stamp) }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    answered = error instanceof WireError ? { id, refused: said } : { id, failed: said }
  }
  parentPort?.postMessage(answered)
})

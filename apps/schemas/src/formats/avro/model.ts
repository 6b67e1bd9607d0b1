import type { Json } from '../json-text.ts'

export const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const
export type Primitive = (typeof primitives)[number]

/** Attributes that Avro gives no meaning to, in the order of the text. */
export type Extra = readonly (readonly [string, Json])[]
/** What `logicalType` and its parameters say, whether or not they suit the type: Avro ignores those that don't. */
export type Logical = { readonly name: string; readonly precision?: number; readonly scale?: number }

type Annotated = { readonly extra: Extra; readonly logical?: Logical }
type NamedType = Annotated & {
  /** With namespace. */
  readonly name: string
  readonly aliases: readonly string[]
  readonly doc?: string
  /** Defined in a text that this schema refers to. */
  readonly foreign: boolean
}
export type AvroRecord = NamedType & {
  readonly kind: 'record'
  readonly error: boolean
  /** Filled while it is read, since a record may mention itself. */
  readonly fields: AvroField[]
  readonly byName: Map<string, AvroField>
}
export type AvroEnum = NamedType & {
  readonly kind: 'enum'
  readonly symbols: readonly string[]
  readonly known: ReadonlySet<string>
  readonly default?: string
}
export type AvroFixed = NamedType & { readonly kind: 'fixed'; readonly size: number }
export type AvroUnion = { readonly kind: 'union'; readonly branches: readonly Avro[] }
export type AvroNamed = AvroRecord | AvroEnum | AvroFixed
export type Avro =
  | (Annotated & { readonly kind: Primitive })
  | (Annotated & { readonly kind: 'array'; readonly items: Avro })
  | (Annotated & { readonly kind: 'map'; readonly values: Avro })
  | AvroUnion
  | AvroNamed
export type AvroField = {
  readonly name: string
  readonly index: number
  readonly type: Avro
  readonly aliases: readonly string[]
  readonly doc?: string
  /** Absent where the field has none; null is a default. */
  readonly default?: Json
  readonly order?: 'descending' | 'ignore'
  readonly extra: Extra
}

/** A schema that was read; mentions of a named type are the same object as its definition. */
export type AvroModel = { readonly root: Avro }

export const isNamed = (type: Avro): type is AvroNamed =>
  type.kind === 'record' || type.kind === 'enum' || type.kind === 'fixed'
/** The word by which a union's branch is known, in messages and in Avro's JSON encoding. */
export const typeName = (type: Avro): string => (isNamed(type) ? type.name : type.kind)
export const shortName = (name: string): string => name.slice(name.lastIndexOf('.') + 1)
export const namespaceOf = (name: string): string => (name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : '')

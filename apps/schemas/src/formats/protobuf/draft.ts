import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { docOf, type Cursor } from './cursor.ts'
import { optionsMax } from './limits.ts'
import { parseOption, type RawOption } from './parse-options.ts'
import { wrongAt, type Place, type Token } from './tokens.ts'

/** A file whose mentions of types and options are not looked up yet. */
export type Draft = {
  readonly file: FileDescriptorProto
  /** By the descriptor that they belong to. */
  readonly options: Map<object, RawOption[]>
  readonly places: Map<object, Place>
  readonly docs: Map<object, string>
}

export type Syntax = 'proto2' | 'proto3' | 'editions'
/** A draft in the making. */
export type Parsing = Draft & { readonly cursor: Cursor; syntax: Syntax }

/** The rest of an option's statement; belongs to `owner`. */
export function addOption({ cursor, options }: Parsing, owner: object): void {
  const known = options.get(owner) ?? []
  if (known.length >= optionsMax) throw wrongAt(cursor.peek(), '', `it has more than ${optionsMax} options`)
  known.push(parseOption(cursor))
  options.set(owner, known)
  cursor.expect(';')
}

/** Where something is written, and what its comment says. */
export function note({ places, docs }: Parsing, owner: object, first: Token, last?: Token): void {
  places.set(owner, first)
  const doc = docOf(first, last)
  if (doc !== undefined && doc !== '') docs.set(owner, doc)
}

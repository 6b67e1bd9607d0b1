import type { Json } from './json-text.ts'

/** One reason why a reader can't read what a writer wrote: where in the reader's schema, and what to do about it. */
export type Incompatibility = { rule: string; path: string; message: string }

/** A schema language: what is a schema in it, and when what was written by one schema can be read by another. */
export type Format = {
  /** Throws schemas.schema_invalid with the place. */
  check(schema: Json): void
  /** Empty where everything that `writer` allows is read by `reader`; all reasons otherwise. */
  unreadable(reader: Json, writer: Json): Incompatibility[]
}

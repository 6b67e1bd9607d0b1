import fastJson from 'fast-json-stringify'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'

export type Serialize = (value: unknown) => string

/**
 * Compiles the writer of a response. Only declared members are written, so a column that somebody adds to a table
 * does not show up in an answer. What the compiler can't take goes the slow way, which leaves out the same members.
 */
export function compileSerialize(schema: TSchema): Serialize {
  try {
    return fastJson(schema as Parameters<typeof fastJson>[0])
  } catch {
    return (value) => JSON.stringify(Value.Clean(schema, structuredClone(value)))
  }
}

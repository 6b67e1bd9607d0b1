import type { Problem } from '@plinth/kernel'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

type Check = { isValid(value: unknown): boolean; problems(value: unknown): Problem[] }

const compiled = new WeakMap<TSchema, Check>()

/** The compiled form of a schema; compiled at its first use and kept. */
export function checkOf(schema: TSchema): Check {
  const known = compiled.get(schema)
  if (known) return known
  const validator = Compile(schema)
  const check: Check = {
    isValid: (value) => validator.Check(value),
    problems: (value) =>
      [...validator.Errors(value)].slice(0, 20).map(({ instancePath, message }) => ({ path: instancePath, message })),
  }
  compiled.set(schema, check)
  return check
}

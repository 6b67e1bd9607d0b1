import type { ErrorObject, ValidateFunction } from 'ajv'
import { invalid, pointer } from '../json-text.ts'

/** Compiling takes a tenth of a second, so it is done when the first of a version comes. */
export const once = (make: () => ValidateFunction): (() => ValidateFunction) => {
  let made: ValidateFunction | undefined
  return () => (made ??= make())
}

/** The error that lies deepest says most: those around it only tell that no choice fits. */
export function worstOf(errors: readonly ErrorObject[]): Error {
  const [worst] = errors.toSorted((a, b) => b.instancePath.split('/').length - a.instancePath.split('/').length)
  const { instancePath = '', message = 'it is no description of this version', params = {} } = worst ?? {}
  const named: unknown = params['additionalProperty'] ?? params['unevaluatedProperty']
  const allowed: unknown = params['allowedValues'] ?? params['allowedValue']
  return invalid(
    typeof named === 'string' ? pointer(instancePath, named) : instancePath,
    `${message}${allowed === undefined ? '' : `: ${JSON.stringify(allowed).slice(0, 200)}`}`,
  )
}

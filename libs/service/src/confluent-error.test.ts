import { failure } from '@plinth/contracts'
import { expect, test } from 'vitest'
import { confluentError } from './confluent-error.ts'

test.each([
  [40101, failure('gateway.token_missing')],
  [40301, failure('gateway.permission_denied')],
  [404, failure('platform.route_unknown')],
  [429, failure('platform.rate_limited')],
  [42201, failure('schemas.schema_invalid')],
  [50001, failure('platform.bug')],
  [503, failure('platform.unavailable')],
] as const)('gives a refusal without a number of its own the number %i', (code, error) => {
  expect(confluentError(error)).toEqual({ error_code: code, message: error.publicDetail })
})

test('keeps the number that a refusal brings', () => {
  const error = failure('schemas.subject_unknown', { detail: 'Not found.', extensions: { error_code: 40401 } })
  expect(confluentError(error)).toEqual({ error_code: 40401, message: 'Not found.' })
})

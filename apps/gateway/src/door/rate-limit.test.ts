import { expect, test } from 'vitest'
import { rateLimit } from './rate-limit.ts'

const clock = { now: () => new Date(), monotonicMs: () => 0 }
const limited = { code: 'platform.rate_limited' }
const refusal = (work: () => void): unknown => {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}

test.each([
  ['2001:db8::a:b:c:d', '2001:db8::e:f:1:2'],
  ['2001:db8:1:2::1', '2001:db8:1:2:3:4:5:6'],
  ['2001:db8:1::5', '2001:db8:1:0:1:2:3:4'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
])('%s and %s are one caller', (one, other) => {
  const take = rateLimit(1, clock)
  expect(refusal(() => take(one))).toBeUndefined()
  expect(refusal(() => take(other))).toMatchObject(limited)
})

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:3::1'],
  ['2001:db8::1', '2001:db9::1'],
  ['192.0.2.1', '192.0.2.2'],
])('%s and %s are two', (one, other) => {
  const take = rateLimit(1, clock)
  take(one)
  expect(refusal(() => take(other))).toBeUndefined()
})

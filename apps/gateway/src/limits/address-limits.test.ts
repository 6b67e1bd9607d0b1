import { ServerResponse, IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { addressLimits } from './address-limits.ts'

const limited = { code: 'platform.rate_limited' }
const one = () => addressLimits({ requestsPerSecond: 0, signInsPerMinute: 1 }, () => 0)
const response = () => new ServerResponse(new IncomingMessage(new Socket()))
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
])('%s and %s are one caller', (first, other) => {
  const { takeSignIn } = one()
  expect(refusal(() => takeSignIn(first, response()))).toBeUndefined()
  expect(refusal(() => takeSignIn(other, response()))).toMatchObject(limited)
})

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:3::1'],
  ['2001:db8::1', '2001:db9::1'],
  ['192.0.2.1', '192.0.2.2'],
])('%s and %s are two', (first, other) => {
  const { takeSignIn } = one()
  takeSignIn(first, response())
  expect(refusal(() => takeSignIn(other, response()))).toBeUndefined()
})

test('all requests of an address count, and come back with time', () => {
  let nowMs = 0
  const { take } = addressLimits({ requestsPerSecond: 2, signInsPerMinute: 1 }, () => nowMs)
  for (let at = 0; at < 20; at++) take('192.0.2.1')
  expect(refusal(() => take('192.0.2.1'))).toMatchObject({ ...limited, retryAfterSeconds: 1 })
  take('192.0.2.2')
  nowMs = 500
  take('192.0.2.1')
  expect(refusal(() => take('192.0.2.1'))).toMatchObject(limited)
})

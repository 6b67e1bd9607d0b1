import { expect, test } from 'vitest'
import { hashOf, isMistyped, newSecret } from './secrets.ts'

test('ten thousand secrets differ, have one shape and their checksum', () => {
  const secrets = Array.from({ length: 10_000 }, () => newSecret('plt'))
  expect(new Set(secrets).size).toBe(secrets.length)
  for (const secret of secrets) {
    expect(secret).toMatch(/^plt_[A-Za-z0-9_-]{50}$/)
    expect(isMistyped(secret)).toBe(false)
  }
})

test('one wrong character anywhere is seen without the database', () => {
  const secret = newSecret('pls')
  for (let index = 0; index < secret.length; index++) {
    const other = secret[index] === 'a' ? 'b' : 'a'
    expect(isMistyped(secret.slice(0, index) + other + secret.slice(index + 1))).toBe(true)
  }
})

test('what is kept of a secret does not hold it', () => {
  const secret = newSecret('plr')
  expect(hashOf(secret)).toMatch(/^[0-9a-f]{64}$/)
  expect(hashOf(secret)).not.toBe(hashOf(`${secret} `))
})

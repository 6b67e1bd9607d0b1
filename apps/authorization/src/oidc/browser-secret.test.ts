import { expect, test } from 'vitest'
import { isSame, newBrowserSecret, secretsOf } from './browser-secret.ts'
import { ownPath } from './sign-in.ts'

test('ten thousand sign-ins have as many states, nonces and verifiers, each of 256 bits and none told by another', () => {
  const seen = new Set<string>()
  for (let count = 0; count < 10_000; count++) {
    const browserSecret = newBrowserSecret()
    const made = [browserSecret, ...Object.values(secretsOf(browserSecret))]
    for (const secret of made) {
      expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
      seen.add(secret)
    }
  }
  expect(seen.size).toBe(40_000)
})

test('secrets are the same for the same browser, and compared whole', () => {
  expect(secretsOf('a')).toEqual(secretsOf('a'))
  expect([isSame('abc', 'abc'), isSame('abc', 'abd'), isSame('abc', 'ab'), isSame('', '')]).toEqual([
    true,
    false,
    false,
    true,
  ])
})

test('nobody is sent to another site after he signed in', () => {
  const at = (path: string): string => ownPath(path, 'https://plinth.example')
  expect(at('/projects/payments?tab=runs#last')).toBe('/projects/payments?tab=runs#last')
  for (const path of [
    '', 'x', '//evil.example', '/\\evil.example', '\\\\evil.example', 'https://evil.example', '/\t/evil.example',
    '/\u0000', '/a\nSet-Cookie: x', 'javascript:alert(1)', '/ok\\..\\x',
  ])
    expect(at(path)).toBe('/') // prettier-ignore
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formsOf, mask } from './mask.ts'

const through = (secrets: string[], pieces: string[]): string => {
  const masked = mask(secrets)
  return pieces.map((piece) => masked.write(piece)).join('') + masked.end()
}

test('a secret is masked wherever the text is cut', () => {
  const text = 'before s3cret-value after s3cret-valu'
  for (let cut = 0; cut <= text.length; cut++) {
    expect(through(['s3cret-value'], [text.slice(0, cut), text.slice(cut)])).toBe('before [MASKED] after s3cret-valu')
  }
})

test('the longer of two secrets is masked whole although the shorter one is its beginning', () => {
  expect(through(['abcd', 'abcdefgh'], ['x abcd', 'efgh y abcd z'])).toBe('x [MASKED] y [MASKED] z')
})

test('whatever surrounds it, a secret in Base64 or URL encoding is not readable', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 7 }), fc.string({ maxLength: 7 }), (before, after) => {
      const secret = 'p&ss w0rd+of/some=length'
      const text = Buffer.from(before + secret + after).toString('base64')
      expect(through([secret], [text])).toContain('[MASKED]')
      expect(through([secret], [encodeURIComponent(before) + encodeURIComponent(secret)])).not.toContain(
        encodeURIComponent(secret),
      )
    }),
  )
})

test('text without a secret comes out as it went in, however it is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n') })), (pieces) => {
      expect(through(['abcabx'], pieces)).toBe(pieces.join(''))
    }),
  )
})

test('a value too short to be a secret is not masked', () => {
  expect(formsOf('abc')).toEqual([])
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bind, likeAnywhere, quote } from './bind.ts'

test('a quoted text ends where it should, whatever it holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("'", '\\', '\0', 'a', '\n', '-', 'é') }), (text) => {
      const literal = quote(text)
      // No quote inside stands without an odd number of backslashes before it.
      expect(literal.slice(1, -1)).toMatch(/^(?:[^'\\]|\\[\s\S])*$/)
      expect(
        literal
          .slice(1, -1)
          .replace(/\\([\s\S])/g, (_escape, character: string) => (character === '0' ? '\0' : character)),
      ).toBe(text)
    }),
  )
})

test('values are put in once: a value that looks like a place stays text', () => {
  expect(bind('a = {a:String} AND b = {b:String}', { a: '{b:String}', b: '$&' })).toBe("a = '{b:String}' AND b = '$&'")
})

test('numbers that are none, and missing values, fail', () => {
  expect(() => bind('{n:Int64}', { n: '1 OR 1=1' })).toThrow(/no Int64/)
  expect(() => bind('{n:Float64}', { n: 'NaN; DROP' })).toThrow(/no Float64/)
  expect(() => bind('{n:Int64}', {})).toThrow(/no value/)
})

test('wildcards of a search mean themselves', () => {
  expect(likeAnywhere('50%_\\')).toBe('%50\\%\\_\\\\%')
})

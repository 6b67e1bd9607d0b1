import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

test('one value has one form, whatever the order of its members', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: 1e21, ä: 0.1 })).toBe(
    '{"a":1e+21,"b":[1,{"c":"x","d":null}],"ä":0.1}',
  )
})

test('the form is JSON of the same value and does not change when it is read and written again', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const form = canonicalJson(value)
      expect(JSON.parse(form)).toEqual(JSON.parse(JSON.stringify(value)))
      expect(canonicalJson(JSON.parse(form))).toBe(form)
    }),
  )
})

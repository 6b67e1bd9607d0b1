import { assert, constantFrom, dictionary, integer, property, record, string } from 'fast-check'
import { expect, test } from 'vitest'
import { decodePositions, encodePositions } from './cursor.ts'

const position = record({
  born: integer({ min: 0, max: 2 ** 50 }),
  sequence: integer({ min: 0, max: 2 ** 50 }),
})

test('a cursor says again what it was made of', () => {
  assert(
    property(dictionary(constantFrom('gitops', 'schemas', 'gateway'), position, { minKeys: 1 }), (positions) => {
      expect(decodePositions(encodePositions(positions))).toEqual({ ...positions })
    }),
  )
})

test('any other text is refused with platform.cursor_invalid', () => {
  assert(
    property(string(), (text) => {
      try {
        decodePositions(text)
      } catch (error) {
        expect(error).toMatchObject({ code: 'platform.cursor_invalid' })
      }
    }),
  )
})

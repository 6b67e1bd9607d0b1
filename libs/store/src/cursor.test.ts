import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCursor, encodeCursor, pageOf } from './cursor.ts'

test('a cursor gives back what it was made of', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.string().filter((text) => !text.includes('\u0000')),
          fc.integer(),
          fc.boolean(),
          fc.constant(null),
        ),
      ),
      (values) => {
        expect(decodeCursor(encodeCursor(values))).toEqual(values)
      },
    ),
  )
})

test('whatever else a client sends is refused as an invalid cursor, never as a bug', () => {
  const refused = (cursor: string): void => {
    expect(() => decodeCursor(cursor, ['string', 'number'])).toThrow(/platform\.cursor_invalid/)
  }
  fc.assert(fc.property(fc.string(), refused))
  for (const values of [[], ['a'], ['a', 'b'], ['a', 1, 2], [null, 1], ['\u0000', 1]]) refused(encodeCursor(values))
  for (const value of [{ a: 1 }, [{ a: 1 }, 1], 'text', 7])
    refused(Buffer.from(JSON.stringify(value)).toString('base64url'))
})

test('a page says where to go on only when there is more', () => {
  expect(pageOf([1, 2, 3], 3, (item) => [item])).toEqual({ items: [1, 2, 3] })
  expect(pageOf([1, 2, 3, 4], 3, (item) => [item])).toEqual({ items: [1, 2, 3], nextCursor: encodeCursor([3]) })
})

import { expect, test } from 'vitest'
import { csvOf } from './download.ts'

test('what a spreadsheet would take for a formula is text, and what would break a line is quoted', () => {
  expect(
    csvOf(
      ['name', 'why'],
      [
        ['=cmd|x', 'a, "b"'],
        ['@sum', undefined],
        ['ana', '-1'],
      ],
    ),
  ).toBe('name,why\r\n\'=cmd|x,"a, ""b"""\r\n\'@sum,\r\nana,\'-1\r\n')
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvField } from './csv.ts'

test('no field begins with what a spreadsheet takes for a formula, and each reads back as one field', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', 'a', ' ') }),
      (text) => {
        const field = csvField(text)
        const read = field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field
        expect(read).not.toMatch(/^[=+\-@\t\r\n]/)
        expect([text, `'${text}`]).toContain(read)
        expect(field).toMatch(/^(?:"(?:[^"]|"")*"|[^",\r\n]*)$/)
      },
    ),
  )
})

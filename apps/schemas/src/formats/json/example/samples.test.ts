import { describe, expect, it } from 'vitest'
import { jsonSchemaFormat } from '../json-schema.ts'

describe('an example of a schema whose properties are itself', () => {
  it('is looked for in a time that does not grow with how often it is named', () => {
    const names = Array.from({ length: 20 }, (_, index) => `a${index}`)
    const text = (least: number): string =>
      JSON.stringify({
        $ref: '#/$defs/T',
        $defs: {
          T: {
            type: 'object',
            required: names,
            minProperties: least,
            properties: Object.fromEntries(names.map((name) => [name, { $ref: '#/$defs/T' }])),
          },
        },
      })
    const parse = (least: number) => jsonSchemaFormat.parse({ text: text(least), references: [] })
    const [reader, writer] = [parse(30), parse(0)]
    const startedAt = process.cpuUsage()
    expect(jsonSchemaFormat.unreadable(reader, writer, 'STRICT')).not.toEqual([])
    expect(process.cpuUsage(startedAt).user / 1_000).toBeLessThan(1_500)
  })
})

import type { Field } from '../format.ts'
import { jsonSchemaFormat } from '../json/json-schema.ts'
import type { Side } from './judge.ts'
import { standalone, type Place } from './schema-set.ts'

/** The fields of each place, under what `nameOf` calls it. */
export function fieldsAt(side: Side, nameOf: (key: string) => string, required: ReadonlySet<string>): Field[] {
  const places = [...side.places.values()]
  if (places.length === 0) return []
  // Short names, in which nothing looks like the path of a field.
  const short = places.map((place, index): Place => ({ ...place, key: `p${index}` }))
  const whole = { ...standalone(side.root, short, side.dialect), required: short.map(({ key }) => key) }
  const fields = jsonSchemaFormat.parse({ text: JSON.stringify(whole), references: [] }).fields()
  return fields.map((field) => {
    const [, digits = '', rest = ''] = /^p(\d+)(.*)$/s.exec(field.path) ?? []
    const key = places[Number(digits)]?.key ?? ''
    return { ...field, path: `${nameOf(key)}${rest}`, required: rest === '' ? required.has(key) : field.required }
  })
}

import { standalone, type Place } from '../api/schema-set.ts'
import type { Side } from '../api/judge.ts'
import type { Field } from '../format.ts'
import { jsonSchemaFormat } from '../json/json-schema.ts'
import type { Api } from './model.ts'

const fieldsMax = 5000

/** Parameters, the fields of bodies and answers by their operation, and those of the named schemas. */
export function fieldsOf(api: Api): Field[] {
  const required = new Set<string>()
  const names = new Map<string, string>()
  for (const { key, method, path, webhook, parameters, body, answers } of api.operations.values()) {
    for (const parameter of parameters) {
      if (parameter.required) required.add(parameter.key)
      names.set(parameter.key, `${webhook ? 'webhook ' : ''}${method} ${path} ${parameter.in} ${parameter.name}`)
    }
    for (const type of body?.required === true ? body.types.values() : []) required.add(type)
    for (const header of [...answers.values()].flatMap(({ headers }) => headers))
      if (header.required) required.add(header.key)
    for (const side of [api.sent, api.answered])
      for (const place of side.places.keys())
        if (!names.has(place) && place.startsWith(`${key} `))
          names.set(place, `${webhook ? 'webhook ' : ''}${method} ${path} ${place.slice(key.length + 1)}`)
  }
  const all = [api.sent, api.answered].flatMap((side) => ofSide(side, (key) => names.get(key) ?? key, required))
  const named = ofSide(api.named, (key) => key.slice('schema '.length), required)
  // A named schema is no field; what it has are.
  return [...all, ...named.filter(({ path }) => /[.[{]/.test(path))].slice(0, fieldsMax)
}

function ofSide(side: Side, nameOf: (key: string) => string, required: ReadonlySet<string>): Field[] {
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

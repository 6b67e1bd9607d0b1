import { fieldsAt } from '../api/side-fields.ts'
import type { Field } from '../format.ts'
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
  const all = [api.sent, api.answered].flatMap((side) => fieldsAt(side, (key) => names.get(key) ?? key, required))
  const named = fieldsAt(api.named, (key) => key.slice('schema '.length), required)
  // A named schema is no field; what it has are.
  return [...all, ...named.filter(({ path }) => /[.[{]/.test(path))].slice(0, fieldsMax)
}

import { fieldsAt } from '../api/side-fields.ts'
import type { Field } from '../format.ts'
import type { Events } from './model.ts'

const fieldsMax = 5000

/** The fields of payloads, headers and keys by channel and message, and those of the named schemas. */
export function fieldsOf(events: Events): Field[] {
  const all = [events.read, events.written].flatMap((side) => fieldsAt(side, (key) => key, new Set()))
  const others = [...events.others].flatMap(([key, { schema }]) =>
    (schema?.fields() ?? []).map((field) => ({ ...field, path: `${key}.${field.path}` })),
  )
  const named = fieldsAt(events.named, (key) => key.slice('schema '.length), new Set())
  return [...all, ...others, ...named]
    .filter(({ path, type }) => type !== 'object' || /[.[{]/.test(path))
    .slice(0, fieldsMax)
}

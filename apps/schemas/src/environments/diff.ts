import type { FieldChange } from '@plinth/contracts'
import type { Static } from 'typebox'
import type { Field, Schema } from '../formats/format.ts'

type Change = Static<typeof FieldChange>

const changesMax = 500

const textOf = ({ type, required, default: value }: Field): string =>
  `${type}${required ? ', required' : ''}${value === undefined ? '' : `, default ${value}`}`

/** What differs between two schemas, field by field; every field is new where there was no schema before. */
export function fieldChanges(before: Schema | undefined, after: Schema): Change[] {
  const was = new Map((before?.fields() ?? []).map((field) => [field.path, textOf(field)]))
  const is = new Map(after.fields().map((field) => [field.path, textOf(field)]))
  const changes: Change[] = []
  for (const path of new Set([...was.keys(), ...is.keys()])) {
    const [old, now] = [was.get(path), is.get(path)]
    if (old === now) continue
    if (old === undefined) changes.push({ path, change: 'added', ...(now !== undefined && { after: now }) })
    else if (now === undefined) changes.push({ path, change: 'removed', before: old })
    else changes.push({ path, change: 'changed', before: old, after: now })
  }
  return changes.slice(0, changesMax)
}

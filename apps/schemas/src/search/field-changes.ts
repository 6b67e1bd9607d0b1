export type ShownField = {
  path: string
  type: string
  required: boolean
  doc?: string
  default?: string
  tags: string[]
}
type Part = 'type' | 'required' | 'doc' | 'default' | 'tags'
export type FieldChange = {
  path: string
  change: 'added' | 'removed' | 'changed'
  before?: ShownField
  after?: ShownField
  changed: Part[]
}

const parts: readonly Part[] = ['type', 'required', 'doc', 'default', 'tags']
const said = (value: ShownField[Part]): string =>
  JSON.stringify(Array.isArray(value) ? [...value].sort() : (value ?? null))

/** What became of each field, in the order of the newer schema; what is gone comes last. */
export function fieldChanges(before: readonly ShownField[], after: readonly ShownField[]): FieldChange[] {
  const earlier = new Map(before.map((field) => [field.path, field]))
  const kept = new Set(after.map(({ path }) => path))
  const found = after.flatMap((field): FieldChange[] => {
    const known = earlier.get(field.path)
    if (known === undefined) return [{ path: field.path, change: 'added', after: field, changed: [] }]
    const changed = parts.filter((part) => said(known[part]) !== said(field[part]))
    return changed.length === 0 ? [] : [{ path: field.path, change: 'changed', before: known, after: field, changed }]
  })
  const gone = before.filter(({ path }) => !kept.has(path))
  return [
    ...found,
    ...gone.map((field): FieldChange => ({ path: field.path, change: 'removed', before: field, changed: [] })),
  ]
}

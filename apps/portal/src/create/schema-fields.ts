/** A field of a form as a template's JSON Schema describes it. */
export type FormField = {
  name: string
  label: string
  help?: string
  kind: 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'list'
  options: readonly string[]
  required: boolean
  start: string
  pattern?: string
  min?: number
  max?: number
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

const words = (name: string): string => {
  const spaced = name
    .replace(/[-_]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}

/** `enum`, or a union of constants, which is how TypeBox writes one. */
function optionsOf(schema: Record<string, unknown>): readonly string[] {
  const alternatives = schema['enum'] ?? schema['anyOf'] ?? schema['oneOf']
  if (!Array.isArray(alternatives)) return []
  const values = alternatives.map((one: unknown) => (isRecord(one) ? one['const'] : one))
  return values.every((value) => ['string', 'number'].includes(typeof value)) ? values.map(String) : []
}

const startOf = (value: unknown): string => {
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

function kindOf(schema: Record<string, unknown>, options: readonly string[]): FormField['kind'] {
  if (options.length > 0) return 'choice'
  const { type } = schema
  if (type === 'boolean' || type === 'number' || type === 'integer') return type
  return type === 'array' ? 'list' : 'text'
}

/** The fields of an object schema, in its order; a nested object stays with its default. */
export function fieldsOf(schema: unknown): readonly FormField[] {
  if (!isRecord(schema) || !isRecord(schema['properties'])) return []
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : [])
  return Object.entries(schema['properties']).flatMap(([name, property]) => {
    if (!isRecord(property) || property['type'] === 'object') return []
    const options = optionsOf(property)
    const help = textOf(property['description'])
    const pattern = textOf(property['pattern'])
    const min = numberOf(property['minimum'])
    const max = numberOf(property['maximum'])
    return {
      name,
      label: textOf(property['title']) ?? words(name),
      kind: kindOf(property, options),
      options,
      required: required.has(name),
      start: startOf(property['default']),
      ...(help !== undefined && { help }),
      ...(pattern !== undefined && { pattern }),
      ...(min !== undefined && { min }),
      ...(max !== undefined && { max }),
    }
  })
}

export type Values = Readonly<Record<string, string>>

export const startValues = (fields: readonly FormField[]): Values =>
  Object.fromEntries(
    fields.map(({ name, kind, start, options, required }) => [
      name,
      start === '' && kind === 'choice' && required ? (options[0] ?? '') : start,
    ]),
  )

/** What is wrong with a value, said so that it can be mended; the platform checks all of it again. */
export function problemWith(field: FormField, value: string): string | undefined {
  if (value === '') return field.required && field.kind !== 'boolean' ? 'Is needed' : undefined
  if (field.kind === 'number' || field.kind === 'integer') {
    const number = Number(value)
    if (Number.isNaN(number) || (field.kind === 'integer' && !Number.isInteger(number))) return 'Must be a number'
    if (field.min !== undefined && number < field.min) return `At least ${field.min}`
    if (field.max !== undefined && number > field.max) return `At most ${field.max}`
  }
  if (field.pattern !== undefined && field.kind === 'text' && !new RegExp(field.pattern, 'u').test(value))
    return `Does not have the form ${field.pattern}`
  return undefined
}

/** The values as JSON for the template; what was left empty is left out, so that the default holds. */
export function parametersOf(fields: readonly FormField[], values: Values): Record<string, unknown> {
  const parameters: Record<string, unknown> = {}
  for (const { name, kind } of fields) {
    const value = values[name] ?? ''
    if (value === '') continue
    if (kind === 'boolean') parameters[name] = value === 'true'
    else if (kind === 'number' || kind === 'integer') parameters[name] = Number(value)
    else if (kind === 'list')
      parameters[name] = value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '')
    else parameters[name] = value
  }
  return parameters
}

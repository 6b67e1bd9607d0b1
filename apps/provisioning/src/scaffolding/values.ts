/** JSON Schema of one parameter, as far as it matters for where its value may be written. */
export type ParameterSchema = {
  type?: string
  pattern?: string
  enum?: unknown[]
  items?: ParameterSchema
  default?: unknown
}

/** What is filled in, by name. `safe` may stand anywhere; the others only in prose, or as JSON. */
export type ValueNames = { safe: ReadonlySet<string>; prose: ReadonlySet<string> }

const isConfined = ({ type, pattern, enum: allowed }: ParameterSchema): boolean =>
  type === 'integer' || type === 'number' || type === 'boolean' || pattern !== undefined || allowed !== undefined

/** The names that a template may use: those of the platform, and per parameter the value, its JSON and its comma list. */
export function valueNames(parameters: Readonly<Record<string, ParameterSchema>>): ValueNames {
  const safe = new Set(['name', 'project', 'nameJson', 'projectJson', 'descriptionJson', 'ownerJson'])
  const prose = new Set(['description', 'owner'])
  for (const [name, schema] of Object.entries(parameters)) {
    safe.add(`${name}Json`)
    if (schema.type === 'array') (schema.items && isConfined(schema.items) ? safe : prose).add(`${name}List`)
    else if (schema.type !== 'object') (isConfined(schema) ? safe : prose).add(name)
  }
  return { safe, prose }
}

export type Facts = {
  name: string
  project: string
  description: string
  owner: string
  parameters: Readonly<Record<string, unknown>>
}

/** The values under those names. `...Json` is JSON, and so YAML, of the value; a list is its items with commas between. */
export function valuesOf({ parameters, ...own }: Facts): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  const all: Readonly<Record<string, unknown>> = { ...parameters, ...own }
  for (const [name, value] of Object.entries(all)) {
    values.set(`${name}Json`, JSON.stringify(value))
    if (Array.isArray(value)) values.set(`${name}List`, value.map(String).join(','))
    else if (value === null || typeof value !== 'object') values.set(name, String(value))
  }
  return values
}

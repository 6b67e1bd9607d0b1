import { pointer, type Json, type JsonMap } from '../../json-text.ts'
import { anything, changed, map, may, strings, type Rule } from './vocabulary.ts'

export const requiredRule: Rule = (reader, writer, path) => {
  if (!may(writer, 'object')) return []
  const before = strings(writer['required'])
  return strings(reader['required'])
    .filter((name) => !before.includes(name))
    .map((name) => ({
      rule: 'REQUIRED_ATTRIBUTE_ADDED',
      path: pointer(path, 'required'),
      message: `${name} is required now, and what was written may lack it`,
      edit: `leave it optional`,
    }))
}

/** What a reader says of a property: by name, else by `additionalProperties`; patterns must be the writer's anyway. */
function readProperty(schema: JsonMap, name: string): Json {
  const properties = map(schema['properties'])
  return Object.hasOwn(properties, name) ? (properties[name] ?? true) : (schema['additionalProperties'] ?? true)
}

/** What may have been written to a property; one that only a pattern speaks of may hold anything. */
function writtenProperty(schema: JsonMap, name: string): Json {
  const unnamed = !Object.hasOwn(map(schema['properties']), name)
  return unnamed && Object.keys(map(schema['patternProperties'])).length > 0 ? true : readProperty(schema, name)
}

export const propertiesRule: Rule = (reader, writer, path, roots) => {
  if (!may(writer, 'object')) return []
  const read = map(reader['properties'])
  const names = new Set([...Object.keys(read), ...Object.keys(map(writer['properties']))])
  const problems = [...names].flatMap((name) => {
    const written = writtenProperty(writer, name)
    const listed = Object.hasOwn(read, name)
    const found = roots.compare(
      readProperty(reader, name),
      written,
      listed ? pointer(path, 'properties', name) : pointer(path, 'additionalProperties'),
      roots,
    )
    if (found.length === 0) return []
    if (!listed)
      return [
        {
          rule: 'PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL',
          path: pointer(path, 'properties', name),
          message: `${name} was allowed and would be refused`,
          edit: `keep it, or allow additional properties`,
        },
      ]
    if (!Object.hasOwn(map(writer['properties']), name) && anything(written)) {
      return [
        {
          rule: 'PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
          path: pointer(path, 'properties', name),
          message: `${name} was never described, so anything may have been written there`,
          edit: `give it another name, or close the schema with "additionalProperties": false in a version before`,
        },
      ]
    }
    return found
  })
  const rest = propertiesOfTheRest(reader, writer, path, roots)
  return [...problems, ...rest]
}

/** Names that a pattern of the writer speaks of: the reader's same pattern takes them, or what it allows for any name. */
export const patternsRule: Rule = (reader, writer, path, roots) => {
  const [read, written] = [map(reader['patternProperties']), map(writer['patternProperties'])]
  if (!may(writer, 'object')) return []
  const lost = Object.entries(written).flatMap(([pattern, schema]) =>
    roots.compare(
      Object.hasOwn(read, pattern) ? (read[pattern] ?? true) : (reader['additionalProperties'] ?? true),
      schema,
      pointer(path, 'patternProperties', pattern),
      roots,
    ),
  )
  const gained = Object.keys(read)
    .filter((pattern) => !Object.hasOwn(written, pattern) && !anything(read[pattern] ?? true))
    .map((pattern) => ({
      rule: 'CONSTRAINT_CHANGED',
      path: pointer(path, 'patternProperties', pattern),
      message: `names that match ${pattern} could be written otherwise before`,
      edit: 'take the pattern out of the reader, or give it to the writer first',
    }))
  return [...lost, ...gained]
}

/** Properties that neither names, and the keywords about them that are only compared for being the same. */
const propertiesOfTheRest: Rule = (reader, writer, path, roots) => {
  const open = (schema: JsonMap): Json => schema['additionalProperties'] ?? true
  const found = roots.compare(open(reader), open(writer), pointer(path, 'additionalProperties'), roots)
  return found.length === 0
    ? []
    : [
        {
          rule: 'ADDITIONAL_PROPERTIES_NARROWED',
          path: pointer(path, 'additionalProperties'),
          message: 'properties that nobody names were allowed',
          edit: 'keep allowing them',
        },
      ]
}

export const itemsRule: Rule = (reader, writer, path, roots) => {
  if (!may(writer, 'array')) return []
  if (Array.isArray(reader['items']) || Array.isArray(writer['items']))
    return [
      ...changed('items', reader, writer, path, roots),
      ...changed('additionalItems', reader, writer, path, roots),
      ...changed('prefixItems', reader, writer, path, roots),
    ]
  const prefix = (schema: JsonMap): Json[] => (Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : [])
  const at = (schema: JsonMap, index: number): Json => prefix(schema)[index] ?? schema['items'] ?? true
  const length = Math.max(prefix(reader).length, prefix(writer).length)
  const problems = Array.from({ length }, (_, index) =>
    roots.compare(at(reader, index), at(writer, index), pointer(path, 'prefixItems', index), roots),
  ).flat()
  return [
    ...problems,
    ...roots.compare(reader['items'] ?? true, writer['items'] ?? true, pointer(path, 'items'), roots),
  ]
}

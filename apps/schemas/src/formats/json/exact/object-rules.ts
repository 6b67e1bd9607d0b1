import { pointer, type Json, type JsonMap } from '../../json-text.ts'
import { listOf, mapOf } from '../json-keywords.ts'
import { patternOf } from '../json-patterns.ts'
import { conjunctionOf, joined, requiring, type Conjunction } from './conjunction.ts'
import { constantOf } from './constants.ts'
import { casesOfRest, may, namesOf, propertyOf, requiredOf, restOf } from './facts.ts'
import { problem, under, type Problem, type Rule, type Search } from './search.ts'

export const requiredRule: Rule = (reader, writer) => {
  if (!may(writer, 'object')) return []
  const before = requiredOf(writer)
  return listOf(reader['required'])
    .filter((name) => typeof name === 'string')
    .filter((name) => !before.has(name))
    .map((name) =>
      problem(
        'REQUIRED_ATTRIBUTE_ADDED',
        pointer('/required', name),
        `${name} is required by the reader, and what was written may lack it`,
        `let ${name} be optional in the reader`,
      ),
    )
}

/** Where the writer speaks of a property. */
const writtenAt = (writer: Conjunction, name: string): string =>
  namesOf(writer).has(name) ? pointer('/properties', name) : '/additionalProperties'

export const propertiesRule: Rule = (reader, writer, search) => {
  if (!may(writer, 'object')) return []
  const listed = namesOf(writer)
  return Object.entries(mapOf(reader['properties'])).flatMap(([name, read]) => {
    const written = propertyOf(writer, name)
    const found = search.inside(read, written)
    const at = pointer('/properties', name)
    if (found.length === 0) return []
    if (listed.has(name) || written.parts.length > 0) return under(found, at, writtenAt(writer, name))
    return [
      problem(
        'PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
        at,
        `the writer doesn't describe ${name} and allows properties that it doesn't list, so anything may have been written there`,
        `close the writer ("additionalProperties": false) before ${name} is added, or give it another name`,
      ),
    ]
  })
}

export const patternsRule: Rule = (reader, writer, search) => {
  if (!may(writer, 'object')) return []
  return Object.entries(mapOf(reader['patternProperties'])).flatMap(([pattern, read]) => {
    const at = pointer('/patternProperties', pattern)
    const matching = patternOf(pattern)
    const named = [...namesOf(writer)].filter((name) => matching.test(name))
    const found = named.flatMap((name) =>
      under(search.inside(read, propertyOf(writer, name)), at, pointer('/properties', name)),
    )
    const rest = casesOfRest(writer, { pattern }).map((one) => ({ one, found: search.inside(read, one) }))
    const broken = rest.find((one) => one.found.length > 0)
    if (!broken) return found
    if (broken.one.parts.length > 0) return [...found, ...under(broken.found, at)]
    return [
      ...found,
      problem(
        'PATTERN_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
        at,
        `names that match ${pattern.slice(0, 120)} could be written with any value`,
        'take the pattern out of the reader, or give it to the writer first',
      ),
    ]
  })
}

/** Properties that the reader neither names nor has a pattern for. */
export const restRule: Rule = (reader, writer, search) => {
  const rest = restOf(reader)
  if (rest === true || !may(writer, 'object')) return []
  const keyword = reader['additionalProperties'] === undefined ? '/unevaluatedProperties' : '/additionalProperties'
  const part = keyword === '/additionalProperties' ? 'ADDITIONAL_PROPERTIES' : 'UNEVALUATED_PROPERTIES'
  const patterns = Object.keys(mapOf(reader['patternProperties']))
  const read = mapOf(reader['properties'])
  const isCovered = (name: string): boolean =>
    Object.hasOwn(read, name) || patterns.some((source) => patternOf(source).test(name))
  const lost = [...namesOf(writer)].flatMap((name) => {
    if (isCovered(name)) return []
    const found = search.inside(rest, propertyOf(writer, name))
    const at = pointer('/properties', name)
    if (found.length === 0) return []
    return rest === false
      ? [
          problem(
            'PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL',
            at,
            `${name} may have been written, and the reader allows no properties that it doesn't list`,
            `keep ${name} in the reader, or let it allow additional properties`,
          ),
        ]
      : under(found, keyword, at)
  })
  const broken = casesOfRest(writer, { covered: new Set(patterns) }).find((one) => search.inside(rest, one).length > 0)
  if (!broken) return lost
  return [
    ...lost,
    problem(
      `${part}_${rest === false ? 'REMOVED' : 'NARROWED'}`,
      keyword,
      rest === false
        ? 'properties that nobody lists were allowed by the writer, and the reader refuses them'
        : 'properties that nobody lists could be more for the writer than the reader takes',
      'let the reader allow what the writer did, or close the writer first',
      '/additionalProperties',
    ),
  ]
}

/** All names that are written must be names that are read. */
export const namesRule: Rule = (reader, writer, search) => {
  const read = reader['propertyNames']
  if (read === undefined || !may(writer, 'object')) return []
  const written = writer.parts.flatMap((part) => (part['propertyNames'] === undefined ? [] : [part['propertyNames']]))
  const found = search.inside(read, conjunctionOf([{ type: 'string' }, ...written]))
  if (found.length === 0) return []
  const isClosed = casesOfRest(writer, {}).every((one) => search.isEmptyInside(one))
  const readable = (name: string): boolean =>
    search.inside(read, conjunctionOf([constantOf(name), ...written])).length === 0
  const refused = [...namesOf(writer)].filter(
    (name) => !readable(name) && !search.isEmptyInside(propertyOf(writer, name)),
  )
  if (isClosed && refused.length === 0) return []
  const told = refused.length === 0 ? '' : `: ${refused.slice(0, 5).join(', ')}`
  return [
    problem(
      written.length === 0 ? 'PROPERTY_NAMES_ADDED' : 'PROPERTY_NAMES_NARROWED',
      '/propertyNames',
      `the reader refuses names of properties that may have been written${told}`,
      written.length === 0 ? 'take propertyNames out of the reader' : 'let propertyNames be what it was',
    ),
  ]
}

/** What the presence of a property demands, other names or a schema for the whole. */
export const dependenciesRule: Rule = (reader, writer, search) => {
  if (!may(writer, 'object')) return []
  return ['dependentRequired', 'dependentSchemas', 'dependencies'].flatMap((keyword) =>
    Object.entries(mapOf(reader[keyword])).flatMap(([name, demanded]) => {
      const having = joined(writer, requiring(name))
      if (search.isEmptyInside(propertyOf(having, name))) return []
      const at = pointer('', keyword, name)
      if (!Array.isArray(demanded)) return under(search.demand(demanded, having), at)
      return namesAlongside(demanded, having, name, at, search)
    }),
  )
}

function namesAlongside(
  demanded: readonly Json[],
  having: Conjunction,
  name: string,
  at: string,
  search: Search,
): readonly Problem[] {
  const before = requiredOf(having)
  const promised = new Set([...before].flatMap((one) => having.parts.flatMap((part) => dependents(part, one))))
  const lacking = demanded
    .filter((one) => typeof one === 'string')
    .filter((one) => !before.has(one) && !promised.has(one))
  if (lacking.length === 0 || search.isEmpty(having)) return []
  return [
    problem(
      promised.size === 0 ? 'DEPENDENCY_ARRAY_ADDED' : 'DEPENDENCY_ARRAY_EXTENDED',
      at,
      `with ${name} the reader also requires ${lacking.join(', ')}, and the writer doesn't`,
      `let ${name} require no more than it did`,
    ),
  ]
}

const dependents = (part: JsonMap, name: string): readonly Json[] =>
  ['dependentRequired', 'dependencies'].flatMap((keyword) => listOf(mapOf(part[keyword])[name]))

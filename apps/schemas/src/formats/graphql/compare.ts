import { findSchemaChanges, resolveSchemaCoordinate, type GraphQLSchema } from 'graphql'
import type { Incompatibility, Policy } from '../format.ts'
import { exampleOf } from './example.ts'
import { missed, specifications } from './missed.ts'
import type { GraphqlModel } from './read.ts'
import { editOf } from './words.ts'

/** One change for the worse: `path` is a coordinate of the GraphQL specification, `said` what it means in words. */
export type Change = { readonly rule: string; readonly path: string; readonly said: string }

const reasonsMax = 200
const examplesMax = 20

/**
 * A schema of an API is between a server and its clients: the reader is the server, which reads the requests that were
 * written for the writer's schema and whose answers must be what their writers expect. BACKWARD, the newer one reads,
 * says that a new server serves the clients of the old one; FORWARD, that clients of the new one can still be served by
 * the old server, as while a deployment is rolled out.
 */
export function unreadable(reader: GraphqlModel, writer: GraphqlModel, policy: Policy): Incompatibility[] {
  const changes = changesOf(reader.schema, writer.schema, policy).slice(0, reasonsMax)
  return changes.map((change, index) => {
    const payload = index < examplesMax ? exampleOf(change, reader.schema, writer.schema) : undefined
    const path = nearest(change.path, reader.schema)
    const writerPath = nearest(change.path, writer.schema)
    return {
      rule: change.rule,
      path,
      ...(writerPath !== path && { writerPath }),
      message: change.said,
      edit: editOf(change),
      ...(payload !== undefined && { example: { payload, validUnder: 'writer' as const } }),
    }
  })
}

/** What the library calls breaking. */
const breaking: ReadonlySet<string> = new Set([
  'TYPE_REMOVED',
  'TYPE_CHANGED_KIND',
  'TYPE_REMOVED_FROM_UNION',
  'VALUE_REMOVED_FROM_ENUM',
  'REQUIRED_INPUT_FIELD_ADDED',
  'IMPLEMENTED_INTERFACE_REMOVED',
  'FIELD_REMOVED',
  'FIELD_CHANGED_KIND',
  'REQUIRED_ARG_ADDED',
  'ARG_REMOVED',
  'ARG_CHANGED_KIND',
  'DIRECTIVE_REMOVED',
  'DIRECTIVE_ARG_REMOVED',
  'REQUIRED_DIRECTIVE_ARG_ADDED',
  'DIRECTIVE_REPEATABLE_REMOVED',
  'DIRECTIVE_LOCATION_REMOVED',
])
/** What it calls dangerous, but for what is new and optional: that changes nothing for who does not use it. */
const dangerous: ReadonlySet<string> = new Set([
  'VALUE_ADDED_TO_ENUM',
  'TYPE_ADDED_TO_UNION',
  'IMPLEMENTED_INTERFACE_ADDED',
  'ARG_DEFAULT_VALUE_CHANGE',
  'INPUT_FIELD_DEFAULT_VALUE_CHANGE',
])

function changesOf(reader: GraphQLSchema, writer: GraphQLSchema, policy: Policy): Change[] {
  const all = missed(reader, writer)
  const told = new Set(all.map(({ path }) => path))
  for (const { type: rule, description: said } of findSchemaChanges(writer, reader)) {
    // Whatever used it was removed or changed, and is told by itself.
    if (said.startsWith('Standard scalar ')) continue
    if (!breaking.has(rule) && !(policy === 'EXACT' && dangerous.has(rule))) continue
    const path = coordinateIn(said)
    if (rule.endsWith('_DEFAULT_VALUE_CHANGE') && told.has(path)) continue
    if (policy === 'LENIENT' && rule.includes('DIRECTIVE') && !isWrittenByClients(writer, path)) continue
    all.push({ rule, path, said })
  }
  return policy === 'EXACT' ? [...all, ...specifications(reader, writer)] : all
}

const coordinate = String.raw`@?\w+(?:\.\w+)?(?:\(\w+:\))?`
const places: readonly RegExp[] = [
  /(?:union type|implemented by|removed from) (@?\w+)\.$/,
  new RegExp(
    `^(?:Field |Argument |Directive |Enum value |A required argument |A required field )?(${coordinate})(?: |$)`,
  ),
]

/** The library tells a change in a sentence, in which its place is written as a coordinate. */
const coordinateIn = (said: string): string => places.flatMap((place) => place.exec(said)?.[1] ?? [])[0] ?? ''

/** Directives for schemas alone are of no concern to who sends requests. */
function isWrittenByClients(schema: GraphQLSchema, path: string): boolean {
  const directive = schema.getDirective(path.replaceAll(/^@|\(.*$/g, ''))
  return directive === undefined || directive === null || directive.locations.some((place) => executable.has(place))
}
const executable: ReadonlySet<string> = new Set([
  'QUERY',
  'MUTATION',
  'SUBSCRIPTION',
  'FIELD',
  'FRAGMENT_DEFINITION',
  'FRAGMENT_SPREAD',
  'INLINE_FRAGMENT',
  'VARIABLE_DEFINITION',
])

/** A coordinate, or where it would stand if there were one: `User` for `User.email`. */
function nearest(path: string, schema: GraphQLSchema): string {
  const parts = /^(@?\w+)(?:\.(\w+))?(?:\((\w+):\))?$/.exec(path)
  if (!parts) return path
  const [, name = '', member, argument] = parts
  const owner = member === undefined ? name : `${name}.${member}`
  for (const place of argument === undefined ? [owner, name] : [path, owner, name])
    if (isThere(place, schema)) return place
  return ''
}

function isThere(path: string, schema: GraphQLSchema): boolean {
  if (['query', 'mutation', 'subscription'].includes(path)) return true
  try {
    return resolveSchemaCoordinate(schema, path) !== undefined
  } catch {
    return false
  }
}

import { AppError } from '@plinth/kernel'
import type { Incompatibility, Policy, Problem, Schema } from '../format.ts'
import { jsonSchemaFormat } from '../json/json-schema.ts'
import { invalid, isMap, pointer, type Json, type JsonMap } from '../json-text.ts'
import { standalone, targetNamed, type Dialect, type Place } from './schema-set.ts'

/** The JSON Schemas of one side, by what they are called. */
export type Side = {
  readonly root: JsonMap
  readonly places: ReadonlyMap<string, Place>
  readonly dialect: Dialect
}
/** A reason with the place that it is in, and the value there that shows it. */
export type Judged = Incompatibility & { readonly key: string; readonly value?: Json }

/** What Confluent's STRICT calls breaking and everybody who writes an API does all the time: one more optional property. */
const everyday: ReadonlySet<string> = new Set([
  'OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
  'REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL',
])

/** The schemas of some places as one document; throws schemas.schema_invalid with the place in the description. */
export function documentOf({ root, dialect }: Side, places: readonly Place[]): Schema {
  try {
    return jsonSchemaFormat.parse({ text: JSON.stringify(standalone(root, places, dialect)), references: [] })
  } catch (error) {
    const [wrong] = error instanceof AppError ? error.problems : []
    throw wrong ? invalid(placeIn(places, wrong.path), wrong.message) : error
  }
}

/** Where in the description a place of the one document is. */
function placeIn(places: readonly Place[], path: string): string {
  const [, container, token = '', ...rest] = path.split('/')
  const name = unescaped(token)
  if (container === 'properties') return [places.find(({ key }) => key === name)?.at ?? '', ...rest].join('/')
  if (container === '$defs') return [targetNamed(name), ...rest].join('/')
  return path
}
const unescaped = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~')

/** Why values that one side's places allow are not allowed by the other's, for the places that both have. */
export function judge(reader: Side, writer: Side, policy: Policy): Judged[] {
  const keys = changed(reader, writer)
  if (keys.length === 0) return []
  const reads = documentOf(reader, some(reader, keys))
  const wrote = documentOf(writer, some(writer, keys))
  const found = [...reasons(reads, wrote, policy)]
  return found.map((reason) => {
    // What is said of the whole, as that it is too large to be compared, has no place.
    const key = keyOf(reason.path) ?? keyOf(reason.writerPath ?? '') ?? ''
    const { writerPath, example, ...rest } = reason
    const value = example ? valueOf(example.payload, key) : undefined
    return {
      ...rest,
      key,
      path: pathIn(reader, key, reason.path),
      writerPath: pathIn(writer, key, writerPath ?? reason.path),
      ...(value !== undefined && { value }),
    }
  })
}

function reasons(reader: Schema, writer: Schema, policy: Policy): readonly Incompatibility[] {
  if (policy !== 'STRICT') return jsonSchemaFormat.unreadable(reader, writer, policy)
  // LENIENT knows what is everyday within choices too; STRICT adds what it says of closed objects.
  const lenient = jsonSchemaFormat.unreadable(reader, writer, 'LENIENT')
  const told = new Set(lenient.map(({ rule, path }) => `${rule} ${path}`))
  const more = jsonSchemaFormat
    .unreadable(reader, writer, 'STRICT')
    .filter(({ rule, path }) => closed.test(rule) && !everyday.has(rule) && !told.has(`${rule} ${path}`))
  return [...lenient, ...more]
}
const closed = /^(?:ADDITIONAL|UNEVALUATED)_PROPERTIES_|^PROPERTY_/

/** Both sides' places of a name, but for those that say the same, as do all that they refer to. */
function changed(reader: Side, writer: Side): string[] {
  const shared = [...reader.places.keys()].filter((key) => writer.places.has(key))
  const now = textsOf(reader, shared)
  const before = textsOf(writer, shared)
  const touched = new Set<string>()
  for (const name of new Set([...now.defs.keys(), ...before.defs.keys()]))
    if (now.defs.get(name) !== before.defs.get(name)) touched.add(name)
  // Whatever refers to what is touched is touched; each name is looked at once.
  const users = new Map<string, string[]>()
  for (const [name, text] of now.defs)
    for (const used of referred(text)) {
      const all = users.get(used) ?? []
      all.push(name)
      users.set(used, all)
    }
  const open = [...touched]
  for (let name = open.pop(); name !== undefined; name = open.pop())
    for (const user of users.get(name) ?? []) {
      if (touched.has(user)) continue
      touched.add(user)
      open.push(user)
    }
  return shared.filter((key) => {
    const text = now.places.get(key) ?? ''
    return text !== before.places.get(key) || referred(text).some((name) => touched.has(name))
  })
}

function textsOf(side: Side, keys: readonly string[]): { places: Map<string, string>; defs: Map<string, string> } {
  const { properties, $defs } = standalone(side.root, some(side, keys), side.dialect)
  const texts = (map: Json | undefined): Map<string, string> =>
    new Map(Object.entries(isMap(map) ? map : {}).map(([name, schema]) => [name, JSON.stringify(schema)]))
  return { places: texts(properties), defs: texts($defs) }
}

const referred = (text: string): string[] =>
  [...text.matchAll(/"\$ref":"#\/\$defs\/([^"]*)"/g)].map(([, name = '']) => unescaped(decodeURIComponent(name)))

const some = ({ places }: Side, keys: readonly string[]): Place[] =>
  keys.flatMap((key) => {
    const place = places.get(key)
    return place ? [place] : []
  })

function keyOf(path: string): string | undefined {
  const [, properties, token] = path.split('/')
  return properties === 'properties' && token !== undefined ? unescaped(token) : undefined
}

function pathIn({ places }: Side, key: string, path: string): string {
  if (key === '') return ''
  const rest = path.split('/').slice(3)
  return [places.get(key)?.at ?? '', ...rest].join('/')
}

function valueOf(payload: string, key: string): Json | undefined {
  const value = JSON.parse(payload) as Json
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

const schemasMax = 200
/** Those used last; compiling one takes longer than running it a thousand times. */
const schemas = new WeakMap<Side, Map<string, Schema>>()

/** What is wrong with a value of a place; `path` is where it stands. */
export function problemsAt(side: Side, key: string, value: Json, path: string): Problem[] {
  const place = side.places.get(key)
  if (!place) return []
  const known = schemas.get(side) ?? new Map<string, Schema>()
  schemas.set(side, known)
  const schema = known.get(key) ?? documentOf(side, [place])
  known.set(key, schema)
  const [oldest] = known.keys()
  if (known.size > schemasMax && oldest !== undefined) known.delete(oldest)
  const found = schema.problems({ [key]: value }) ?? []
  return found.map((problem) => ({
    path: path + problem.path.slice(pointer('', key).length),
    message: problem.message,
  }))
}

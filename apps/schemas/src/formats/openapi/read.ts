import { follow, readApiDocument, textOf } from '../api/api-document.ts'
import { documentOf, type Side } from '../api/judge.ts'
import type { Place } from '../api/schema-set.ts'
import type { Source } from '../format.ts'
import { listOf, mapOf } from '../json/json-keywords.ts'
import { invalid, isMap, pointer, type Json, type JsonMap } from '../json-text.ts'
import { dialect30, dialect31, without } from './dialect.ts'
import type { Access, Answer, Api, Body, Content, Header, Operation, Parameter } from './model.ts'
import { checkOfficially } from './official.ts'

const operationsMax = 2000
const methods: ReadonlySet<string> = new Set([
  'get',
  'put',
  'post',
  'delete',
  'options',
  'head',
  'patch',
  'trace',
  'query',
])

type Places = Map<string, Place>
/** What is read while one operation is; `sent` and `answered` take its schemas. */
type Work = { readonly root: JsonMap; readonly key: string; readonly sent: Places; readonly answered: Places }

/** Reads a description of an HTTP API, OpenAPI 3.0 to 3.2; throws schemas.schema_invalid with the place. */
export function readOpenapi(source: Source): Api {
  const { own, root } = readApiDocument(source)
  checkOfficially(own)
  const dialect = textOf(own['openapi']).startsWith('3.0') ? dialect30 : dialect31
  const side = (flag: 'readOnly' | 'writeOnly'): Side & { places: Places } => ({
    root,
    places: new Map(),
    dialect: without(flag, dialect),
  })
  const sent = side('readOnly')
  const answered = side('writeOnly')
  const operations = new Map<string, Operation>()
  for (const [container, webhook] of [
    ['paths', false],
    ['webhooks', true],
  ] as const)
    for (const [path, item] of Object.entries(mapOf(root[container]))) {
      if (path.startsWith('x-')) continue
      const places = webhook
        ? { sent: answered.places, answered: sent.places }
        : { sent: sent.places, answered: answered.places }
      for (const operation of operationsOf(
        root,
        path,
        follow(root, item, pointer('', container, path)),
        webhook,
        places,
      )) {
        if (operations.has(operation.key)) throw invalid(operation.at, `${operation.key} is there twice`)
        if (operations.size >= operationsMax) throw invalid('', `it has more than ${operationsMax} operations`)
        operations.set(operation.key, operation)
      }
    }
  const components: Side = { root, dialect, places: namedPlaces(root) }
  // Everything that is a schema must be a good one, whether or not an operation uses it.
  documentOf(components, [...sent.places.values(), ...answered.places.values(), ...components.places.values()])
  return { own, root, operations, sent, answered, named: components }
}

const namedPlaces = (root: JsonMap): Places =>
  new Map(
    Object.entries(mapOf(mapOf(root['components'])['schemas'])).map(([name, schema]) => {
      const key = `schema ${name}`
      return [key, { key, at: pointer('/components/schemas', name), schema }]
    }),
  )

function* operationsOf(
  root: JsonMap,
  path: string,
  item: { value: JsonMap; at: string },
  webhook: boolean,
  places: { sent: Places; answered: Places },
): Generator<Operation> {
  for (const [method, value] of Object.entries(item.value)) {
    if (!methods.has(method) || !isMap(value)) continue
    const plain = webhook ? path : path.replaceAll(/\{[^{}]*\}/g, '{}')
    const key = `${webhook ? 'webhook ' : ''}${method.toUpperCase()} ${plain}`
    const work = { root, key, ...places }
    const at = pointer(item.at, method)
    const body = value['requestBody'] === undefined ? undefined : bodyOf(value['requestBody'], at, work)
    yield {
      key,
      method: method.toUpperCase(),
      path,
      at,
      ...(typeof value['operationId'] === 'string' && { id: value['operationId'] }),
      webhook,
      parameters: parametersOf(item, { value, at }, path, work),
      ...(body && { body }),
      answers: answersOf(value['responses'], pointer(at, 'responses'), work),
      access: accessOf(value['security'] ?? root['security']),
    }
  }
}

/** Those of the operation take the place of those of its path. */
function parametersOf(
  item: { value: JsonMap; at: string },
  operation: { value: JsonMap; at: string },
  path: string,
  work: Work,
): Parameter[] {
  const order = [...path.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name)
  const all = new Map<string, Parameter>()
  for (const owner of [item, operation])
    listOf(owner.value['parameters']).forEach((entry, index) => {
      const { value, at } = follow(work.root, entry, pointer(owner.at, 'parameters', index))
      const name = textOf(value['name'])
      const place = textOf(value['in'])
      const position = place === 'path' ? order.indexOf(name) : -1
      if (place === 'path' && position === -1)
        throw invalid(pointer(at, 'name'), `'${name.slice(0, 100)}' is not in the path ${path.slice(0, 200)}`)
      const identity =
        place === 'path' ? `path ${position}` : `${place} ${place === 'header' ? name.toLowerCase() : name}`
      const [type, media] = Object.entries(mapOf(value['content']))[0] ?? []
      const key = `${work.key} ${identity}`
      work.sent.set(
        key,
        media === undefined
          ? { key, at: pointer(at, 'schema'), schema: value['schema'] ?? true }
          : { key, at: pointer(at, 'content', type ?? '', 'schema'), schema: mapOf(media)['schema'] ?? true },
      )
      const style = textOf(value['style'], place === 'query' || place === 'cookie' ? 'form' : 'simple')
      const explode = value['explode'] ?? style === 'form'
      all.set(identity, {
        name,
        in: place,
        identity,
        at,
        required: value['required'] === true || place === 'path',
        writing: type ?? `${style}${explode === true ? ', exploded' : ''}`,
        key,
      })
    })
  return [...all.values()]
}

function contentOf(value: JsonMap, at: string, key: string, places: Places): Content {
  const types = new Map<string, string>()
  for (const [type, entry] of Object.entries(mapOf(value['content']))) {
    const name = type.toLowerCase().replaceAll(/\s/g, '')
    const place = { key: `${key} ${name}`, at: pointer(at, 'content', type, 'schema') }
    places.set(place.key, { ...place, schema: mapOf(entry)['schema'] ?? true })
    types.set(name, place.key)
  }
  return { at, types }
}

function bodyOf(entry: Json, at: string, { root, key, sent }: Work): Body {
  const { value, at: place } = follow(root, entry, pointer(at, 'requestBody'))
  return { ...contentOf(value, place, `${key} body`, sent), required: value['required'] === true }
}

function answersOf(entry: Json | undefined, at: string, work: Work): Map<string, Answer> {
  const answers = new Map<string, Answer>()
  for (const [code, item] of Object.entries(mapOf(entry))) {
    if (code.startsWith('x-')) continue
    const { value, at: place } = follow(work.root, item, pointer(at, code))
    const status = code.toUpperCase()
    const key = `${work.key} ${status}`
    const headers = Object.entries(mapOf(value['headers'])).map(([name, one]): Header => {
      const { value: inner, at: there } = follow(work.root, one, pointer(place, 'headers', name))
      const header = { name: name.toLowerCase(), at: there, required: inner['required'] === true }
      const own = `${key} header ${header.name}`
      work.answered.set(own, { key: own, at: pointer(there, 'schema'), schema: inner['schema'] ?? true })
      return { ...header, key: own }
    })
    answers.set(status, { ...contentOf(value, place, key, work.answered), status, headers })
  }
  return answers
}

const accessOf = (entry: Json | undefined): Access[] =>
  listOf(entry).map(
    (one) =>
      new Map(
        Object.entries(mapOf(one)).map(([scheme, scopes]) => [
          scheme,
          new Set(listOf(scopes).map((scope) => textOf(scope))),
        ]),
      ),
  )

import { AppError } from '@plinth/kernel'
import { follow, readApiDocument, textOf, type Found } from '../api/api-document.ts'
import { documentOf, type Side } from '../api/judge.ts'
import type { Place } from '../api/schema-set.ts'
import { avroFormat } from '../avro/avro.ts'
import type { Schema, Source } from '../format.ts'
import { listOf, mapOf } from '../json/json-keywords.ts'
import { invalid, isMap, pointer, type Json, type JsonMap } from '../json-text.ts'
import { protobufFormat } from '../protobuf/protobuf.ts'
import { dialect07 } from './dialect.ts'
import type { Action, Events, Flow, Message } from './model.ts'
import { checkOfficially } from './official.ts'

const flowsMax = 2000
const messagesMax = 5000

type Places = Map<string, Place>
type Others = Map<string, { at: string; text: string; schema?: Schema }>
type Work = {
  readonly root: JsonMap
  readonly defaultType: string
  readonly read: Places
  readonly written: Places
  readonly others: Others
  readonly flows: Map<string, Flow>
  readonly budget: { messages: number }
}

/** Reads a description of events, AsyncAPI 2 and 3; throws schemas.schema_invalid with the place. */
export function readAsyncapi(source: Source): Events {
  const { own, root } = readApiDocument(source)
  checkOfficially(own)
  const side = (): Side & { places: Places } => ({ root, places: new Map(), dialect: dialect07 })
  const read = side()
  const written = side()
  const named = { ...side(), places: namedPlaces(root) }
  const work: Work = {
    root,
    defaultType: textOf(root['defaultContentType'], 'application/json').toLowerCase(),
    read: read.places,
    written: written.places,
    others: new Map(),
    flows: new Map(),
    budget: { messages: messagesMax },
  }
  if (textOf(own['asyncapi']).startsWith('2.')) flows2(work)
  else flows3(work)
  documentOf(named, [...read.places.values(), ...written.places.values(), ...named.places.values()])
  return { own, root, flows: work.flows, read, written, named, others: work.others }
}

function namedPlaces(root: JsonMap): Places {
  const places: Places = new Map()
  for (const [name, schema] of Object.entries(mapOf(mapOf(root['components'])['schemas']))) {
    const key = `schema ${name}`
    // One in another language is read where a message uses it.
    if (isMap(schema) && schema['schemaFormat'] !== undefined && languageOf(schema['schemaFormat']) !== 'JSON') continue
    const at = pointer('/components/schemas', name)
    const multi = isMap(schema) && schema['schemaFormat'] !== undefined && schema['schema'] !== undefined
    places.set(key, multi ? { key, at: pointer(at, 'schema'), schema: schema['schema'] ?? true } : { key, at, schema })
  }
  return places
}

/** In 2.x an operation is told from outside: what others `publish` the application receives. */
function flows2(work: Work): void {
  for (const [address, entry] of Object.entries(mapOf(work.root['channels']))) {
    const channel = follow(work.root, entry, pointer('/channels', address))
    let told = 0
    for (const [word, action] of [
      ['publish', 'receive'],
      ['subscribe', 'send'],
    ] as const) {
      const operation = channel.value[word]
      if (operation === undefined) continue
      told++
      const { value, at } = follow(work.root, operation, pointer(channel.at, word))
      const message = value['message']
      if (message === undefined) continue
      const one = isMap(message) ? message['oneOf'] : undefined
      const place = pointer(at, 'message')
      const entries = Array.isArray(one)
        ? one.map((item, index) => [nameIn(item), item, pointer(place, 'oneOf', index)] as const)
        : [[nameIn(message), message, place] as const]
      addFlow(work, action, address, at, entries)
    }
    if (told === 0) addFlow(work, 'any', address, channel.at, [])
  }
}

/** The name of what a reference leads to, where there is one. */
const nameIn = (entry: Json): string => {
  const reference = isMap(entry) ? entry['$ref'] : undefined
  return typeof reference === 'string' ? reference.slice(reference.lastIndexOf('/') + 1) : ''
}

function flows3(work: Work): void {
  const channels = Object.entries(mapOf(work.root['channels'])).map(([id, entry]) =>
    follow(work.root, entry, pointer('/channels', id)),
  )
  const used = new Set<string>()
  for (const [id, entry] of Object.entries(mapOf(work.root['operations']))) {
    const { value, at } = follow(work.root, entry, pointer('/operations', id))
    const action: Action = value['action'] === 'send' ? 'send' : 'receive'
    const channel = follow(work.root, value['channel'], pointer(at, 'channel'))
    used.add(channel.at)
    addFlow(work, action, textOf(channel.value['address'], channel.at), at, chosen(value, at, channel))
    const reply = value['reply']
    if (reply === undefined) continue
    const { value: answer, at: there } = follow(work.root, reply, pointer(at, 'reply'))
    if (answer['channel'] === undefined) continue
    const back = follow(work.root, answer['channel'], pointer(there, 'channel'))
    used.add(back.at)
    const address = `reply to ${textOf(channel.value['address'], channel.at)}`
    addFlow(work, action === 'send' ? 'receive' : 'send', address, there, chosen(answer, there, back))
  }
  for (const channel of channels)
    if (!used.has(channel.at))
      addFlow(work, 'any', textOf(channel.value['address'], channel.at), channel.at, chosen({}, '', channel))
}

type Entry = readonly [name: string, message: Json, at: string]

/** The messages that an operation names, or all of its channel. */
function chosen(operation: JsonMap, at: string, channel: Found): Entry[] {
  const listed = operation['messages']
  if (Array.isArray(listed)) return listed.map((entry, index) => [nameIn(entry), entry, pointer(at, 'messages', index)])
  return Object.entries(mapOf(channel.value['messages'])).map(([name, entry]) => [
    name,
    entry,
    pointer(channel.at, 'messages', name),
  ])
}

function addFlow(work: Work, action: Action, address: string, at: string, entries: readonly Entry[]): void {
  const key = `${action} ${address.replaceAll(/\{[^{}]*\}/g, '{}')}`
  const known = work.flows.get(key)
  if (!known && work.flows.size >= flowsMax) throw invalid(at, `it has more than ${flowsMax} channels and operations`)
  const messages = new Map(known?.messages)
  for (const [name, entry, place] of entries) {
    if (work.budget.messages-- <= 0) throw invalid(place, `it has more than ${messagesMax} messages`)
    const message = messageOf(work, key, name, follow(work.root, entry, place), action)
    messages.set(message.name, message)
  }
  work.flows.set(key, { key, action, address, at: known?.at ?? at, messages })
}

function messageOf(work: Work, flow: string, known: string, { value: own, at }: Found, action: Action): Message {
  const traits = listOf(own['traits']).map(
    (trait, index) => follow(work.root, trait, pointer(at, 'traits', index)).value,
  )
  const value: JsonMap = Object.assign({}, ...traits, own) as JsonMap
  const name = textOf(value['messageId']) || known || textOf(value['name']) || textOf(value['title']) || 'message'
  const places = action === 'send' ? work.written : work.read
  const base = `${flow} ${name}`
  const add = (part: string, path: string, schema: Json | undefined): string => {
    const key = `${base} ${part}`
    places.set(key, { key, at: path, schema: schema ?? true })
    return key
  }
  const payload = payloadOf(work, value, at)
  const key = `${base} payload`
  if (payload.language === 'JSON') places.set(key, { key, at: payload.at, schema: payload.schema })
  else work.others.set(key, otherOf(payload))
  const kafka = mapOf(mapOf(value['bindings'])['kafka'])
  return {
    name,
    at,
    contentType: textOf(value['contentType'], work.defaultType).toLowerCase().replaceAll(/\s/g, ''),
    language: payload.language,
    payload: key,
    ...(value['headers'] !== undefined && {
      headers: add('headers', pointer(at, 'headers'), plainOf(value['headers'])),
    }),
    ...(kafka['key'] !== undefined && { recordKey: add('key', pointer(at, 'bindings', 'kafka', 'key'), kafka['key']) }),
  }
}

/** In 3.x a schema may be wrapped together with its language. */
const plainOf = (schema: Json): Json =>
  isMap(schema) && schema['schemaFormat'] !== undefined ? (schema['schema'] ?? true) : schema

type Payload = { language: Message['language']; at: string; schema: Json }

function payloadOf({ root }: Work, message: JsonMap, at: string): Payload {
  const format = message['schemaFormat']
  const payload = message['payload'] ?? true
  const place = pointer(at, 'payload')
  if (!isMap(payload)) return { language: languageOf(format), at: place, schema: payload }
  const found =
    typeof payload['$ref'] === 'string' && format === undefined
      ? follow(root, payload, place)
      : { value: payload, at: place }
  const inner = found.value['schemaFormat']
  if (inner !== undefined)
    return {
      language: languageOf(inner),
      at: pointer(found.at, 'schema'),
      schema: found.value['schema'] ?? true,
    }
  const language = languageOf(format)
  if (language === 'JSON') return { language, at: place, schema: payload }
  const { value, at: there } = follow(root, payload, place)
  return { language, at: there, schema: value }
}

function languageOf(format: Json | undefined): Message['language'] {
  if (format === undefined) return 'JSON'
  const name = textOf(format).toLowerCase()
  if (/avro/.test(name)) return 'AVRO'
  if (/protobuf/.test(name)) return 'PROTOBUF'
  return /asyncapi|schema\+|openapi/.test(name) ? 'JSON' : 'OTHER'
}

function otherOf({ language, at, schema }: Payload): { at: string; text: string; schema?: Schema } {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema)
  if (language === 'OTHER') return { at, text }
  const format = language === 'AVRO' ? avroFormat : protobufFormat
  try {
    return { at, text, schema: format.parse({ text, references: [] }) }
  } catch (error) {
    const [wrong] = error instanceof AppError ? error.problems : []
    throw wrong ? invalid(`${at}${wrong.path.startsWith('/') ? '' : ' '}${wrong.path}`.trim(), wrong.message) : error
  }
}

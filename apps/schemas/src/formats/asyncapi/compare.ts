import { judge, type Judged } from '../api/judge.ts'
import { avroFormat } from '../avro/avro.ts'
import type { Format, Incompatibility, Policy, Schema } from '../format.ts'
import type { Json, JsonMap } from '../json-text.ts'
import { protobufFormat } from '../protobuf/protobuf.ts'
import { eventProblems } from './events.ts'
import type { Events, Flow, Message } from './model.ts'

const reasonsMax = 300
const examplesMax = 20

type Reason = { readonly said: Incompatibility; readonly event?: JsonMap }

/**
 * A description of events is of one application: the reader is what runs, the writer what its partners were written for.
 * What it receives, its partners send by the writer's, and it must read that; what it sends, they must read by the
 * writer's. Channels that nobody is said to send or receive on hold data: the reader must read what the writer wrote.
 */
export function unreadable(reader: Events, writer: Events, policy: Policy): Incompatibility[] {
  const all: Reason[] = [
    ...[...writer.flows.values()].flatMap((flow) => flowReasons(reader, writer, flow, policy)),
    ...judge(reader.read, writer.read, policy).map((found) => judged(found, 'RECEIVED', writer)),
    ...judge(writer.written, reader.written, policy).map((found) =>
      judged({ ...found, path: found.writerPath ?? found.path, writerPath: found.path }, 'SENT', reader),
    ),
  ]
  return all.slice(0, reasonsMax).map(({ said, event }, index) => {
    if (index >= examplesMax || !event) return said
    const read = eventProblems(reader, event).length === 0
    const written = eventProblems(writer, event).length === 0
    if (read === written) return said
    return { ...said, example: { payload: JSON.stringify(event), validUnder: read ? 'reader' : 'writer' } }
  })
}

const placesOf = (path: string, writerPath: string): { path: string; writerPath?: string } => ({
  path,
  ...(writerPath !== path && { writerPath }),
})

function flowReasons(reader: Events, writer: Events, was: Flow, policy: Policy): Reason[] {
  const now = reader.flows.get(was.key)
  const word = was.action === 'any' ? 'described' : was.action === 'send' ? 'sent to' : 'received from'
  if (!now) {
    const isThere = [...reader.flows.values()].some(({ address }) => address === was.address)
    return [
      {
        said: {
          rule: isThere ? 'OPERATION_REMOVED' : 'CHANNEL_REMOVED',
          ...placesOf(isThere ? '/operations' : '/channels', was.at),
          message: `${was.address} is not ${word} any more`,
          edit: 'Keep it until no partner needs it.',
        },
      },
    ]
  }
  return [
    ...messageReasons(now, was, policy),
    ...pairsOf(now, was).flatMap(([is, before]) => pairReasons(reader, writer, now, is, before, policy)),
  ]
}

/** Messages of the same name. */
function pairsOf(now: Flow, was: Flow): [Message, Message][] {
  return [...was.messages.values()].flatMap((before) => {
    const is = now.messages.get(before.name)
    return is ? [[is, before]] : []
  })
}

function messageReasons(now: Flow, was: Flow, policy: Policy): Reason[] {
  const all: Reason[] = []
  const reads = was.action !== 'send'
  for (const message of was.messages.values())
    if (!now.messages.has(message.name) && (reads || policy === 'EXACT'))
      all.push({
        said: {
          rule: 'MESSAGE_REMOVED',
          ...placesOf(now.at, message.at),
          message: `${message.name} on ${was.address} is not ${reads ? 'read' : 'sent'} any more`,
          edit: `Keep ${message.name}.`,
        },
      })
  for (const message of now.messages.values())
    if (!was.messages.has(message.name) && !reads && policy !== 'LENIENT')
      all.push({
        said: {
          rule: 'MESSAGE_ADDED',
          ...placesOf(message.at, was.at),
          message: `who reads ${was.address} does not know ${message.name}`,
          edit: `Send ${message.name} on a channel of its own.`,
        },
      })
  return all
}

const languages: Readonly<Record<'AVRO' | 'PROTOBUF', Format>> = { AVRO: avroFormat, PROTOBUF: protobufFormat }

type Change = { readonly rule: string; readonly message: string; readonly edit: string }

function pairReasons(reader: Events, writer: Events, flow: Flow, now: Message, was: Message, policy: Policy): Reason[] {
  const name = `${flow.key} ${was.name}`
  const all: Reason[] = []
  const add = (change: Change, path = now.at, writerPath = was.at): void =>
    void all.push({ said: { ...change, ...placesOf(path, writerPath), message: `${name}: ${change.message}` } })
  if (now.contentType !== was.contentType)
    add({
      rule: 'CONTENT_TYPE_CHANGED',
      message: `${was.contentType} became ${now.contentType}`,
      edit: 'Keep the contentType, and add a message under another name.',
    })
  if (now.language !== was.language)
    add({
      rule: 'PAYLOAD_LANGUAGE_CHANGED',
      message: `a payload of ${was.language} became one of ${now.language}`,
      edit: 'Keep the schemaFormat, and add a message under another name.',
    })
  const is = reader.others.get(now.payload)
  const before = writer.others.get(was.payload)
  if (!is || !before || now.language !== was.language || now.language === 'JSON') return all
  if (now.language !== 'OTHER') return [...all, ...otherReasons(flow, was.name, now.language, is, before, policy)]
  if (is.text !== before.text)
    add(
      {
        rule: 'PAYLOAD_CHANGED',
        message: 'its payload is in a language that is not compared, and changed',
        edit: 'Keep the payload, and add a message under another name.',
      },
      is.at,
      before.at,
    )
  return all
}

type Other = { readonly at: string; readonly schema?: Schema }

/** Payloads in Avro or Protobuf, by what those say. */
function otherReasons(
  flow: Flow,
  name: string,
  language: 'AVRO' | 'PROTOBUF',
  now: Other,
  was: Other,
  policy: Policy,
): Reason[] {
  if (!now.schema || !was.schema) return []
  const sends = flow.action === 'send'
  const [reads, wrote] = sends ? [was.schema, now.schema] : [now.schema, was.schema]
  return languages[language].unreadable(reads, wrote, policy).map(({ example, writerPath, ...found }) => {
    const path = sends ? (writerPath ?? found.path) : found.path
    const other = sends ? found.path : (writerPath ?? found.path)
    return {
      said: {
        ...found,
        rule: `${sends ? 'SENT' : 'RECEIVED'}_${found.rule}`,
        ...placesOf(now.at + path, was.at + other),
        message: `${flow.key} ${name}: ${found.message}`,
      },
      ...(example && { event: eventOf(flow, name, 'payload', JSON.parse(example.payload) as Json) }),
    }
  })
}

const eventOf = (flow: Flow, message: string, part: 'payload' | 'headers' | 'key', value: Json): JsonMap => ({
  channel: flow.address,
  ...(flow.action !== 'any' && { action: flow.action }),
  message,
  [part]: value,
})

function judged({ key, value, ...found }: Judged, prefix: 'RECEIVED' | 'SENT', side: Events): Reason {
  const { path, writerPath = path, message, edit, ...rest } = found
  const who = prefix === 'RECEIVED' ? (['application', 'partner'] as const) : (['partner', 'application'] as const)
  const said = (words: string): string =>
    words.replaceAll('the reader', `the ${who[0]}`).replaceAll('the writer', `the ${who[1]}`)
  const event = value === undefined ? undefined : eventWith(side, key, value)
  return {
    said: {
      ...rest,
      rule: `${prefix}_${found.rule}`,
      ...placesOf(path, writerPath),
      message: `${key}${key === '' ? '' : ': '}${said(message)}`,
      ...(edit !== undefined && { edit: said(edit) }),
    },
    ...(event && { event }),
  }
}

function eventWith({ flows }: Events, key: string, value: Json): JsonMap | undefined {
  for (const flow of flows.values())
    for (const { name, payload, headers, recordKey } of flow.messages.values()) {
      if (payload === key) return eventOf(flow, name, 'payload', value)
      if (headers === key) return eventOf(flow, name, 'headers', value)
      if (recordKey === key) return eventOf(flow, name, 'key', value)
    }
  return undefined
}

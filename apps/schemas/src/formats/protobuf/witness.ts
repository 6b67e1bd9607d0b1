import { fromBinary, fromJson, toBinary, toJson, type DescField, type DescMessage } from '@bufbuild/protobuf'
import type { Incompatibility } from '../format.ts'
import { same, type Json, type JsonMap } from '../json-text.ts'
import type { Difference } from './changes.ts'
import type { Linked } from './link.ts'
import { payloadProblems } from './payload.ts'
import { smallest, valuesOf } from './sample.ts'

const candidatesMax = 60
const payloadBytesMax = 16_384

type Both = { readonly reader: Linked; readonly writer: Linked }
type Body = { readonly side: 'reader' | 'writer'; readonly body: JsonMap }
export type Witness = { readonly example: NonNullable<Incompatibility['example']>; readonly told?: string }

/**
 * A payload that is valid under one of the two and not under the other; or, where JSON does not show it, one whose bytes
 * the reader takes for something else, and what for. Each is tried before it is shown.
 */
export function witness(told: Difference<string>, both: Both): Witness | undefined {
  const difference = told.enums === undefined ? told : inUse(told, both)
  let misread: Witness | undefined
  let tried = 0
  for (const { side, body } of bodies(difference)) {
    if (tried++ >= candidatesMax) break
    const message = difference.messages[side]
    const payload = message && addressed(body, message, difference, both)
    if (payload === undefined) continue
    const text = JSON.stringify(payload)
    if (text.length > payloadBytesMax) continue
    const isGood = (linked: Linked): boolean => payloadProblems(linked, payload).length === 0
    const [writer, reader] = [isGood(both.writer), isGood(both.reader)]
    if (writer !== reader) return { example: { payload: text, validUnder: writer ? 'writer' : 'reader' } }
    if (writer && side === 'writer') misread ??= misreading(difference, body, text, both)
  }
  return misread
}

/**
 * The message is named where it is not the one that a payload is without a name. One that the sides call differently
 * has no payload of both, unless that is what is told.
 */
function addressed(
  body: JsonMap,
  message: DescMessage,
  { messages, rule }: Difference<string>,
  { reader, writer }: Both,
): JsonMap | undefined {
  const isFirst =
    (messages.writer ?? writer.desc.messages[0]) === writer.desc.messages[0] &&
    (messages.reader ?? reader.desc.messages[0]) === reader.desc.messages[0] &&
    messages.writer !== undefined &&
    messages.reader !== undefined &&
    rule !== 'PACKAGE_CHANGED'
  const others = rule === 'PACKAGE_CHANGED' ? [] : [messages.writer, messages.reader]
  if (!isFirst && others.some((other) => other !== undefined && other.typeName !== message.typeName)) return undefined
  return isFirst ? body : { '@type': message.typeName, ...body }
}

function* bodies({ messages, fields, together, enums, name }: Difference<string>): Generator<Body> {
  for (const side of ['writer', 'reader'] as const) {
    const message = base(messages[side])
    const field = fields?.[side]
    if (message === undefined) continue
    if (side === 'writer' && together) yield { side, body: { ...message, ...allOf(together) } }
    for (const key of field === undefined ? [] : [field.jsonName, field.name])
      for (const value of field === undefined ? [] : valuesOf(field, enums && name))
        yield { side, body: { ...message, [key]: value } }
    yield { side, body: message }
  }
}

/** What is said of an enum shows where a message has a field of it on both sides. */
function inUse(difference: Difference<string>, { writer, reader }: Both): Difference<string> {
  for (const message of messagesIn(writer.desc.messages)) {
    const field = message.fields.find((each) => each.enum !== undefined && each.enum === difference.enums?.writer)
    const other = reader.registry.getMessage(message.typeName)
    const read = other?.fields.find(({ number }) => number === field?.number)
    if (field !== undefined && read !== undefined)
      return { ...difference, messages: { writer: message, reader: other }, fields: { writer: field, reader: read } }
  }
  return difference
}

function* messagesIn(messages: readonly DescMessage[]): Generator<DescMessage> {
  for (const message of messages) {
    yield message
    yield* messagesIn(message.nestedMessages)
  }
}

function base(message: DescMessage | undefined): JsonMap | undefined {
  const made = message && smallest(message)
  return typeof made === 'object' && made !== null && !Array.isArray(made) ? made : undefined
}

const allOf = (fields: readonly DescField[]): JsonMap =>
  Object.fromEntries(
    fields.flatMap((field): [string, Json][] =>
      valuesOf(field)
        .slice(0, 1)
        .map((value) => [field.jsonName, value]),
    ),
  )

/** What the reader makes of the bytes that the writer makes of a payload, where that is something else. */
function misreading({ messages }: Difference<string>, body: JsonMap, payload: string, both: Both): Witness | undefined {
  if (messages.writer === undefined || messages.reader === undefined) return undefined
  const written = encoded(messages.writer, body, both.writer)
  if (written === undefined) return undefined
  const { bytes, meant } = written
  const hex =
    bytes.length > 40 ? `${Buffer.from(bytes.slice(0, 40)).toString('hex')}…` : Buffer.from(bytes).toString('hex')
  const example = { payload, validUnder: 'writer' as const }
  try {
    const read: Json = toJson(messages.reader, fromBinary(messages.reader, bytes), { registry: both.reader.registry })
    if (same(read, meant)) return undefined
    return {
      example,
      told: `${payload} is written as the bytes ${hex}, which are read as ${JSON.stringify(read).slice(0, 200)}`,
    }
  } catch {
    return { example, told: `${payload} is written as the bytes ${hex}, which can not be read` }
  }
}

/** A name that is one of two fields is read by the library as it pleases; then there is nothing to show. */
function encoded(
  message: DescMessage,
  body: JsonMap,
  { registry }: Linked,
): { bytes: Uint8Array; meant: Json } | undefined {
  try {
    const written = fromJson(message, body, { registry })
    return { bytes: toBinary(message, written), meant: toJson(message, written, { registry }) }
  } catch {
    return undefined
  }
}

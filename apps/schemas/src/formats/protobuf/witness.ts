import { fromBinary, fromJson, toBinary, toJson, type DescField, type DescMessage } from '@bufbuild/protobuf'
import type { Incompatibility } from '../format.ts'
import { same, type Json, type JsonMap } from '../json-text.ts'
import type { Difference } from './differ.ts'
import type { Linked } from './link.ts'
import { payloadProblems } from './payload.ts'
import { smallest, valuesOf } from './sample.ts'

const candidatesMax = 60
const payloadBytesMax = 16_384

type Both = { readonly reader: Linked; readonly writer: Linked }
export type Witness = { readonly example: NonNullable<Incompatibility['example']>; readonly told?: string }

/**
 * A payload that is valid under one of the two and not under the other; or, where JSON does not show it, one whose bytes
 * the reader takes for something else, and what for. Each is tried before it is shown.
 */
export function witness(difference: Difference<string>, both: Both): Witness | undefined {
  let misread: Witness | undefined
  let tried = 0
  for (const { side, body } of bodies(difference)) {
    if (tried++ >= candidatesMax) break
    const message = difference.messages[side]
    if (message === undefined) continue
    const payload = addressed(body, message, difference, both)
    const text = JSON.stringify(payload)
    if (text.length > payloadBytesMax) continue
    const isGood = (linked: Linked): boolean => payloadProblems(linked, payload).length === 0
    const [writer, reader] = [isGood(both.writer), isGood(both.reader)]
    if (writer !== reader) return { example: { payload: text, validUnder: writer ? 'writer' : 'reader' } }
    if (writer && side === 'writer') misread ??= misreading(difference, body, text, both)
  }
  return misread
}

/** The message is named where it is not the one that a payload is without a name. */
function addressed(
  body: JsonMap,
  message: DescMessage,
  { messages, rule }: Difference<string>,
  { reader, writer }: Both,
) {
  const isFirst =
    (messages.writer ?? writer.desc.messages[0]) === writer.desc.messages[0] &&
    (messages.reader ?? reader.desc.messages[0]) === reader.desc.messages[0] &&
    messages.writer !== undefined &&
    messages.reader !== undefined &&
    rule !== 'PACKAGE_CHANGED'
  return isFirst ? body : { '@type': message.typeName, ...body }
}

function* bodies({
  messages,
  fields,
  together,
}: Difference<string>): Generator<{ side: 'reader' | 'writer'; body: JsonMap }> {
  const bases = { writer: base(messages.writer), reader: base(messages.reader) }
  for (const side of ['writer', 'reader'] as const) {
    const field = fields?.[side]
    if (side === 'writer' && bases.writer && together) yield { side, body: { ...bases.writer, ...allOf(together) } }
    if (field !== undefined && bases[side])
      for (const value of valuesOf(field)) yield { side, body: { ...bases[side], [field.jsonName]: value } }
    if (field !== undefined && bases[side])
      for (const value of valuesOf(field)) yield { side, body: { ...bases[side], [field.name]: value } }
    if (bases[side]) yield { side, body: bases[side] }
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
  const written = fromJson(messages.writer, body, { registry: both.writer.registry })
  const bytes = toBinary(messages.writer, written)
  const hex =
    bytes.length > 40 ? `${Buffer.from(bytes.slice(0, 40)).toString('hex')}…` : Buffer.from(bytes).toString('hex')
  const example = { payload, validUnder: 'writer' as const }
  try {
    const read = toJson(messages.reader, fromBinary(messages.reader, bytes), { registry: both.reader.registry })
    const meant = toJson(messages.writer, written, { registry: both.writer.registry })
    if (same(read, meant)) return undefined
    return {
      example,
      told: `${payload} is written as the bytes ${hex}, which are read as ${JSON.stringify(read).slice(0, 200)}`,
    }
  } catch {
    return { example, told: `${payload} is written as the bytes ${hex}, which can not be read` }
  }
}

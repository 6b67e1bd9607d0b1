import type { Signal } from '../storage/inserts.ts'
import { stampFrom, stampMembers, type Stamp } from '../stamp.ts'
import { attributesText, flattenValues } from './any-value.ts'
import { readJson } from './json.ts'
import { decodeRequest, encodeRequest, partsMember, type ResourcePart } from './messages.ts'
import { walk, WireError } from './walk.ts'

export type Encoding = 'protobuf' | 'json'

/** A payload in the one form that is stored: an OTLP request in protobuf whose values are scalars. */
export type Part = { stamp: Stamp; payload: Uint8Array; records: number }
export type Prepared = { parts: Part[]; rejected: number; reason: string }

const idReason = 'records without a valid trace id, span id or name were left out'
const stampReason = `resources without plinth.${stampMembers.join(', plinth.')} were left out`

/**
 * Checks a payload and counts what is in it. Protobuf with scalar values, which is nearly all, is passed on as it came;
 * JSON and compound values are written anew. Throws WireError when it is no OTLP request.
 */
export function prepare(signal: Signal, encoding: Encoding, bytes: Uint8Array, stamp: Stamp | 'each'): Prepared {
  if (encoding === 'protobuf' && stamp !== 'each') {
    const walked = walk(signal, bytes)
    if (!walked.unusual) return result([{ stamp, payload: bytes, records: walked.records }], walked.rejected, idReason)
  }
  const message = encoding === 'json' ? readJson(signal, bytes) : decode(signal, bytes)
  flattenValues(message)
  if (stamp !== 'each') return rewritten(signal, [{ stamp, message }])
  return byResource(signal, message)
}

const result = (parts: Part[], rejected: number, reason: string): Prepared => ({
  parts: parts.filter(({ records }) => records > 0),
  rejected,
  reason,
})

function decode(signal: Signal, bytes: Uint8Array): object {
  walk(signal, bytes)
  try {
    return decodeRequest(signal, bytes)
  } catch {
    throw new WireError('The body is no protobuf message of this signal.')
  }
}

function rewritten(signal: Signal, messages: readonly { stamp: Stamp; message: object }[]): Prepared {
  let rejected = 0
  const parts = messages.map(({ stamp, message }) => {
    const payload = encodeRequest(signal, message)
    const walked = walk(signal, payload)
    rejected += walked.rejected
    return { stamp, payload, records: walked.records }
  })
  return result(parts, rejected, idReason)
}

/** The runner's own payloads: each resource says which deployment it speaks for. */
function byResource(signal: Signal, message: object): Prepared {
  const member = partsMember[signal]
  const resources = (message as Record<string, ResourcePart[] | undefined>)[member] ?? []
  const groups = new Map<string, { stamp: Stamp; message: Record<string, ResourcePart[]> }>()
  let unstamped = 0
  for (const part of resources) {
    const facts = attributesText(part.resource?.attributes)
    const stamp = stampFrom(Object.fromEntries(stampMembers.map((name) => [name, facts[`plinth.${name}`]])))
    if (stamp === undefined) {
      unstamped += walk(signal, encodeRequest(signal, { [member]: [part] })).records
      continue
    }
    const key = JSON.stringify(stamp)
    const group = groups.get(key) ?? { stamp, message: { [member]: [] } }
    group.message[member]?.push(part)
    groups.set(key, group)
  }
  const prepared = rewritten(signal, [...groups.values()])
  return unstamped === 0
    ? prepared
    : {
        ...prepared,
        rejected: prepared.rejected + unstamped,
        reason: prepared.rejected > 0 ? `${idReason}; ${stampReason}` : stampReason,
      }
}

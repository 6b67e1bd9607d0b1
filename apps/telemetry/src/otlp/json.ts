import { partsMember, requestFrom } from './messages.ts'
import type { Signal } from '../storage/inserts.ts'
import { WireError } from './walk.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads OTLP's JSON (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding"): ids are hexadecimal and not base64,
 * enums are numbers, members have camel case, unknown ones are passed over. Throws WireError.
 */
export function readJson(signal: Signal, bytes: Uint8Array): object {
  let document: unknown
  try {
    document = JSON.parse(utf8.decode(bytes))
  } catch {
    throw new WireError('The body is not valid JSON in UTF-8.')
  }
  if (!isObject(document)) throw new WireError('The body must be a JSON object.')
  const parts = document[partsMember[signal]]
  if (parts !== undefined && parts !== null && !Array.isArray(parts))
    throw new WireError(`\`${partsMember[signal]}\` must be a list.`)
  try {
    prepare(document, 0)
    return requestFrom(signal, document)
  } catch (error) {
    // protobufjs names the member that does not fit, and nothing else.
    throw error instanceof WireError
      ? error
      : new WireError(`A member has the wrong type: ${error instanceof Error ? error.message : ''}`)
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const depthMax = 100
const idMembers = new Set(['traceId', 'spanId', 'parentSpanId'])
const digits = /^-?\d{1,20}$/

/** Checks what protobufjs would silently bend, and gives ids as bytes. Works in place. */
function prepare(node: object, depth: number): void {
  if (depth > depthMax) throw new WireError('The document is nested too deeply.')
  const object = node as Record<string, unknown>
  for (const [member, value] of Object.entries(object)) {
    if (value === null) delete object[member]
    else if (idMembers.has(member)) object[member] = idBytes(member, value)
    else if (/UnixNano$|^intValue$|^asInt$|^count$/.test(member)) {
      if (typeof value === 'number' ? !Number.isInteger(value) : typeof value !== 'string' || !digits.test(value))
        throw new WireError(`\`${member}\` must be a whole number, or the digits of one.`)
    } else if (/^(?:kind|code|severityNumber|aggregationTemporality|flags)$/.test(member)) {
      if (!Number.isInteger(value)) throw new WireError(`\`${member}\` must be a number; names are not taken.`)
    } else if (typeof value === 'object') prepare(value, depth + 1)
  }
}

function idBytes(member: string, value: unknown): Uint8Array {
  if (typeof value !== 'string' || !/^(?:[0-9a-f]{2})*$/i.test(value))
    throw new WireError(`\`${member}\` must be hexadecimal.`)
  return Buffer.from(value, 'hex')
}

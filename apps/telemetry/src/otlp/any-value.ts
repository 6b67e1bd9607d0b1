import type { AnyValue, KeyValue } from './messages.ts'

/** The value as JSON would have it: compound values as such, bytes in base64. */
export function plainValue(value: AnyValue | null | undefined): unknown {
  if (value === null || value === undefined) return null
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(plainValue)
  if (value.kvlistValue)
    return Object.fromEntries((value.kvlistValue.values ?? []).map((pair) => [pair.key ?? '', plainValue(pair.value)]))
  if (value.bytesValue && own(value, 'bytesValue')) return Buffer.from(value.bytesValue).toString('base64')
  if (own(value, 'stringValue')) return value.stringValue
  if (own(value, 'boolValue')) return value.boolValue
  if (own(value, 'doubleValue')) return value.doubleValue
  if (own(value, 'intValue')) return integer(value.intValue)
  return null
}

// Messages have defaults on their prototype: only what is their own was on the wire.
const own = (value: AnyValue, member: keyof AnyValue): boolean => Object.hasOwn(value, member) && value[member] !== null

/** 64-bit numbers come as Long; the safe ones are numbers, the others keep their digits as text. */
function integer(value: unknown): number | string {
  const digits = String(value)
  return Number.isSafeInteger(Number(digits)) ? Number(digits) : digits
}

/** The value as the store keeps it: one text. */
export function valueText(value: AnyValue | null | undefined): string {
  const plain = plainValue(value)
  if (plain === null || plain === undefined) return ''
  if (typeof plain === 'string') return plain
  // Numbers that JSON does not know are named as they are elsewhere.
  return typeof plain === 'number' ? String(plain) : JSON.stringify(plain)
}

export const attributesText = (pairs: readonly KeyValue[] | undefined): Record<string, string> =>
  Object.fromEntries((pairs ?? []).map(({ key, value }) => [key ?? '', valueText(value)]))

/** Turns every compound value below the message into its JSON text, in place: the form that the store reads. */
export function flattenValues(node: unknown): void {
  if (typeof node !== 'object' || node === null || node instanceof Uint8Array) return
  for (const [member, child] of Object.entries(node)) {
    if (isCompound(child)) {
      // A body or a value: its one member becomes the text.
      ;(node as Record<string, unknown>)[member] = { stringValue: valueText(child) }
    } else flattenValues(child)
  }
}

const isCompound = (value: unknown): value is AnyValue =>
  typeof value === 'object' &&
  value !== null &&
  ['arrayValue', 'kvlistValue', 'bytesValue'].some((member) => own(value, member as keyof AnyValue))

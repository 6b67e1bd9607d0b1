import type { DescField, DescMessage } from '@bufbuild/protobuf'
import type { ExactRule, ExactScope } from './exact.ts'
import type { Sides } from './changes.ts'

export type Range = { readonly start: number; readonly end: number }
type Reserving = { readonly reservedName: readonly string[] }

export const isReserved = ({ reservedName }: Reserving, name: string): boolean => reservedName.includes(name)

/**
 * What is gone has to be reserved, and what is reserved stays so: otherwise somebody will give its number or its name to
 * something else, and old data will be read as that.
 */
export function compareReservations({ tell, newer }: ExactScope, messages: Sides<DescMessage>): void {
  if (newer === undefined) return
  const now = newer === 'reader' ? messages.reader : messages.writer
  const old = newer === 'reader' ? messages.writer : messages.reader
  if (now === undefined || old === undefined) return
  const side = (field: DescField, isNew: boolean) =>
    isNew === (newer === 'reader') ? { reader: field } : { writer: field }
  const kept = { numbers: numbersOf(now), names: namesOf(now) }
  const reserved = { now: ordered(now.proto.reservedRange), old: ordered(old.proto.reservedRange) }
  for (const field of old.fields) {
    const say = (rule: ExactRule): void => tell({ rule, messages, fields: side(field, false) })
    if (kept.numbers.has(field.number)) continue
    if (!covers(reserved.now, one(field.number))) say('FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED')
    if (!isReserved(now.proto, field.name) && !kept.names.has(field.name)) say('FIELD_NO_DELETE_UNLESS_NAME_RESERVED')
  }
  for (const field of now.fields) {
    if (covers(reserved.old, one(field.number)))
      tell({ rule: 'RESERVED_NUMBER_REUSED', messages, fields: side(field, true), name: String(field.number) })
    if (isReserved(old.proto, field.name))
      tell({ rule: 'RESERVED_NAME_REUSED', messages, fields: side(field, true), name: field.name })
  }
  const isReused = ({ start, end }: Range): boolean => now.fields.some(({ number }) => number >= start && number < end)
  for (const range of old.proto.reservedRange)
    if (!covers(reserved.now, range) && !isReused(range))
      tell({ rule: 'RESERVED_MESSAGE_NO_DELETE', messages, name: rangeText(range) })
  for (const name of old.proto.reservedName)
    if (!isReserved(now.proto, name) && !kept.names.has(name))
      tell({ rule: 'RESERVED_MESSAGE_NO_DELETE', messages, name: JSON.stringify(name) })
}

const numbersOf = ({ fields }: DescMessage) => new Set(fields.map(({ number }) => number))
const namesOf = ({ fields }: DescMessage) => new Set(fields.map(({ name }) => name))
const one = (number: number): Range => ({ start: number, end: number + 1 })

export const rangeText = ({ start, end }: Range): string =>
  end - 1 === start ? String(start) : `${start} to ${end - 1}`

export const ordered = (ranges: readonly Range[]): readonly Range[] => ranges.toSorted((a, b) => a.start - b.start)

/** Ranges that are in order and do not overlap cover what lies over those that follow one another. */
export function covers(ranges: readonly Range[], { start, end }: Range): boolean {
  let at = start
  for (const range of ranges) {
    if (range.start > at) break
    if (range.end > at) at = range.end
  }
  return at >= end
}

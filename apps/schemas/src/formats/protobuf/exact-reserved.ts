import type { DescMessage } from '@bufbuild/protobuf'
import type { ExactRule, ExactScope } from './exact.ts'
import type { Sides } from './differ.ts'

type Range = { readonly start: number; readonly end: number }
type Reserving = { readonly reservedName: readonly string[] }

export const isReserved = ({ reservedName }: Reserving, name: string): boolean => reservedName.includes(name)
const isIn = (ranges: readonly Range[], number: number): boolean =>
  ranges.some(({ start, end }) => number >= start && number < end)

/**
 * What is gone has to be reserved, and what is reserved stays so: otherwise somebody will give its number or its name to
 * something else, and old data will be read as that.
 */
export function compareReservations({ tell, newer }: ExactScope, messages: Sides<DescMessage>): void {
  if (newer === undefined) return
  const now = newer === 'reader' ? messages.reader : messages.writer
  const old = newer === 'reader' ? messages.writer : messages.reader
  if (now === undefined || old === undefined) return
  const side = (field: DescMessage['fields'][number], isNew: boolean) =>
    isNew === (newer === 'reader') ? { reader: field } : { writer: field }
  for (const field of old.fields) {
    const say = (rule: ExactRule): void => tell({ rule, messages, fields: side(field, false) })
    if (now.fields.some(({ number }) => number === field.number)) continue
    if (!isIn(now.proto.reservedRange, field.number)) say('FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED')
    if (!isReserved(now.proto, field.name) && !now.fields.some(({ name }) => name === field.name))
      say('FIELD_NO_DELETE_UNLESS_NAME_RESERVED')
  }
  for (const field of now.fields) {
    if (isIn(old.proto.reservedRange, field.number))
      tell({ rule: 'RESERVED_NUMBER_REUSED', messages, fields: side(field, true), name: String(field.number) })
    if (isReserved(old.proto, field.name))
      tell({ rule: 'RESERVED_NAME_REUSED', messages, fields: side(field, true), name: field.name })
  }
  const reused = (range: Range): boolean => now.fields.some(({ number }) => isIn([range], number))
  for (const range of old.proto.reservedRange) {
    if (covers(now.proto.reservedRange, range) || reused(range)) continue
    tell({ rule: 'RESERVED_MESSAGE_NO_DELETE', messages, name: rangeText(range) })
  }
  for (const name of old.proto.reservedName)
    if (!isReserved(now.proto, name) && !now.fields.some((field) => field.name === name))
      tell({ rule: 'RESERVED_MESSAGE_NO_DELETE', messages, name: JSON.stringify(name) })
}

export const rangeText = ({ start, end }: Range): string =>
  end - 1 === start ? String(start) : `${start} to ${end - 1}`

/** Ranges do not overlap, so those that follow one another cover what lies over them. */
export function covers(ranges: readonly Range[], { start, end }: Range): boolean {
  let at = start
  for (const range of ranges.toSorted((a, b) => a.start - b.start))
    if (range.start <= at && range.end > at) at = range.end
  return at >= end
}

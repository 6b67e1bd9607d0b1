import type { DescEnum } from '@bufbuild/protobuf'
import type { ExactRule, ExactScope } from './exact.ts'
import { covers, isReserved, ordered, rangeText, type Range } from './exact-reserved.ts'

/** Each name that the writer may write has to stand for the same number, and each number for something. */
export function compareEnums({ tell, newer }: ExactScope, writer: DescEnum, reader: DescEnum): void {
  const messages = { writer: writer.parent, reader: reader.parent }
  const enums = { writer, reader }
  const say = (rule: ExactRule, value: { name: string; number: number }): void =>
    tell({ rule, messages, enums, value: value.number, name: value.name })
  if (writer.open && !reader.open) tell({ rule: 'ENUM_SAME_TYPE', messages, enums })
  const names = new Map(reader.values.map((value) => [value.name, value.number]))
  const numbers = new Set(reader.values.map(({ number }) => number))
  for (const value of writer.values) {
    const number = names.get(value.name)
    if (number !== undefined && number !== value.number) say('ENUM_VALUE_SAME_NUMBER', value)
    else if (!numbers.has(value.number)) say('ENUM_VALUE_NO_DELETE', value)
    else if (number === undefined) say('ENUM_VALUE_SAME_NAME', value)
  }
  if (newer === 'writer') removed(say, writer, reader)
  if (newer !== undefined) {
    const [old, now] = newer === 'reader' ? [writer, reader] : [reader, writer]
    for (const name of lostReservations(old, now)) tell({ rule: 'RESERVED_ENUM_NO_DELETE', messages, enums, name })
  }
}

/** The end of a range of an enum is in it, that of a message is not. */
const rangesOf = ({ proto }: DescEnum): readonly Range[] =>
  ordered(proto.reservedRange.map(({ start, end }) => ({ start, end: end + 1 })))

type Say = (rule: ExactRule, value: { name: string; number: number }) => void

/** A reader that keeps more than is written reads well; but the number may be given away, unless it is reserved. */
function removed(say: Say, now: DescEnum, old: DescEnum): void {
  const kept = new Set(now.values.map(({ number }) => number))
  const reserved = rangesOf(now)
  for (const value of old.values) {
    if (kept.has(value.number)) continue
    if (!covers(reserved, { start: value.number, end: value.number + 1 }))
      say('ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED', value)
    if (!isReserved(now.proto, value.name)) say('ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED', value)
  }
}

function lostReservations(old: DescEnum, now: DescEnum): string[] {
  const reserved = rangesOf(now)
  const ranges = rangesOf(old).filter((range) => !covers(reserved, range))
  const names = old.proto.reservedName.filter((name) => !isReserved(now.proto, name))
  return [...ranges.map(rangeText), ...names.map((name) => JSON.stringify(name))]
}

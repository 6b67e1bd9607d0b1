import type { Incompatibility } from '../format.ts'
import type { Linked } from './link.ts'
import { witness } from './witness.ts'
import { wordsOf, type Found } from './words.ts'

const reasonsMax = 1_000
/** Payloads are for people: some are enough. */
const examplesMax = 20

type Both = { readonly reader: Linked; readonly writer: Linked }

/** Each difference with both places, what it means, what would pass, and a payload that shows it. */
export function explain(found: readonly Found[], both: Both): Incompatibility[] {
  return found.slice(0, reasonsMax).map((difference, index) => {
    const path = pathOf(difference, 'reader', both)
    const writerPath = pathOf(difference, 'writer', both)
    const { message, edit } = wordsOf(difference)
    const shown = index < examplesMax ? witness(difference, both) : undefined
    return {
      rule: difference.rule,
      path,
      ...(writerPath !== path && { writerPath }),
      message: shown?.told === undefined ? message : `${message}. ${shown.told}`,
      edit,
      ...(shown !== undefined && { example: shown.example }),
    }
  })
}

/** The whole name of the thing, or of what it would be in where it is not there. */
function pathOf(
  { rule, messages, fields, oneofs, enums, name, together }: Found,
  side: 'reader' | 'writer',
  both: Both,
): string {
  if (rule === 'PACKAGE_CHANGED') return both[side].desc.proto.package
  if (rule.startsWith('RPC_')) return name ?? ''
  const enumeration = enums?.[side]
  if (enums !== undefined)
    return name === undefined || rule.startsWith('RESERVED')
      ? (enumeration?.typeName ?? '')
      : `${enumeration?.typeName ?? ''}.${name}`
  const message = messages[side]?.typeName ?? both[side].desc.proto.package
  const field = fields?.[side]
  if (together !== undefined)
    return `${message}.${
      side === 'reader'
        ? (oneofs?.reader?.name ?? '')
        : together
            .slice(0, 10)
            .map((each) => each.name)
            .join(', ')
    }`
  return field === undefined ? message : `${message}.${field.name}`
}

import type { DescField } from '@bufbuild/protobuf'
import type { Incompatibility, Newer, Policy } from '../format.ts'
import { changes, type Change } from './changes.ts'
import { differences } from './differ.ts'
import { exactDifferences, type ExactRule } from './exact.ts'
import { explain } from './explain.ts'
import type { Linked } from './link.ts'
import type { Found } from './words.ts'

/** The rules of EXACT that say the same of a change as one of the others do, which is told already. */
const implied: Partial<Record<ExactRule, readonly Change[]>> = {
  FIELD_WIRE_JSON_COMPATIBLE_TYPE: ['FIELD_KIND_CHANGED', 'FIELD_SCALAR_KIND_CHANGED', 'FIELD_NAMED_TYPE_CHANGED'],
  FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY: ['FIELD_NUMERIC_LABEL_CHANGED', 'FIELD_KIND_CHANGED'],
  MESSAGE_SAME_REQUIRED_FIELDS: ['REQUIRED_FIELD_ADDED', 'REQUIRED_FIELD_REMOVED'],
  FIELD_SAME_ONEOF: ['MULTIPLE_FIELDS_MOVED_TO_ONEOF', 'FIELD_MOVED_TO_EXISTING_ONEOF', 'ONEOF_FIELD_REMOVED'],
}

/**
 * All reasons why `reader` can't read what `writer` wrote: Confluent's for STRICT and LENIENT, which are one here; and
 * under EXACT those of buf's category WIRE_JSON besides.
 */
export function unreadable(reader: Linked, writer: Linked, policy: Policy, newer?: Newer): Incompatibility[] {
  const found: Found[] = differences(writer.desc, reader.desc).filter(({ rule }) => !changes[rule])
  if (policy === 'EXACT') found.push(...exactDifferences(writer, reader, newer).filter(isNew(found)))
  return explain(found, { reader, writer })
}

function isNew(found: readonly Found[]): (other: Found & { rule: ExactRule }) => boolean {
  const told = new Map<DescField, Set<string>>()
  for (const { rule, fields, together = [] } of found)
    for (const field of [fields?.writer, fields?.reader, ...together])
      if (field !== undefined) told.set(field, (told.get(field) ?? new Set()).add(rule))
  return ({ rule, fields }) =>
    !(implied[rule] ?? []).some((other) =>
      [fields?.writer, fields?.reader].some((field) => field !== undefined && told.get(field)?.has(other)),
    )
}

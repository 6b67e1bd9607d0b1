import type { Incompatibility } from '../format.ts'
import { isNamed, shortName, typeName, type Avro, type AvroField, type AvroModel } from './model.ts'
import { payloadProblems } from './payload.ts'
import { readable } from './reading.ts'
import { resolutionRules, type At, type Found, type Move } from './resolution.ts'
import { sample, symbolBeyond } from './sample.ts'

const reasonsMax = 1000
/** Payloads are for people: some are enough. Together they are kept small, so that wide records stay fast to compare. */
const examplesMax = 20
const exampleBytesMax = 16_384
const examplesBytesMax = 32_768

/** Each incompatibility with both places, what it means, what would pass, and a payload that shows it. */
export function explain(found: readonly Found[], reader: AvroModel, writer: AvroModel): Incompatibility[] {
  let bytes = 0
  return found.slice(0, reasonsMax).map((one, index) => {
    const path = pathOf(one.at, 'read')
    const writerPath = pathOf(one.at, 'write')
    const wanted = index < examplesMax && bytes < examplesBytesMax
    const payload = wanted ? exampleOf(one, reader.root, writer.root) : undefined
    bytes += payload?.length ?? 0
    return {
      rule: one.rule,
      path,
      ...(writerPath !== path && { writerPath }),
      ...words(one),
      ...(payload !== undefined && { example: { payload, validUnder: 'writer' as const } }),
    }
  })
}

function pathOf(at: At, side: 'read' | 'write'): string {
  const parts: string[] = []
  for (let here: At | undefined = at; here; here = here.up) parts.push(here[side])
  return parts.toReversed().join('')
}

function movesOf(at: At): Move[] {
  const moves: Move[] = []
  for (let here: At | undefined = at; here; here = here.up) if (here.move !== undefined) moves.push(here.move)
  return moves.toReversed()
}

/** A payload that the writer's schema allows and that the reader is seen to refuse; none is better than one that is not shown. */
function exampleOf(found: Found, reader: Avro, writer: Avro): string | undefined {
  if (!resolutionRules.has(found.rule) || found.rule === 'TOO_COMPLEX') return undefined
  const deepest = rootCause(found)
  const enumOf = deepest.reader.kind === 'enum' ? deepest.reader.known : undefined
  const payload = sample(
    writer,
    movesOf(deepest.at),
    enumOf && deepest.rule === 'MISSING_ENUM_SYMBOLS' ? symbolBeyond(enumOf) : undefined,
  )
  if (payload === undefined || payloadProblems(writer, payload).length > 0) return undefined
  const text = JSON.stringify(payload)
  return text.length <= exampleBytesMax && readable(reader, writer, payload) === false ? text : undefined
}

const rootCause = (found: Found): Found => (found.cause ? rootCause(found.cause) : found)

const defaults: Readonly<Record<string, string>> = {
  boolean: 'false',
  string: '""',
  bytes: '""',
  array: '[]',
  map: '{}',
  null: 'null',
}
function someDefault(type: Avro): string | undefined {
  if (type.kind === 'union') return type.branches[0] && someDefault(type.branches[0])
  if (type.kind === 'enum') return type.symbols[0] === undefined ? undefined : JSON.stringify(type.symbols[0])
  if (isNamed(type)) return undefined
  return defaults[type.kind] ?? '0'
}

function missingDefault(field: AvroField): { message: string; edit: string } {
  const value = someDefault(field.type)
  const name = JSON.stringify(field.name)
  return {
    message: `the reader wants field ${field.name}, which the writer never writes, and has no default for it`,
    edit: `If ${field.name} is new, give it a default${value === undefined ? '' : `: {"name":${name},…,"default":${value}}`}; if it was removed, keep it.`,
  }
}

type Words = (found: Found) => { message: string; edit: string }
const what = (type: Avro): string =>
  type.kind === 'union' ? `a union of ${type.branches.map(typeName).slice(0, 10).join(', ')}` : typeName(type)

const said: Readonly<Record<string, Words>> = {
  NAME_MISMATCH: ({ reader, writer }) => ({
    message: `the reader calls ${typeName(reader)} what the writer calls ${typeName(writer)}`,
    edit: `Keep the name ${shortName(typeName(writer))}, or add "aliases":[${JSON.stringify(typeName(writer))}] to the reader's ${shortName(typeName(reader))}.`,
  }),
  FIXED_SIZE_MISMATCH: ({ reader, writer }) => {
    const size = writer.kind === 'fixed' ? writer.size : 0
    return {
      message: `the reader takes ${reader.kind === 'fixed' ? reader.size : 0} bytes for ${typeName(reader)}, the writer writes ${size}`,
      edit: `Keep the size as it was, and add a new fixed type under another name for the other size.`,
    }
  },
  MISSING_ENUM_SYMBOLS: ({ reader, detail = '' }) => ({
    message: `the writer may write ${detail}, which the reader's enum ${typeName(reader)} does not know`,
    edit: `Keep ${detail} in both, or give the reader's enum a default: "default":${JSON.stringify(reader.kind === 'enum' ? (reader.symbols[0] ?? '') : '')}.`,
  }),
  READER_FIELD_MISSING_DEFAULT_VALUE: ({ field }) =>
    field ? missingDefault(field) : { message: 'a field without default is never written', edit: 'Give it a default.' },
  TYPE_MISMATCH: ({ reader, writer, field }) =>
    field
      ? missingDefault(field)
      : {
          message: `the reader wants ${what(reader)}, the writer writes ${what(writer)}`,
          edit: `Keep ${what(writer)}, or make the reader's type a union of both: ["${typeName(writer)}","${typeName(reader)}"].`,
        },
  MISSING_UNION_BRANCH: ({ reader, writer, cause }) => {
    const deepest = cause && rootCause(cause)
    return {
      message: `the writer may write ${what(writer)}, which no branch of the reader's ${what(reader)} reads${deepest ? `: ${words(deepest).message} (at ${pathOf(deepest.at, 'read') || '/'})` : ''}`,
      edit: deepest ? words(deepest).edit : `Add "${typeName(writer)}" to the reader's union.`,
    }
  },
  AMBIGUOUS_ALIASES: ({ field, detail }) => ({
    message: `by its name and aliases, the reader's field ${field?.name} is each of ${detail} of the writer`,
    edit: `Leave only one of ${detail} among the name and the aliases of ${field?.name}.`,
  }),
  TOO_COMPLEX: () => ({
    message: 'the two schemas can not be compared within the limits',
    edit: 'Make unions of records smaller, or nest records less deeply.',
  }),
  PROMOTION_LOSES_PRECISION: ({ reader, writer }) => ({
    message: `${writer.kind} is read as ${reader.kind}, which does not hold all of its values`,
    edit: `Keep ${writer.kind}.`,
  }),
  LOGICAL_TYPE_CHANGED: ({ detail }) => ({
    message: `the same bytes mean something else: logicalType ${detail}`,
    edit: 'Keep the logicalType, and add a new field for the other meaning.',
  }),
  DECIMAL_SCALE_CHANGED: ({ detail }) => ({
    message: `amounts are read off by powers of ten: scale ${detail}`,
    edit: 'Keep the scale, and add a new field for the other one.',
  }),
  DECIMAL_PRECISION_DECREASED: ({ detail }) => ({
    message: `numbers with more digits than the reader expects may have been written: precision ${detail}`,
    edit: 'Keep the larger precision in the reader.',
  }),
  ENUM_ORDER_CHANGED: ({ detail }) => ({
    message: `the order of symbols changed from ${detail} on: it is the order of sorting, and of what keeps positions`,
    edit: 'Keep the order, and add new symbols at the end.',
  }),
  ENUM_DEFAULT_CHANGED: () => ({
    message: 'symbols that a reader does not know are read as another default',
    edit: 'Keep the default of the enum.',
  }),
  FIELD_DEFAULT_REMOVED: ({ field, detail }) => ({
    message: `what was written before ${field?.name} existed is read with the default ${detail}, and can not be read without`,
    edit: `Keep "default":${detail} at ${field?.name}.`,
  }),
  FIELD_DEFAULT_CHANGED: ({ field, detail }) => ({
    message: `what was written before ${field?.name} existed is read with another value: default ${detail}`,
    edit: `Keep the default of ${field?.name} as it was.`,
  }),
}

function words(found: Found): { message: string; edit: string } {
  return said[found.rule]?.(found) ?? { message: found.rule, edit: '' }
}

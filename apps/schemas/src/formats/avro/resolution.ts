import type { Policy } from '../format.ts'
import { shortName, typeName } from './model.ts'
import type { Avro, AvroEnum, AvroField, AvroFixed, AvroNamed, AvroRecord } from './model.ts'
import { inexact } from './exact.ts'

/** A move from a type of the writer to a part of it, by which a payload is made that goes there. */
export type Move = { readonly field: string } | { readonly branch: number } | 'item' | 'value'
/** A place in both schemas, as a chain up to the root; paths are only put together where there is something to tell. */
export type At = { readonly up?: At; readonly read: string; readonly write: string; readonly move?: Move }
/** One incompatibility; `cause` is what lies behind a branch that is missing. */
export type Found = {
  readonly rule: string
  readonly at: At
  readonly reader: Avro
  readonly writer: Avro
  readonly field?: AvroField
  readonly detail?: string
  readonly cause?: Found
}

const none: readonly Found[] = []
type Verdict = readonly Found[] | 'open'
type Pass = {
  readonly exact: boolean
  readonly memo: Map<Avro, Map<Avro, Verdict>>
  /** Pairs found compatible, in order, so that what was concluded from a wrong assumption can be taken back. */
  readonly trail: (readonly [Avro, Avro])[]
}
type Context = { readonly pass: Pass; readonly strict: Pass; readonly steps: { left: number }; readonly depth: number }

const stepsMax = 200_000
const depthMax = 400

/** Promotions of the Avro specification, "Schema Resolution": what a reader of the key's kind takes besides its own. */
const promotions: Readonly<Record<string, ReadonlySet<string>>> = {
  long: new Set(['int']),
  float: new Set(['int', 'long']),
  double: new Set(['int', 'long', 'float']),
  string: new Set(['bytes']),
  bytes: new Set(['string']),
}
export const promotes = (reader: Avro, writer: Avro): boolean => promotions[reader.kind]?.has(writer.kind) === true

/** Apache Avro: the names without namespace are the same, or an alias of the reader is the writer's full name. */
export const sameName = (reader: AvroNamed, writer: AvroNamed): boolean =>
  shortName(reader.name) === shortName(writer.name) || reader.aliases.includes(writer.name)

/** The writer's fields that a reader's field is filled from, by name and by the reader's aliases; more than one is an error. */
export function sourcesOf(field: AvroField, writer: AvroRecord): readonly AvroField[] {
  const direct = writer.byName.get(field.name)
  if (field.aliases.length === 0) return direct ? [direct] : []
  const found = new Set(direct ? [direct] : [])
  for (const alias of field.aliases) {
    const source = writer.byName.get(alias)
    if (source) found.add(source)
  }
  return [...found]
}

/**
 * Everything that keeps a reader from what a writer wrote, as `SchemaCompatibility` of Apache Avro finds it, each once.
 * A pair of records that is being compared counts as compatible; unlike there, what was concluded from that is taken
 * back when the pair turns out not to be.
 */
export function resolve(reader: Avro, writer: Avro, policy: Policy): readonly Found[] {
  const pass = (exact: boolean): Pass => ({ exact, memo: new Map(), trail: [] })
  const strict = pass(false)
  const context = { strict, steps: { left: stepsMax }, depth: 0 }
  const root = { read: '', write: '' }
  const found = compare(reader, writer, root, { ...context, pass: strict })
  if (policy !== 'EXACT') return [...new Set(found)]
  const more = compare(reader, writer, root, { ...context, pass: pass(true) })
  return [...new Set(found.length > 0 ? [...found, ...more.filter(({ rule }) => !resolutionRules.has(rule))] : more)]
}

export const resolutionRules: ReadonlySet<string> = new Set([
  'NAME_MISMATCH',
  'FIXED_SIZE_MISMATCH',
  'MISSING_ENUM_SYMBOLS',
  'READER_FIELD_MISSING_DEFAULT_VALUE',
  'TYPE_MISMATCH',
  'MISSING_UNION_BRANCH',
  'AMBIGUOUS_ALIASES',
  'TOO_COMPLEX',
])

function compare(reader: Avro, writer: Avro, at: At, context: Context): readonly Found[] {
  if (context.steps.left-- <= 0 || context.depth > depthMax) return [{ rule: 'TOO_COMPLEX', at, reader, writer }]
  const inner = { ...context, depth: context.depth + 1 }
  if (writer.kind === 'union')
    return writer.branches.flatMap((branch, index) => {
      const there: At = { up: at, read: '', write: `/${index}`, move: { branch: index } }
      return reader.kind === 'union'
        ? readByUnion(reader.branches, branch, there, inner)
        : compare(reader, branch, there, inner)
    })
  if (reader.kind === 'union') return readByUnion(reader.branches, writer, at, inner)
  if (reader.kind !== writer.kind)
    return promotes(reader, writer)
      ? differences(reader, writer, at, inner)
      : [{ rule: 'TYPE_MISMATCH', at, reader, writer }]
  if (reader.kind === 'record' && writer.kind === 'record') return remembered(reader, writer, at, inner)
  const exact = differences(reader, writer, at, inner)
  if (reader.kind === 'array' && writer.kind === 'array')
    return join(
      exact,
      compare(reader.items, writer.items, { up: at, read: '/items', write: '/items', move: 'item' }, inner),
    )
  if (reader.kind === 'map' && writer.kind === 'map')
    return join(
      exact,
      compare(reader.values, writer.values, { up: at, read: '/values', write: '/values', move: 'value' }, inner),
    )
  if (reader.kind === 'enum' && writer.kind === 'enum') return join(exact, enums(reader, writer, at))
  if (reader.kind === 'fixed' && writer.kind === 'fixed') return join(exact, fixeds(reader, writer, at))
  return exact
}

const join = (a: readonly Found[], b: readonly Found[]): readonly Found[] =>
  a.length === 0 ? b : b.length === 0 ? a : [...a, ...b]
const under = (at: At, token: string): At => ({ up: at, read: token, write: token })
const differences = (reader: Avro, writer: Avro, at: At, { pass }: Context): readonly Found[] =>
  pass.exact ? inexact(reader, writer, at) : none

/** Some branch must read it; the policy EXACT looks into the branch that Apache Avro's reader would take. */
function readByUnion(branches: readonly Avro[], writer: Avro, at: At, context: Context): readonly Found[] {
  const strict = { ...context, pass: context.strict }
  const tries = branches.map((branch) => ({ branch, found: compare(branch, writer, at, strict) }))
  const fitting = tries.filter(({ found }) => found.length === 0).map(({ branch }) => branch)
  if (fitting.length > 0) {
    if (!context.pass.exact) return none
    const best =
      fitting.find((branch) => typeName(branch) === typeName(writer)) ??
      fitting.find((branch) => branch.kind === writer.kind) ??
      fitting[0]
    return best === undefined ? none : compare(best, writer, at, context)
  }
  const closest =
    tries.find(({ branch }) => typeName(branch) === typeName(writer)) ??
    tries.find(({ branch }) => branch.kind === writer.kind)
  const reader: Avro = { kind: 'union', branches }
  return [{ rule: 'MISSING_UNION_BRANCH', at, reader, writer, ...(closest?.found[0] && { cause: closest.found[0] }) }]
}

function remembered(reader: AvroRecord, writer: AvroRecord, at: At, context: Context): readonly Found[] {
  const { memo, trail } = context.pass
  const known = memo.get(reader)?.get(writer)
  if (known !== undefined) return known === 'open' ? none : known
  const row = memo.get(reader) ?? new Map<Avro, Verdict>()
  memo.set(reader, row)
  row.set(writer, 'open')
  const mark = trail.length
  const found = join(differences(reader, writer, at, context), records(reader, writer, at, context))
  row.set(writer, found)
  if (found.length === 0) trail.push([reader, writer])
  else for (const [before, written] of trail.splice(mark)) memo.get(before)?.delete(written)
  return found
}

function names(reader: AvroNamed, writer: AvroNamed, at: At): Found[] {
  return sameName(reader, writer) ? [] : [{ rule: 'NAME_MISMATCH', at: under(at, '/name'), reader, writer }]
}

function records(reader: AvroRecord, writer: AvroRecord, at: At, context: Context): readonly Found[] {
  const all: Found[] = names(reader, writer, at)
  for (const field of reader.fields) {
    const sources = sourcesOf(field, writer)
    const [source] = sources
    const here: At = { up: at, read: `/fields/${field.index}`, write: '' }
    if (sources.length > 1) {
      const detail = sources.map(({ name }) => name).join(', ')
      all.push({ rule: 'AMBIGUOUS_ALIASES', at: here, reader, writer, field, detail })
    } else if (source) {
      const there = {
        up: at,
        read: `/fields/${field.index}/type`,
        write: `/fields/${source.index}/type`,
        move: { field: source.name },
      }
      const found = compare(field.type, source.type, there, context)
      if (found.length > 0) all.push(...found)
      if (context.pass.exact && source.default !== undefined)
        all.push(
          ...inexact(field, source, {
            up: at,
            read: `/fields/${field.index}/default`,
            write: `/fields/${source.index}/default`,
          }),
        )
    } else if (field.default === undefined) {
      // Apache Avro compares an enum that has a default of its own with the record, and finds another type.
      const enumDefault = field.type.kind === 'enum' && field.type.default !== undefined
      all.push(
        enumDefault
          ? { rule: 'TYPE_MISMATCH', at: { ...here, read: `${here.read}/type` }, reader: field.type, writer, field }
          : { rule: 'READER_FIELD_MISSING_DEFAULT_VALUE', at: here, reader, writer, field },
      )
    }
  }
  return all
}

function enums(reader: AvroEnum, writer: AvroEnum, at: At): readonly Found[] {
  const missing = writer.symbols.filter((symbol) => !reader.known.has(symbol))
  const all = names(reader, writer, at)
  if (missing.length > 0 && reader.default === undefined)
    all.push({ rule: 'MISSING_ENUM_SYMBOLS', at: under(at, '/symbols'), reader, writer, detail: missing.join(', ') })
  return all
}

function fixeds(reader: AvroFixed, writer: AvroFixed, at: At): readonly Found[] {
  const all = names(reader, writer, at)
  if (reader.size !== writer.size) all.push({ rule: 'FIXED_SIZE_MISMATCH', at: under(at, '/size'), reader, writer })
  return all
}

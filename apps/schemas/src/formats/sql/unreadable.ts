import type { Incompatibility, Policy } from '../format.ts'
import type { Catalog, ColumnOf, RelationOf } from './catalog.ts'

/** Types that a client reads in the same way, the left one from where the right one is now. */
const widened: Readonly<Record<string, readonly string[]>> = {
  smallint: ['integer', 'bigint'], integer: ['bigint'], 'character varying': ['text'], character: ['character varying', 'text'], 'timestamp without time zone': [], real: ['double precision'], cidr: ['inet'], json: ['jsonb'], jsonb: ['json'],
} // prettier-ignore

const typePattern = /^([^(]*)(?:\((\d+)(?:,(-?\d+))?\))?(.*)$/

/** A type, its length or precision, and its scale: `numeric(12,2)`, `timestamp(3) with time zone`. */
function partsOf(type: string): { base: string; length: number; scale: number } {
  const [, name = type, length, scale, rest = ''] = typePattern.exec(type) ?? []
  return {
    base: `${name}${rest}`,
    length: length === undefined ? Number.POSITIVE_INFINITY : Number(length),
    scale: scale === undefined ? (length === undefined ? Number.POSITIVE_INFINITY : 0) : Number(scale),
  }
}

/** Longer is read as before; shorter would cut what is written. */
function readsAs(expected: string, found: string): boolean {
  if (expected === found) return true
  const [wanted, now] = [partsOf(expected), partsOf(found)]
  if (wanted.base !== now.base) return widened[wanted.base]?.includes(now.base) ?? false
  return now.length >= wanted.length && now.scale >= wanted.scale
}

const writable = ({ kind }: RelationOf): boolean => kind === 'table' || kind === 'partitioned table'
const isFilled = ({ nullable, default: fallback, generated }: ColumnOf): boolean =>
  nullable || fallback !== undefined || generated !== undefined

/**
 * What code that was written for one catalog (`reader`: the code reads and writes its tables) finds missing or otherwise
 * in a database of another (`writer`). A database may have more than the code knows, as long as rows that the code
 * writes are still taken.
 */
export function unreadableCatalog(reader: Catalog, writer: Catalog, policy: Policy): Incompatibility[] {
  const there = new Map(writer.relations.map((relation) => [relation.name, relation]))
  const ofRelations = reader.relations.flatMap((wanted): Incompatibility[] => {
    const found = there.get(wanted.name)
    if (!found) {
      const message = `The ${wanted.kind} ${wanted.name} is gone, which deployed code reads`
      const edit = `Keep ${wanted.name} until no deployed version reads it`
      return [{ rule: 'RELATION_REMOVED', path: wanted.name, message, edit }]
    }
    return [...missingColumns(wanted, found, policy), ...requiredColumns(wanted, found)]
  })
  return [...ofRelations, ...enumProblems(reader, writer, policy)]
}

function missingColumns(wanted: RelationOf, found: RelationOf, policy: Policy): Incompatibility[] {
  const columns = new Map(found.columns.map((column) => [column.name, column]))
  return wanted.columns.flatMap((column): Incompatibility[] => {
    const path = `${wanted.name}.${column.name}`
    const now = columns.get(column.name)
    if (!now) {
      const example = { payload: JSON.stringify({ [column.name]: null }), validUnder: 'reader' as const }
      const message = `The column ${path} is gone, which deployed code reads`
      return [
        { rule: 'COLUMN_REMOVED', path, message, edit: `Keep ${path} until no deployed version reads it`, example },
      ]
    }
    const problems: Incompatibility[] = []
    if (!readsAs(column.type, now.type)) {
      const message = `${path} is ${now.type} where deployed code expects ${column.type}`
      problems.push({ rule: 'COLUMN_TYPE_CHANGED', path, message, edit: `Add a column of type ${now.type} beside it` })
    }
    if (!column.nullable && now.nullable && policy === 'EXACT') {
      const message = `${path} may be null, which deployed code does not expect`
      problems.push({ rule: 'COLUMN_NULLABLE', path, message, edit: `Keep ${path} NOT NULL` })
    }
    if (isFilled(column) && !isFilled(now)) {
      const message = `${path} must be filled, which deployed code may leave out`
      problems.push({ rule: 'COLUMN_REQUIRED', path, message, edit: `Give ${path} a default` })
    }
    return problems
  })
}

/** Rows of code that does not know a column have no value for it. */
function requiredColumns(wanted: RelationOf, found: RelationOf): Incompatibility[] {
  if (!writable(found)) return []
  const known = new Set(wanted.columns.map(({ name }) => name))
  return found.columns
    .filter((column) => !known.has(column.name) && !isFilled(column))
    .map(({ name }) => ({
      rule: 'COLUMN_REQUIRED_ADDED',
      path: `${wanted.name}.${name}`,
      message: `${wanted.name}.${name} must be filled, and deployed code does not know it`,
      edit: `Make ${wanted.name}.${name} nullable, or give it a default`,
    }))
}

function enumProblems(reader: Catalog, writer: Catalog, policy: Policy): Incompatibility[] {
  const there = new Map(writer.enums.map(({ name, values }) => [name, values]))
  return reader.enums.flatMap(({ name, values }): Incompatibility[] => {
    const now = there.get(name)
    const path = `type ${name}`
    if (!now)
      return [{ rule: 'ENUM_REMOVED', path, message: `The type ${name} is gone`, edit: `Keep the type ${name}` }]
    const gone = values.filter((value) => !now.includes(value))
    const added = policy === 'EXACT' ? now.filter((value) => !values.includes(value)) : []
    return [
      ...gone.map((value) => ({
        rule: 'ENUM_VALUE_REMOVED',
        path,
        message: `${name} no longer has '${value}', which deployed code may write`,
        edit: `Keep the value '${value}'`,
      })),
      ...added.map((value) => ({
        rule: 'ENUM_VALUE_ADDED',
        path,
        message: `${name} has '${value}', which deployed code does not know`,
        edit: `Add '${value}' once all readers know it`,
      })),
    ]
  })
}

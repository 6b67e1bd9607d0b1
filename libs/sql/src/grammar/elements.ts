import type { ColumnDef, Constraint, Node, RangeVar, TypeName } from 'libpg-query'
import type { ColumnSpec, ConstraintSpec } from './change.ts'

/** `public.orders` is `orders`: what stands in no other schema is called by its bare name. */
export const nameOf = (range: RangeVar | undefined): string =>
  range?.schemaname !== undefined && range.schemaname !== 'public'
    ? `${range.schemaname}.${range.relname ?? ''}`
    : (range?.relname ?? '')

export const strings = (nodes: readonly Node[] | undefined): string[] =>
  (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []))

export const namePath = (node: Node | undefined): string => {
  const parts =
    node === undefined
      ? []
      : 'List' in node
        ? strings(node.List.items)
        : 'String' in node
          ? [node.String.sval ?? '']
          : 'TypeName' in node
            ? strings(node.TypeName.names)
            : 'ObjectWithArgs' in node
              ? strings(node.ObjectWithArgs.objname)
              : []
  return parts.filter((part, index) => !(index === 0 && parts.length > 1 && part === 'public')).join('.')
}

/** As a person writes it: `bigint` for `pg_catalog.int8`. */
const spoken: Readonly<Record<string, string>> = {
  int2: 'smallint', int4: 'integer', int8: 'bigint', bpchar: 'char', varchar: 'varchar', bool: 'boolean', timestamptz: 'timestamptz',
} // prettier-ignore

export function typeText(type: TypeName | undefined): string {
  const names = strings(type?.names).filter((name) => name !== 'pg_catalog')
  const base = names.map((name) => spoken[name] ?? name).join('.')
  const modifiers = (type?.typmods ?? []).flatMap((node) =>
    'A_Const' in node && node.A_Const.ival !== undefined ? [String(node.A_Const.ival.ival ?? 0)] : [],
  )
  const arrays = '[]'.repeat(type?.arrayBounds?.length ?? 0)
  return `${base}${modifiers.length > 0 ? `(${modifiers.join(',')})` : ''}${arrays}`
}

/** Stable functions are computed once for all rows (`now()`); of those that are not, these are what migrations use. */
const volatileNames = new Set([
  'random', 'clock_timestamp', 'timeofday', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'uuid_generate_v1', 'uuid_generate_v1mc', 'uuid_generate_v4', 'nextval', 'setval', 'random_normal', 'gen_random_bytes',
]) // prettier-ignore
const stableNames = new Set([
  'now', 'transaction_timestamp', 'statement_timestamp', 'current_setting', 'lower', 'upper', 'coalesce', 'to_char', 'date_trunc', 'concat', 'md5', 'length', 'jsonb_build_object', 'json_build_object', 'array_fill', 'make_interval', 'make_date', 'abs',
]) // prettier-ignore

/** What is not known to be stable counts as volatile: a rewrite that is expected and does not come harms nobody. */
function defaultKind(expression: unknown): 'constant' | 'volatile' {
  const pending: unknown[] = [expression]
  for (let steps = 0; pending.length > 0 && steps < 10_000; steps++) {
    const value = pending.pop()
    if (value === null || typeof value !== 'object') continue
    if ('FuncCall' in value) {
      const call = value.FuncCall as { funcname?: Node[] }
      const name = strings(call.funcname).at(-1) ?? ''
      if (volatileNames.has(name) || !stableNames.has(name)) return 'volatile'
    }
    pending.push(...Object.values(value))
  }
  return 'constant'
}

const constraintKinds: Readonly<Record<string, ConstraintSpec['kind']>> = {
  CONSTR_PRIMARY: 'primary', CONSTR_UNIQUE: 'unique', CONSTR_CHECK: 'check', CONSTR_FOREIGN: 'foreign', CONSTR_EXCLUSION: 'exclusion', CONSTR_NOTNULL: 'not null',
} // prettier-ignore

export function constraintOf(constraint: Constraint): ConstraintSpec | undefined {
  const kind = constraintKinds[constraint.contype ?? '']
  if (kind === undefined) return undefined
  return {
    kind,
    ...(constraint.conname !== undefined && { name: constraint.conname }),
    columns: strings(kind === 'foreign' ? constraint.fk_attrs : constraint.keys),
    notValid: constraint.skip_validation === true,
    usingIndex: constraint.indexname !== undefined,
    ...(constraint.pktable !== undefined && { references: nameOf(constraint.pktable) }),
  }
}

const serials = new Set(['serial', 'bigserial', 'smallserial', 'serial2', 'serial4', 'serial8'])
export const isSerial = (type: string): boolean => serials.has(type)

export function columnOf(column: ColumnDef): ColumnSpec {
  const constraints = (column.constraints ?? []).flatMap((node) => ('Constraint' in node ? [node.Constraint] : []))
  const has = (kind: string): boolean => constraints.some(({ contype }) => contype === kind)
  const stated = constraints.find(({ contype }) => contype === 'CONSTR_DEFAULT')
  const type = typeText(column.typeName)
  const fallback = stated ? defaultKind(stated.raw_expr) : isSerial(type) ? 'volatile' : undefined
  return {
    name: column.colname ?? '',
    type,
    notNull: has('CONSTR_NOTNULL') || has('CONSTR_PRIMARY') || has('CONSTR_IDENTITY') || isSerial(type),
    primary: has('CONSTR_PRIMARY'),
    unique: has('CONSTR_UNIQUE'),
    references: has('CONSTR_FOREIGN'),
    check: has('CONSTR_CHECK'),
    generated: has('CONSTR_GENERATED'),
    identity: has('CONSTR_IDENTITY'),
    ...(fallback !== undefined && { default: fallback }),
  }
}

import type { AlterTableCmd, ColumnDef, Constraint, Node, ObjectType, RangeVar, TypeName } from 'libpg-query'

/** A column as a statement writes it. */
export type ColumnSpec = {
  name: string
  type: string
  notNull: boolean
  primary: boolean
  unique: boolean
  references: boolean
  check: boolean
  generated: boolean
  identity: boolean
  /** `constant` is stored once and rewrites nothing; `volatile` is computed for each row that is there. */
  default?: 'constant' | 'volatile'
}
export type ConstraintSpec = {
  kind: 'primary' | 'unique' | 'check' | 'foreign' | 'exclusion' | 'not null'
  name?: string
  columns: string[]
  notValid: boolean
  /** Takes over an index that is there already. */
  usingIndex: boolean
  /** The table that a foreign key looks into. */
  references?: string
}

type OfTable = { table: string }
/** What one statement does, in words that rules, locks and plans share; `at` is a byte offset of the file. */
export type Change = { at?: number } & (
  | (OfTable & {
      do: 'create table'
      columns: ColumnSpec[]
      constraints: ConstraintSpec[]
      ifNotExists: boolean
      hasSchema: boolean
      temporary: boolean
    })
  | (OfTable & { do: 'add column'; column: ColumnSpec; ifNotExists: boolean })
  | (OfTable & { do: 'drop column'; column: string; ifExists: boolean })
  | (OfTable & { do: 'change type'; column: string; type: string })
  | (OfTable & { do: 'set not null' | 'drop not null' | 'set default' | 'drop default'; column: string })
  | (OfTable & { do: 'add constraint'; constraint: ConstraintSpec })
  | (OfTable & { do: 'validate constraint'; name: string })
  | (OfTable & { do: 'drop constraint'; name: string; ifExists: boolean })
  | (OfTable & { do: 'attach partition' })
  | (OfTable & { do: 'detach partition'; concurrent: boolean })
  | (OfTable & { do: 'rewrite table'; how: string })
  | (OfTable & { do: 'alter table'; how: string })
  | (OfTable & { do: 'rename table'; to: string })
  | (OfTable & { do: 'rename column'; column: string; to: string })
  | (OfTable & {
      do: 'create index'
      name?: string
      unique: boolean
      concurrent: boolean
      ifNotExists: boolean
      columns: string[]
    })
  | (OfTable & { do: 'drop table'; ifExists: boolean; cascade: boolean })
  | (OfTable & { do: 'truncate'; cascade: boolean })
  | (OfTable & { do: 'update' | 'delete'; bounded: boolean })
  | (OfTable & { do: 'update columns'; columns: string[] })
  | (OfTable & { do: 'insert' })
  | (OfTable & { do: 'create trigger' })
  | { do: 'drop index'; names: string[]; concurrent: boolean; ifExists: boolean }
  | { do: 'drop view' | 'drop type' | 'drop schema' | 'drop object'; name: string; ifExists: boolean; what: string }
  | { do: 'drop database'; name: string }
  | { do: 'create view' | 'create type' | 'create schema'; name: string; replace: boolean }
  | { do: 'add enum value'; name: string; value: string; placed: boolean; ifNotExists: boolean }
  | { do: 'rename enum value'; name: string; value: string; to: string }
  | { do: 'create domain'; name: string; constrained: boolean }
  | { do: 'alter domain'; name: string; addsConstraint: boolean }
  | { do: 'rename object'; what: string; name: string; to: string }
  | { do: 'reindex'; name: string; concurrent: boolean }
  | { do: 'vacuum full' | 'cluster'; name: string }
  | { do: 'begin' | 'commit' | 'rollback' }
  | { do: 'set'; name: string; local: boolean }
  | { do: 'server'; what: string }
  | { do: 'code'; what: string; text: string }
  | { do: 'other'; what: string }
)

/** `public.orders` is `orders`: what stands in no other schema is called by its bare name. */
export const nameOf = (range: RangeVar | undefined): string =>
  range?.schemaname !== undefined && range.schemaname !== 'public'
    ? `${range.schemaname}.${range.relname ?? ''}`
    : (range?.relname ?? '')

const strings = (nodes: readonly Node[] | undefined): string[] =>
  (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []))

const namePath = (node: Node | undefined): string => {
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

function constraintOf(constraint: Constraint): ConstraintSpec | undefined {
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

const rewriting: Readonly<Record<string, string>> = {
  AT_SetLogged: 'SET LOGGED', AT_SetUnLogged: 'SET UNLOGGED', AT_SetAccessMethod: 'SET ACCESS METHOD', AT_SetTableSpace: 'SET TABLESPACE', AT_SetExpression: 'SET EXPRESSION', AT_AddIdentity: '',
} // prettier-ignore

function alterOf(table: string, command: AlterTableCmd): Change {
  const { subtype = 'AT_ReplicaIdentity', name = '', def, missing_ok: missingOk = false } = command
  const column = def !== undefined && 'ColumnDef' in def ? def.ColumnDef : undefined
  switch (subtype) {
    case 'AT_AddColumn':
      return {
        do: 'add column',
        table,
        column: columnOf(column ?? {}),
        ifNotExists: missingOk,
        ...(column?.location !== undefined && { at: column.location }),
      }
    case 'AT_DropColumn':
      return { do: 'drop column', table, column: name, ifExists: missingOk }
    case 'AT_AlterColumnType':
      return { do: 'change type', table, column: name, type: typeText(column?.typeName) }
    case 'AT_SetNotNull':
      return { do: 'set not null', table, column: name }
    case 'AT_DropNotNull':
      return { do: 'drop not null', table, column: name }
    case 'AT_ColumnDefault':
      return { do: def === undefined ? 'drop default' : 'set default', table, column: name }
    case 'AT_AddConstraint': {
      const constraint = def !== undefined && 'Constraint' in def ? def.Constraint : undefined
      const spec = constraint && constraintOf(constraint)
      const at = constraint?.location
      return spec
        ? { do: 'add constraint', table, constraint: spec, ...(at !== undefined && { at }) }
        : { do: 'alter table', table, how: subtype }
    }
    case 'AT_ValidateConstraint':
      return { do: 'validate constraint', table, name }
    case 'AT_DropConstraint':
      return { do: 'drop constraint', table, name, ifExists: missingOk }
    case 'AT_AttachPartition':
      return { do: 'attach partition', table }
    case 'AT_DetachPartition':
      return {
        do: 'detach partition',
        table,
        concurrent: def !== undefined && 'PartitionCmd' in def && def.PartitionCmd.concurrent === true,
      }
    default:
      return rewriting[subtype]
        ? { do: 'rewrite table', table, how: rewriting[subtype] }
        : { do: 'alter table', table, how: subtype.replace(/^AT_/, '') }
  }
}

const dropped: Readonly<Record<string, 'drop view' | 'drop type' | 'drop schema'>> = {
  OBJECT_VIEW: 'drop view', OBJECT_MATVIEW: 'drop view', OBJECT_TYPE: 'drop type', OBJECT_DOMAIN: 'drop type', OBJECT_SCHEMA: 'drop schema',
} // prettier-ignore
const spokenObject = (type: ObjectType | undefined): string =>
  (type ?? 'OBJECT')
    .replace(/^OBJECT_/, '')
    .replaceAll('_', ' ')
    .toLowerCase()

/** Everything that one statement does; an ALTER TABLE with several parts does several things. */
export function changesOf(node: Node): Change[] {
  return tableChanges(node) ?? dropChanges(node) ?? typeChanges(node) ?? otherChanges(node)
}

function tableChanges(node: Node): Change[] | undefined {
  if ('CreateStmt' in node) {
    const { relation, tableElts = [], if_not_exists: ifNotExists = false } = node.CreateStmt
    return [
      {
        do: 'create table',
        table: nameOf(relation),
        hasSchema: relation?.schemaname !== undefined,
        temporary: relation?.relpersistence === 't',
        columns: tableElts.flatMap((element) => ('ColumnDef' in element ? [columnOf(element.ColumnDef)] : [])),
        constraints: tableElts.flatMap((element) =>
          'Constraint' in element ? [constraintOf(element.Constraint)].filter((found) => found !== undefined) : [],
        ),
        ifNotExists,
        ...(relation?.location !== undefined && { at: relation.location }),
      },
    ]
  }
  if ('CreateTableAsStmt' in node) {
    const { into, objtype, if_not_exists: ifNotExists = false } = node.CreateTableAsStmt
    const table = nameOf(into?.rel)
    if (objtype === 'OBJECT_MATVIEW') return [{ do: 'create view', name: table, replace: ifNotExists }]
    const hasSchema = into?.rel?.schemaname !== undefined
    const temporary = into?.rel?.relpersistence === 't'
    return [{ do: 'create table', table, hasSchema, temporary, columns: [], constraints: [], ifNotExists }]
  }
  if ('AlterTableStmt' in node) {
    const { relation, cmds = [] } = node.AlterTableStmt
    return cmds.flatMap((command) =>
      'AlterTableCmd' in command ? [alterOf(nameOf(relation), command.AlterTableCmd)] : [],
    )
  }
  if ('IndexStmt' in node) {
    const { idxname: name, relation, indexParams = [], unique, concurrent, if_not_exists: ifNotExists } = node.IndexStmt
    return [
      {
        do: 'create index',
        table: nameOf(relation),
        ...(name !== undefined && { name }),
        unique: unique === true,
        concurrent: concurrent === true,
        ifNotExists: ifNotExists === true,
        columns: indexParams.flatMap((element) => ('IndexElem' in element ? [element.IndexElem.name ?? ''] : [])),
      },
    ]
  }
  if ('RenameStmt' in node) return [renameOf(node.RenameStmt)]
  if ('TruncateStmt' in node) {
    const { relations = [], behavior } = node.TruncateStmt
    return relations.flatMap((range) =>
      'RangeVar' in range
        ? [{ do: 'truncate' as const, table: nameOf(range.RangeVar), cascade: behavior === 'DROP_CASCADE' }]
        : [],
    )
  }
  if ('UpdateStmt' in node) {
    const { relation, whereClause, targetList = [] } = node.UpdateStmt
    const table = nameOf(relation)
    const columns = targetList.flatMap((target) => ('ResTarget' in target ? [target.ResTarget.name ?? ''] : []))
    return [
      { do: 'update', table, bounded: whereClause !== undefined },
      { do: 'update columns', table, columns },
    ]
  }
  if ('DeleteStmt' in node)
    return [
      { do: 'delete', table: nameOf(node.DeleteStmt.relation), bounded: node.DeleteStmt.whereClause !== undefined },
    ]
  if ('InsertStmt' in node) return [{ do: 'insert', table: nameOf(node.InsertStmt.relation) }]
  if ('CreateTrigStmt' in node) return [{ do: 'create trigger', table: nameOf(node.CreateTrigStmt.relation) }]
  return undefined
}

function renameOf(rename: {
  renameType?: ObjectType
  relation?: RangeVar
  object?: Node
  subname?: string
  newname?: string
}): Change {
  const { renameType, relation, object, subname = '', newname: to = '' } = rename
  if (renameType === 'OBJECT_TABLE') return { do: 'rename table', table: nameOf(relation), to }
  if (renameType === 'OBJECT_COLUMN') return { do: 'rename column', table: nameOf(relation), column: subname, to }
  const name = relation ? nameOf(relation) : namePath(object)
  return { do: 'rename object', what: spokenObject(renameType), name, to }
}

function dropChanges(node: Node): Change[] | undefined {
  if ('DropdbStmt' in node) return [{ do: 'drop database', name: node.DropdbStmt.dbname ?? '' }]
  if (!('DropStmt' in node)) return undefined
  const { objects = [], removeType, behavior, missing_ok: ifExists = false, concurrent = false } = node.DropStmt
  const cascade = behavior === 'DROP_CASCADE'
  const names = objects.map(namePath)
  if (removeType === 'OBJECT_TABLE') return names.map((table) => ({ do: 'drop table', table, ifExists, cascade }))
  if (removeType === 'OBJECT_INDEX') return [{ do: 'drop index', names, concurrent, ifExists }]
  const what = spokenObject(removeType)
  return names.map((name) => ({ do: dropped[removeType ?? ''] ?? 'drop object', name, ifExists, what }))
}

function typeChanges(node: Node): Change[] | undefined {
  if ('ViewStmt' in node)
    return [{ do: 'create view', name: nameOf(node.ViewStmt.view), replace: node.ViewStmt.replace === true }]
  if ('CreateEnumStmt' in node)
    return [{ do: 'create type', name: strings(node.CreateEnumStmt.typeName).join('.'), replace: false }]
  if ('CompositeTypeStmt' in node)
    return [{ do: 'create type', name: nameOf(node.CompositeTypeStmt.typevar), replace: false }]
  if ('CreateSchemaStmt' in node)
    return [{ do: 'create schema', name: node.CreateSchemaStmt.schemaname ?? '', replace: false }]
  if ('AlterEnumStmt' in node) {
    const { typeName, oldVal, newVal = '', newValNeighbor, skipIfNewValExists = false } = node.AlterEnumStmt
    const name = strings(typeName).join('.')
    if (oldVal !== undefined) return [{ do: 'rename enum value', name, value: oldVal, to: newVal }]
    const placed = newValNeighbor !== undefined
    return [{ do: 'add enum value', name, value: newVal, placed, ifNotExists: skipIfNewValExists }]
  }
  if ('CreateDomainStmt' in node) {
    const { domainname, constraints = [] } = node.CreateDomainStmt
    return [{ do: 'create domain', name: strings(domainname).join('.'), constrained: constraints.length > 0 }]
  }
  if ('AlterDomainStmt' in node) {
    const { typeName, subtype } = node.AlterDomainStmt
    // In the grammar's own letters: C adds a constraint, O is NOT NULL.
    return [
      { do: 'alter domain', name: strings(typeName).join('.'), addsConstraint: subtype === 'C' || subtype === 'O' },
    ]
  }
  return undefined
}

const transactions: Readonly<Record<string, 'begin' | 'commit' | 'rollback'>> = {
  TRANS_STMT_BEGIN: 'begin', TRANS_STMT_START: 'begin', TRANS_STMT_COMMIT: 'commit', TRANS_STMT_ROLLBACK: 'rollback',
} // prettier-ignore
/** Of the whole server, or of what runs beside the database: no schema is made of it. */
const ofServer = new Set([
  'CreatedbStmt', 'AlterDatabaseStmt', 'AlterDatabaseSetStmt', 'CreateRoleStmt', 'AlterRoleStmt', 'AlterRoleSetStmt', 'DropRoleStmt', 'AlterSystemStmt', 'CreateTableSpaceStmt', 'DropTableSpaceStmt', 'LoadStmt', 'CopyStmt', 'ListenStmt', 'NotifyStmt', 'CreateSubscriptionStmt', 'AlterSubscriptionStmt', 'CreateForeignServerStmt', 'CreateUserMappingStmt', 'GrantRoleStmt', 'ReassignOwnedStmt', 'DropOwnedStmt', 'CheckPointStmt',
]) // prettier-ignore

function otherChanges(node: Node): Change[] {
  if ('TransactionStmt' in node) {
    const kind = transactions[node.TransactionStmt.kind ?? '']
    return [kind ? { do: kind } : { do: 'other', what: 'savepoint' }]
  }
  if ('VariableSetStmt' in node) {
    const { name = '', is_local: local = false } = node.VariableSetStmt
    return [{ do: 'set', name, local }]
  }
  if ('ReindexStmt' in node) {
    const { relation, name, params = [] } = node.ReindexStmt
    const concurrent = params.some((param) => 'DefElem' in param && param.DefElem.defname === 'concurrently')
    return [{ do: 'reindex', name: relation ? nameOf(relation) : (name ?? ''), concurrent }]
  }
  if ('VacuumStmt' in node) {
    const { options = [], rels = [] } = node.VacuumStmt
    const isFull = options.some((option) => 'DefElem' in option && option.DefElem.defname === 'full')
    const [first] = rels
    const name = first && 'VacuumRelation' in first ? nameOf(first.VacuumRelation.relation) : ''
    return [isFull ? { do: 'vacuum full', name } : { do: 'other', what: 'vacuum' }]
  }
  if ('ClusterStmt' in node) return [{ do: 'cluster', name: nameOf(node.ClusterStmt.relation) }]
  if ('DoStmt' in node) return [{ do: 'code', what: 'DO', text: JSON.stringify(node.DoStmt.args ?? []) }]
  if ('CreateFunctionStmt' in node)
    return [{ do: 'code', what: 'function', text: JSON.stringify(node.CreateFunctionStmt.options ?? []) }]
  const [tag = 'statement'] = Object.keys(node)
  return [ofServer.has(tag) ? { do: 'server', what: tag } : { do: 'other', what: tag }]
}

import type { AlterTableCmd, Node, ObjectType, RangeVar } from 'libpg-query'
import type { Change } from './change.ts'
import { columnOf, constraintOf, nameOf, namePath, strings, typeText } from './elements.ts'

const rewriting: Readonly<Record<string, string>> = {
  AT_SetLogged: 'SET LOGGED', AT_SetUnLogged: 'SET UNLOGGED', AT_SetAccessMethod: 'SET ACCESS METHOD', AT_SetTableSpace: 'SET TABLESPACE', AT_SetExpression: 'SET EXPRESSION', AT_AddIdentity: '',
} // prettier-ignore

/** Of one column, by the grammar's name for the part. */
const ofColumn: Readonly<Record<string, 'set not null' | 'drop not null' | 'set default' | 'drop default'>> = {
  AT_SetNotNull: 'set not null', AT_DropNotNull: 'drop not null', AT_ColumnDefault: 'set default',
} // prettier-ignore

function alterOf(table: string, command: AlterTableCmd): Change {
  const { subtype = 'AT_ReplicaIdentity', name = '', def, missing_ok: ifExists = false } = command
  const column = def !== undefined && 'ColumnDef' in def ? def.ColumnDef : undefined
  if (subtype === 'AT_AddColumn') {
    const at = column?.location
    return {
      do: 'add column',
      table,
      column: columnOf(column ?? {}),
      ifNotExists: ifExists,
      ...(at !== undefined && { at }),
    }
  }
  if (subtype === 'AT_DropColumn') return { do: 'drop column', table, column: name, ifExists }
  if (subtype === 'AT_AlterColumnType')
    return { do: 'change type', table, column: name, type: typeText(column?.typeName) }
  if (subtype === 'AT_AddConstraint') {
    const constraint = def !== undefined && 'Constraint' in def ? def.Constraint : undefined
    const spec = constraint && constraintOf(constraint)
    const at = constraint?.location
    return spec
      ? { do: 'add constraint', table, constraint: spec, ...(at !== undefined && { at }) }
      : { do: 'alter table', table, how: subtype }
  }
  if (subtype === 'AT_ValidateConstraint') return { do: 'validate constraint', table, name }
  if (subtype === 'AT_DropConstraint') return { do: 'drop constraint', table, name, ifExists }
  if (subtype === 'AT_AttachPartition') return { do: 'attach partition', table }
  if (subtype === 'AT_DetachPartition') {
    const concurrent = def !== undefined && 'PartitionCmd' in def && def.PartitionCmd.concurrent === true
    return { do: 'detach partition', table, concurrent }
  }
  const one = subtype === 'AT_ColumnDefault' && def === undefined ? 'drop default' : ofColumn[subtype]
  if (one !== undefined) return { do: one, table, column: name }
  return rewriting[subtype]
    ? { do: 'rewrite table', table, how: rewriting[subtype] }
    : { do: 'alter table', table, how: subtype.replace(/^AT_/, '') }
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
  return tableChanges(node) ?? rowChanges(node) ?? dropChanges(node) ?? typeChanges(node) ?? otherChanges(node)
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
  return undefined
}

function rowChanges(node: Node): Change[] | undefined {
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

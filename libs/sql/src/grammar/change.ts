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

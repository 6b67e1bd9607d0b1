import { Type } from 'typebox'
import { Closed, Timestamp } from '../core/common.ts'

/** A file of a repository's folder of migrations. */
export const MigrationFile = Closed({
  name: Type.String({ minLength: 5, maxLength: 100, description: '0001_what_it_does.sql' }),
  text: Type.String({ maxLength: 262_144 }),
})
export const databasePhases = ['expand', 'backfill', 'contract'] as const

const Place = { file: Type.String(), line: Type.Integer(), column: Type.Integer() }

export const MigrationFinding = Type.Object({
  rule: Type.String({ description: 'ban-drop-column, require-concurrent-index-creation, …' }),
  severity: Type.Enum(['error', 'warning']),
  ...Place,
  message: Type.String({ description: 'What is wrong here' }),
  why: Type.String({ description: 'What happens if it is done all the same' }),
  remedy: Type.String({ description: 'What to write in its place' }),
  ignored: Type.Optional(Type.String({ description: 'The reason that stands beside it, for which it does not count' })),
})
export const PlannedStatement = Type.Object({
  ...Place,
  statement: Type.String({ description: 'Its first words' }),
  phase: Type.Enum([...databasePhases]),
  lock: Type.String({
    description: "PostgreSQL's name of the strongest table lock that it takes; NONE where it takes none",
  }),
  blocks: Type.Enum(['nothing', 'writes', 'reads and writes']),
  rewrites: Type.Boolean({ description: 'Every row is written again while the lock is held' }),
  scans: Type.Boolean({ description: 'Every row is read while the lock is held' }),
  tables: Type.Array(Type.String()),
  measured: Type.Boolean({ description: 'Lock and rewrite were seen in the dry run, not only known by the book' }),
})
/** One difference of two schemas of a database. */
export const DatabaseDifference = Type.Object({
  path: Type.String({ description: '`orders`, `orders.total`, `type mood`, `function touch()`' }),
  what: Type.Enum(['relation', 'column', 'constraint', 'index', 'trigger', 'enum', 'function', 'definition']),
  before: Type.Optional(Type.String({ description: 'Absent where it is new' })),
  after: Type.Optional(Type.String({ description: 'Absent where it is gone' })),
})
/** Deployed code for which a migration takes away or changes something that it reads or writes. */
export const DatabaseReader = Type.Object({
  file: Type.String(),
  reader: Type.String({ description: '`payments/ledger`' }),
  builtWith: Type.String({ description: 'Its revision, or the version of the subject that it declares' }),
  rule: Type.String(),
  path: Type.String(),
  message: Type.String(),
})
export const DatabasePlan = Type.Object({
  project: Type.String(),
  component: Type.String(),
  environment: Type.Optional(Type.String()),
  findings: Type.Array(MigrationFinding),
  pending: Type.Array(Type.String(), { description: 'What is not applied in the environment; all without one' }),
  statements: Type.Array(PlannedStatement),
  advice: Type.Array(Type.String(), { description: 'What would make it gentler' }),
  changes: Type.Array(DatabaseDifference, { description: 'Of the schema, by what is pending' }),
  readers: Type.Array(DatabaseReader, { description: 'Who still reads what would be taken away' }),
  refusals: Type.Array(Type.Object({ path: Type.String(), message: Type.String() }), {
    description: 'Why it would not be applied as it is; empty where it would',
  }),
  dryRun: Type.Object({ succeeded: Type.Boolean(), durationMs: Type.Integer(), detail: Type.Optional(Type.String()) }),
})

export const databaseRunStates = ['queued', 'running', 'succeeded', 'failed'] as const
export const DatabaseRun = Type.Object({
  id: Type.String(),
  project: Type.String(),
  environment: Type.String(),
  component: Type.String(),
  resource: Type.String({ description: 'As score.yaml names the database' }),
  state: Type.Enum([...databaseRunStates]),
  detail: Type.Optional(Type.String({ description: 'What it waits for, or why it failed' })),
  migrations: Type.Array(
    Type.Object({
      name: Type.String(),
      applied: Type.Boolean(),
      durationMs: Type.Optional(Type.Integer()),
    }),
  ),
  held: Type.Array(Type.String(), { description: 'Contract steps that this run leaves for later' }),
  schemaVersion: Type.Integer({ description: 'Of the subject, that the migrations make' }),
  revision: Type.Optional(Type.String()),
  attempts: Type.Integer({ description: 'How often it waited for a lock in vain' }),
  by: Type.String(),
  createdAt: Timestamp,
  finishedAt: Type.Optional(Timestamp),
})
const State = {
  project: Type.String(),
  environment: Type.String(),
  component: Type.String(),
  resource: Type.String(),
  subject: Type.String(),
  schemaVersion: Type.Optional(Type.Integer({ description: 'Of the subject; absent while steps of it are held' })),
  drift: Type.Enum(['none', 'drifted', 'unknown']),
  checkedAt: Type.Optional(Timestamp),
}
export const DatabaseState = Type.Object({
  ...State,
  migrations: Type.Integer({ description: 'How many are applied' }),
  last: Type.Optional(Type.String({ description: 'The newest that is applied' })),
  updatedAt: Timestamp,
  differences: Type.Integer({ description: 'Of the live schema from the recorded one, when it was last looked at' }),
  run: Type.Optional(Type.Object({ id: Type.String(), state: Type.Enum([...databaseRunStates]) })),
})
export const DatabaseDrift = Type.Object({
  ...State,
  differences: Type.Array(DatabaseDifference, { description: '`before` is recorded, `after` is live' }),
})

import { Type } from 'typebox'
import { rpc } from '../core/rpc.ts'

const statementBytesMax = 262_144
const Statement = Type.Object({
  text: Type.String({ maxLength: statementBytesMax }),
  values: Type.Optional(Type.Array(Type.String())),
})
/** Where SQL failed, in PostgreSQL's words about a person's own SQL. */
const Failed = {
  outcome: Type.Literal('failed'),
  sqlState: Type.Optional(Type.String()),
  message: Type.String(),
  /** In characters of the statement, from 1. */
  position: Type.Optional(Type.Integer()),
}

/**
 * Runs SQL in the database that a workload got, as the workload's own role, and answers the rows of the last statement.
 * Its password never leaves provisioning: who may change a database asks for the change, not for the key. Each text is
 * one statement (the extended protocol takes no second one).
 */
export const runInDatabase = rpc({
  service: 'provisioning',
  operation: 'run-in-database',
  timeoutMs: 10 * 60_000,
  request: Type.Object({
    project: Type.String(),
    environment: Type.String(),
    workload: Type.String(),
    /** Which, where score.yaml names several of kind postgres. */
    resource: Type.Optional(Type.String()),
    statements: Type.Array(Statement, { minItems: 1, maxItems: 5_000 }),
    mode: Type.Enum(['read', 'transaction', 'each']),
    lockTimeoutMs: Type.Integer({ minimum: 1, maximum: 600_000 }),
    statementTimeoutMs: Type.Integer({ minimum: 1, maximum: 600_000 }),
  }),
  response: Type.Union([
    Type.Object({
      outcome: Type.Literal('done'),
      resource: Type.String(),
      rows: Type.Array(Type.Record(Type.String(), Type.Unknown())),
    }),
    Type.Object({ outcome: Type.Literal('none'), detail: Type.String() }),
    /** `statement` is its index; -1 where the commit failed or the database did not answer. */
    Type.Object({ ...Failed, statement: Type.Integer() }),
  ]),
})

/**
 * Runs files of SQL in a new, empty database on the workloads' server, as a role that owns that database and may do
 * nothing else, and removes both. Answers what the statements of measured files locked and wrote again, and what
 * `catalogQuery` says after the files that ask for it.
 */
export const dryRunSql = rpc({
  service: 'provisioning',
  operation: 'dry-run-sql',
  timeoutMs: 60_000,
  request: Type.Object({
    files: Type.Array(
      Type.Object({
        name: Type.String(),
        /** One transaction for the whole file; what it locks can be seen only then. */
        transaction: Type.Boolean(),
        statements: Type.Array(Type.String({ maxLength: statementBytesMax }), { maxItems: 5_000 }),
        measure: Type.Boolean(),
        catalog: Type.Boolean(),
      }),
      { maxItems: 2_000 },
    ),
    catalogQuery: Type.String({ maxLength: 20_000 }),
  }),
  response: Type.Union([
    Type.Object({
      outcome: Type.Literal('done'),
      durationMs: Type.Integer(),
      files: Type.Array(
        Type.Object({
          name: Type.String(),
          /** By statement; empty where it was not measured. Tables that the file itself made are left out. */
          statements: Type.Array(
            Type.Object({
              locks: Type.Array(Type.Object({ table: Type.String(), mode: Type.String() })),
              rewritten: Type.Array(Type.String()),
            }),
          ),
          /** As JSON text. */
          catalog: Type.Optional(Type.String()),
        }),
      ),
    }),
    Type.Object({ ...Failed, file: Type.String(), statement: Type.Integer() }),
  ]),
})

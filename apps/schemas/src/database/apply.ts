import type { Bus } from '@plinth/bus'
import { runInDatabase, type RpcRequest, type RpcResponse } from '@plinth/contracts'
import { AppError, backoffMs, pause } from '@plinth/kernel'
import type { Migration } from '@plinth/sql'
import type { LiveDatabases } from './live.ts'
import type { Place } from './store.ts'

type Statements = RpcRequest<typeof runInDatabase>['statements']
type Answer = RpcResponse<typeof runInDatabase>
export type Outcome =
  | { state: 'applied'; durationMs: number }
  /** Somebody else did it, or it is not known whether it was done: look at the database again. */
  | { state: 'unsure'; message: string }
  | { state: 'failed'; line: number; column: number; message: string }

/** A statement that waits for its lock keeps all that come after it waiting: it waits shortly, and tries again. */
const lockTimeoutMs = 1_000
const statementTimeoutMs = 9 * 60_000
const attemptsMax = 30
const pauseMs = { base: 250, cap: 10_000 }
/** Lock not available, deadlock, serialization failure: the same again may well succeed. */
const passing = new Set(['55P03', '40P01', '40001'])
const taken = '23505'

/** The same in every database: nobody else's locks are in it. */
const lockKey = `hashtextextended('plinth.migrations', 0)`

const prepare: Statements = [
  { text: 'create schema if not exists plinth' },
  { text: `create table if not exists plinth.migrations (number integer primary key, name text not null, sha256 text not null,
      state text not null, run text not null, applied_at timestamptz not null default clock_timestamp(), duration_ms integer not null default 0)` },
] // prettier-ignore

const note = ({ number, name, sha256 }: Migration, run: string): { text: string; values: string[] } => ({
  text: `insert into plinth.migrations (number, name, sha256, state, run) values ($1::integer, $2, $3, 'running', $4)`,
  values: [String(number), name, sha256, run],
})
const done = ({ number }: Migration): { text: string; values: string[] } => ({
  text: `update plinth.migrations set state = 'applied', duration_ms = extract(epoch from clock_timestamp() - applied_at) * 1000,
    applied_at = clock_timestamp() where number = $1::integer`,
  values: [String(number)],
})

/**
 * The statements of a migration with its record around them, and how many come before its own. In a transaction the
 * record and the change come to be together or not at all; outside one the record says `running` until all is done, so
 * that it is gone through again after a cut, with the invalid indexes that this left taken away first.
 */
function program(
  migration: Migration,
  run: string,
  invalid: readonly string[],
): { before: number; statements: Statements } {
  const own = migration.statements.map(({ text }) => ({ text }))
  if (migration.transaction) {
    const first: Statements = [{ text: `select pg_advisory_xact_lock(${lockKey})` }, ...prepare, note(migration, run)]
    return { before: first.length, statements: [...first, ...own, done(migration)] }
  }
  const half = migration.statements.flatMap(({ changes }) =>
    changes.flatMap((change) =>
      change.do === 'create index' && change.name !== undefined && invalid.includes(change.name) ? [change.name] : [],
    ),
  )
  const { text, values } = note(migration, run)
  const first: Statements = [
    { text: `select pg_advisory_lock(${lockKey})` },
    ...prepare,
    // Where it is there as applied, this fails as a second one would.
    { text: `delete from plinth.migrations where number = $1::integer and state = 'running'`, values: [String(migration.number)] },
    { text, values },
    ...half.map((name) => ({ text: `drop index concurrently if exists "${name.replaceAll('"', '""')}"` })),
  ] // prettier-ignore
  return { before: first.length, statements: [...first, ...own, done(migration)] }
}

type Parts = { bus: Pick<Bus, 'ask'>; live: Pick<LiveDatabases, 'invalidIndexes'> }
type Watch = { signal: AbortSignal; waiting(attempt: number, message: string): Promise<void> }

/** Applies one migration to a live database, waiting patiently for its locks but never long in line for one. */
export async function applyMigration(
  { bus, live }: Parts,
  { project, environment, component: workload, resource }: Place,
  migration: Migration,
  { run, signal, waiting }: Watch & { run: string },
): Promise<Outcome> {
  const mode = migration.transaction ? 'transaction' : 'each'
  for (let attempt = 1; ; attempt++) {
    const invalid = migration.transaction
      ? []
      : await live.invalidIndexes({ project, environment, component: workload, resource })
    const { before, statements } = program(migration, run, invalid)
    const startedAt = performance.now()
    const asked = {
      project,
      environment,
      workload,
      resource,
      statements,
      mode,
      lockTimeoutMs,
      statementTimeoutMs,
    } as const
    const answer = await bus.ask(runInDatabase, asked, { signal }).catch((error: unknown): 'too long' => {
      if (error instanceof AppError && error.code === 'platform.timeout') return 'too long'
      throw error
    })
    if (answer === 'too long')
      return { state: 'failed', line: 1, column: 1, message: 'It was not done within ten minutes; split it' }
    if (answer.outcome === 'done') return { state: 'applied', durationMs: Math.round(performance.now() - startedAt) }
    if (answer.outcome === 'none') return { state: 'failed', line: 1, column: 1, message: answer.detail }
    if (!passing.has(answer.sqlState ?? '') || attempt >= attemptsMax) return failed(migration, answer, before)
    await waiting(attempt, answer.message)
    await pause(backoffMs(attempt, pauseMs.base, pauseMs.cap), signal)
    signal.throwIfAborted()
  }
}

function failed(
  migration: Migration,
  { statement: index, sqlState, message }: Extract<Answer, { outcome: 'failed' }>,
  before: number,
): Outcome {
  if (index < 0 || (index < before && sqlState === taken)) return { state: 'unsure', message }
  const { line, column } = migration.statements[index - before] ?? { line: 1, column: 1 }
  return { state: 'failed', line, column, message }
}

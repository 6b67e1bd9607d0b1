import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { pause, type Logger } from '@plinth/kernel'
import { Client, DatabaseError } from 'pg'
import { clientConfig, type Connection } from './pool.ts'

/** Names the file and what is wrong with it; a service that throws it must not start. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

type Migration = { number: number; file: string; text: string; sha256: string }
type Applied = { number: number; file: string; sha256: string }

/** `platform` is this library's own folder, `app` the service's; each counts from 1. */
export type MigrationSet = { namespace: string; folder: URL }

const lockWaitMs = 120_000
const statementMs = 600_000
/** Session advisory lock of one database: 'plinth' in ASCII, modulo what fits. */
const lockKey = 0x706c696e

/**
 * Applies what is not applied yet, set by set and file by file, each file in one transaction with its row in
 * `plinth_migrations`. One process at a time; others wait up to two minutes. Refuses a folder with a gap, and a database
 * whose history is not the beginning of the folder's. A database that is ahead is left alone: during a rolling update
 * the previous version restarts on tables that the next one has extended.
 */
export async function migrate(connection: Connection, sets: readonly MigrationSet[], logger: Logger): Promise<void> {
  const plans = await Promise.all(sets.map(async (set) => ({ ...set, files: await readMigrations(set.folder) })))
  const client = new Client({
    ...clientConfig(connection),
    statement_timeout: statementMs,
    query_timeout: statementMs,
  })
  client.on('error', (error) => logger.warn({ error: error.message }, 'the connection of the migrations was lost'))
  await client.connect()
  try {
    await lock(client)
    await client.query(`create table if not exists plinth_migrations (
      namespace text not null, number integer not null, file text not null, sha256 text not null,
      applied_at timestamptz not null default now(), primary key (namespace, number))`)
    for (const { namespace, files } of plans) await applySet(client, namespace, files, logger)
  } finally {
    await client.end()
  }
}

/** Asks again and again rather than waiting in a statement, whose snapshot would hold up `create index concurrently`. */
async function lock(client: Client): Promise<void> {
  const deadline = performance.now() + lockWaitMs
  for (;;) {
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [lockKey])
    if (rows[0]?.mine === true) return
    if (performance.now() > deadline) {
      throw new MigrationError('another process has held the migration lock for two minutes; look at pg_locks for who')
    }
    await pause(50 + Math.random() * 50)
  }
}

/** Reads `0001_name.sql`, `0002_name.sql`, …; throws MigrationError for any other `.sql` name, a gap or a double. */
export async function readMigrations(folder: URL): Promise<Migration[]> {
  const path = fileURLToPath(folder)
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  const base = folder.href.endsWith('/') ? folder : new URL(`${folder.href}/`)
  return Promise.all(
    names.map(async (file, index) => {
      const digits = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(file)?.[1]
      if (digits === undefined) throw new MigrationError(`${path}: '${file}' is not named like 0001_what_it_does.sql`)
      const number = Number(digits)
      if (number !== index + 1) {
        throw new MigrationError(
          `${path}: '${file}' comes where number ${index + 1} should be; numbers have no gap and no double`,
        )
      }
      const text = (await readFile(new URL(file, base), 'utf8')).replaceAll('\r\n', '\n')
      const control = /^\s*(?:begin|commit|rollback)(?:\s+(?:transaction|work))?\s*;/im.exec(text)
      if (control) {
        throw new MigrationError(
          `${path}: '${file}' line ${lineAt(text, control.index)} ends its transaction; each file is one`,
        )
      }
      return { number, file, text, sha256: createHash('sha256').update(text).digest('hex') }
    }),
  )
}

async function applySet(client: Client, namespace: string, files: readonly Migration[], logger: Logger): Promise<void> {
  const { rows: applied } = await client.query<Applied>(
    'select number, file, sha256 from plinth_migrations where namespace = $1 order by number',
    [namespace],
  )
  checkHistory(namespace, files, applied)
  if (applied.length > files.length) {
    logger.warn({ namespace, files: files.length, applied: applied.length }, 'the database is ahead of this version')
  }
  for (const migration of files.slice(applied.length)) {
    await applyFile(client, namespace, migration)
    logger.info({ namespace, file: migration.file }, 'migration applied')
  }
}

function checkHistory(namespace: string, files: readonly Migration[], applied: readonly Applied[]): void {
  for (const [index, { number, file, sha256 }] of applied.entries()) {
    const named = `${namespace} migration '${file}'`
    if (number !== index + 1) {
      throw new MigrationError(
        `${named} was applied without number ${index + 1}; the table plinth_migrations has a gap`,
      )
    }
    const known = files[index]
    if (known === undefined) return
    if (known.file !== file) {
      throw new MigrationError(
        `${named} was applied, but the folder has '${known.file}' as number ${number}; give that one the next free number`,
      )
    }
    if (known.sha256 !== sha256) {
      throw new MigrationError(`${named} was changed after it was applied; undo the change and write a new migration`)
    }
  }
}

async function applyFile(client: Client, namespace: string, { number, file, text, sha256 }: Migration): Promise<void> {
  await client.query('begin')
  try {
    await client.query(text)
    await client.query('insert into plinth_migrations (namespace, number, file, sha256) values ($1, $2, $3, $4)', [
      namespace,
      number,
      file,
      sha256,
    ])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    const position = error instanceof DatabaseError ? Number(error.position) : Number.NaN
    const line = Number.isNaN(position) ? '' : ` line ${lineAt(text, position)}`
    const reason = error instanceof Error ? error.message : String(error)
    throw new MigrationError(`${namespace} migration '${file}'${line} failed, nothing of it was kept: ${reason}`, {
      cause: error,
    })
  }
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

import { randomBytes } from 'node:crypto'
import { failure } from '@plinth/contracts'
import type { Logger, Worker } from '@plinth/kernel'
import { Client, escapeIdentifier, escapeLiteral } from 'pg'
import { scramVerifier } from '../drivers/scram.ts'

/** A new database, and the role that owns it and has no other right. */
export type Shadow = {
  url: string
  sizeBytes(): Promise<number>
  /** Ends whoever is connected to it; it is gone afterwards, or the next sweep removes it. */
  drop(): Promise<void>
}

const prefix = 'plinth_shadow_'
const sweepEveryMs = 5 * 60_000
const connectionsMax = 2

async function connected(adminUrl: string): Promise<Client> {
  const client = new Client({
    connectionString: adminUrl, application_name: 'plinth-shadow', connectionTimeoutMillis: 5_000, statement_timeout: 30_000,
  }) // prettier-ignore
  client.on('error', () => undefined)
  try {
    await client.connect()
    return client
  } catch (error) {
    throw failure('platform.unavailable', { detail: 'The server for dry runs does not answer just now.', cause: error })
  }
}

/**
 * Makes a database under a random name on the workloads' server. Its maker holds an advisory lock by that name as long
 * as it is in use: a name whose lock is free belongs to nobody who lives, however its maker ended.
 */
export async function makeShadow(adminUrl: string): Promise<Shadow> {
  const admin = await connected(adminUrl)
  const name = `${prefix}${randomBytes(12).toString('hex')}`
  const quoted = escapeIdentifier(name)
  const password = randomBytes(24).toString('base64url')
  try {
    await admin.query('select pg_advisory_lock(hashtextextended($1, 0))', [name])
    await admin.query(
      `create role ${quoted} login nosuperuser nocreatedb nocreaterole noreplication connection limit ${connectionsMax} password ${escapeLiteral(scramVerifier(password))}`,
    )
    await admin.query(`grant ${quoted} to current_user`)
    await admin.query(
      `create database ${quoted} owner ${quoted} template template0 encoding 'UTF8' connection limit ${connectionsMax}`,
    )
    await admin.query(`revoke all on database ${quoted} from public`)
  } catch (error) {
    await remove(admin, name).catch(() => undefined)
    await admin.end().catch(() => undefined)
    throw failure('platform.unavailable', {
      detail: 'A database for a dry run could not be made just now.',
      cause: error,
    })
  }
  const url = new URL(adminUrl)
  Object.assign(url, { username: name, password, pathname: `/${name}` })
  let dropped: Promise<void> | undefined
  return {
    url: url.href,
    async sizeBytes() {
      const { rows } = await admin.query<{ size: string }>('select pg_database_size($1) as size', [name])
      return Number(rows[0]?.size ?? 0)
    },
    drop() {
      dropped ??= remove(admin, name)
        .catch(() => undefined)
        .then(() => admin.end())
        .catch(() => undefined)
      return dropped
    },
  }
}

async function remove(admin: Client, name: string): Promise<void> {
  const quoted = escapeIdentifier(name)
  await admin.query(`drop database if exists ${quoted} with (force)`)
  await admin.query(`drop role if exists ${quoted}`)
}

/** Removes the databases and roles of dry runs whose maker is gone; answers how many. */
export async function sweepShadows(adminUrl: string): Promise<number> {
  const admin = await connected(adminUrl)
  let swept = 0
  try {
    // Only what this very role made, so that two houses on one server leave each other's alone.
    const { rows } = await admin.query<{ name: string }>(
      `select r.rolname as name from pg_roles r join pg_auth_members m on m.roleid = r.oid
       where starts_with(r.rolname, $1) and m.member = (select oid from pg_roles where rolname = current_user)
       group by r.rolname limit 500`,
      [prefix],
    )
    for (const { name } of rows) {
      const locked = await admin.query<{ mine: boolean }>(
        'select pg_try_advisory_lock(hashtextextended($1, 0)) as mine',
        [name],
      )
      if (locked.rows[0]?.mine !== true) continue
      await remove(admin, name)
      await admin.query('select pg_advisory_unlock(hashtextextended($1, 0))', [name])
      swept++
    }
    return swept
  } finally {
    await admin.end().catch(() => undefined)
  }
}

/** Sweeps at the start and every few minutes. */
export function shadowSweeper(adminUrl: string, logger: Logger): Worker {
  const log = logger.child({ worker: 'shadow databases' })
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const sweep = (): void => {
    running = sweepShadows(adminUrl).then(
      (swept) => (swept > 0 ? log.info({ swept }, 'databases of dry runs that were cut off are gone') : undefined),
      (error: unknown) => log.warn({ error: String(error) }, 'databases of dry runs could not be swept'),
    )
  }
  return {
    name: 'shadow databases',
    start() {
      sweep()
      timer = setInterval(sweep, sweepEveryMs)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}

import { randomBytes } from 'node:crypto'
import { failure } from '@plinth/contracts'
import { mapDatabaseError, sqlState } from '@plinth/store'
import { escapeIdentifier, escapeLiteral, Pool, type PoolClient } from 'pg'
import { Type } from 'typebox'
import type { Driver, Secrets } from './driver.ts'
import { databaseName } from './names.ts'
import { scramVerifier } from './scram.ts'

type PostgresSeen = { hasRole: boolean; hasDatabase: boolean; isOwner: boolean; isOpenToAll: boolean }
export type PostgresDriver = Driver<Record<string, never>, PostgresSeen> & { close(): Promise<void> }

const connectionsMax = 60
const already = { role: '42710', database: '42P04', unique: '23505' }

/**
 * A database and the role that owns it, under one name, on the server of the admin URL. Works with a role that has
 * CREATEDB and CREATEROLE and is no superuser, on PostgreSQL 15 to 18.
 */
export function postgresDriver(adminUrl: string): PostgresDriver {
  const { hostname, port } = new URL(adminUrl)
  const pool = new Pool({
    connectionString: adminUrl, max: 4, application_name: 'plinth-provisioning', connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000, statement_timeout: 30_000, query_timeout: 35_000,
  }) // prettier-ignore
  pool.on('error', () => undefined)
  return {
    kind: 'postgres',
    spec: Type.Object({}, { additionalProperties: false }),
    outputNames: ['host', 'port', 'name', 'database', 'username', 'password'],
    name: databaseName,
    newSecrets: () => ({ password: randomBytes(24).toString('base64url') }),
    observe: (name) => withClient(pool, (client) => look(client, name)).catch(() => 'unknown' as const),
    plan(_want, seen) {
      if (seen === 'absent') return { action: 'create', fields: [] }
      const fields = [
        ...(seen.hasRole ? [] : [{ path: 'role', before: 'missing', after: 'present' }]),
        ...(seen.hasDatabase ? [] : [{ path: 'database', before: 'missing', after: 'present' }]),
        ...(seen.hasDatabase && seen.hasRole && !seen.isOwner
          ? [{ path: 'owner', before: 'another', after: 'its role' }]
          : []),
        ...(seen.isOpenToAll ? [{ path: 'connect', before: 'everybody', after: 'its role' }] : []),
      ]
      return { action: fields.length === 0 ? 'none' : 'update', fields }
    },
    apply: (name, _want, secrets) => withClient(pool, (client) => make(client, name, secrets)),
    outputs: (name, _want, { password = '' }) => ({
      plain: { host: hostname, port: port || '5432', name, database: name, username: name },
      secret: { password },
    }),
    remove: (name) => withClient(pool, (client) => drop(client, name)),
    close: () => pool.end(),
  }
}

async function look(client: PoolClient, name: string): Promise<PostgresSeen | 'absent'> {
  const { rows } = await client.query<PostgresSeen>(
    `select exists(select from pg_roles where rolname = $1) as "hasRole", exists(select from pg_database where datname = $1) as "hasDatabase",
      exists(select from pg_database d join pg_roles r on r.oid = d.datdba where d.datname = $1 and r.rolname = $1) as "isOwner",
      exists(select from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a where d.datname = $1 and a.grantee = 0) as "isOpenToAll"`,
    [name],
  )
  const [seen] = rows
  return seen === undefined || (!seen.hasRole && !seen.hasDatabase) ? 'absent' : seen
}

/** CREATE DATABASE knows no transaction, so each statement stands alone and may find its work done. */
async function make(client: PoolClient, name: string, { password = '' }: Secrets): Promise<void> {
  const quoted = escapeIdentifier(name)
  const attributes = `login nosuperuser nocreatedb nocreaterole noreplication connection limit ${connectionsMax} password ${escapeLiteral(scramVerifier(password))}`
  const seen = await look(client, name)
  if (seen === 'absent' || !seen.hasRole)
    await unless(already.role, client.query(`create role ${quoted} ${attributes}`))
  else
    await client.query(
      `alter role ${quoted} with login connection limit ${connectionsMax} password ${escapeLiteral(scramVerifier(password))}`,
    )
  // From PostgreSQL 16 on the maker of a role may administer it without being a member, which owning in its name needs.
  await client.query(`grant ${quoted} to current_user`)
  if (seen === 'absent' || !seen.hasDatabase) {
    await unless(
      already.database,
      client.query(
        `create database ${quoted} owner ${quoted} template template0 encoding 'UTF8' connection limit ${connectionsMax}`,
      ),
    )
  } else if (!seen.isOwner) await client.query(`alter database ${quoted} owner to ${quoted}`)
  await client.query(`revoke all on database ${quoted} from public`)
}

async function drop(client: PoolClient, name: string): Promise<void> {
  const seen = await look(client, name)
  if (seen === 'absent') return
  const quoted = escapeIdentifier(name)
  if (seen.hasRole) await client.query(`grant ${quoted} to current_user`)
  if (seen.hasDatabase) {
    await client.query(`alter database ${quoted} allow_connections false`)
    await client.query(`drop database if exists ${quoted} with (force)`)
  }
  await client.query(`drop role if exists ${quoted}`)
}

async function unless(state: string, query: Promise<unknown>): Promise<void> {
  await query.catch((error: unknown) => {
    const found = sqlState(error)
    if (found !== state && found !== already.unique) throw error
  })
}

async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  let client: PoolClient | undefined
  try {
    client = await pool.connect()
    const result = await work(client)
    client.release()
    return result
  } catch (error) {
    client?.release(true)
    throw readable(error)
  }
}

/** What a person may read of a failure of that server. */
function readable(error: unknown): unknown {
  if (sqlState(error) === '42501') {
    return failure('platform.unavailable', {
      detail: 'The role of PLINTH_POSTGRES_ADMIN_URL may not do this: it needs CREATEDB and CREATEROLE.',
      cause: error,
    })
  }
  const mapped = mapDatabaseError(error)
  if (mapped.kind !== 'unavailable' && mapped.kind !== 'timeout') return mapped
  return failure('platform.unavailable', {
    detail: 'The PostgreSQL server for workloads does not answer just now.',
    cause: error,
  })
}

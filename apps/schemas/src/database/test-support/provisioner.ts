import { randomBytes } from 'node:crypto'
import { answer, answers, type Bus } from '@plinth/bus'
import {
  dryRunSql,
  getEnvironments,
  getWorkloadState,
  runInDatabase,
  type RpcRequest,
  type RpcResponse,
} from '@plinth/contracts'
import type { Worker } from '@plinth/kernel'
import { Client, DatabaseError } from 'pg'

type Asked = RpcRequest<typeof runInDatabase>
type Ran = RpcResponse<typeof runInDatabase>

type Tried = RpcResponse<typeof dryRunSql>

async function inDatabase<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** What is thrown before a statement and is not PostgreSQL's ends the connection there, as a crash would. */
const runAll =
  ({ mode, statements, lockTimeoutMs, resource = 'database' }: Asked, before: (text: string) => Promise<void>) =>
  async (client: Client): Promise<Ran> => {
    let index = -1
    try {
      await client.query(`set lock_timeout = ${lockTimeoutMs}`)
      if (mode !== 'each') await client.query('begin')
      let rows: Record<string, unknown>[] = []
      for (const { text, values = [] } of statements) {
        index++
        await before(text)
        rows = (await client.query<Record<string, unknown>>({ text, values })).rows
      }
      if (mode !== 'each') await client.query('commit')
      return { outcome: 'done', resource, rows }
    } catch (error) {
      if (!(error instanceof DatabaseError)) return { outcome: 'failed', statement: -1, message: 'It went away' }
      const { message, code } = error
      return { outcome: 'failed', statement: index, message, ...(code !== undefined && { sqlState: code }) }
    }
  }

const tryAll =
  ({ files, catalogQuery }: RpcRequest<typeof dryRunSql>) =>
  async (client: Client): Promise<Tried> => {
    const ran: Extract<Tried, { outcome: 'done' }>['files'] = []
    for (const { name: file, statements, catalog } of files) {
      for (const [statement, text] of statements.entries()) {
        try {
          await client.query(text)
        } catch (error) {
          if (!(error instanceof DatabaseError)) throw error
          const { message, position } = error
          return { outcome: 'failed', file, statement, message, position: Number(position ?? 1) }
        }
      }
      const { rows } = await client.query<{ catalog: unknown }>(catalogQuery)
      ran.push({ name: file, statements: [], ...(catalog && { catalog: JSON.stringify(rows[0]?.catalog) }) })
    }
    return { outcome: 'done', durationMs: 1, files: ran }
  }

const since = '2026-01-01T00:00:00.000Z'
const environments = (['development', 'staging', 'production'] as const).map((name, position) => ({
  name,
  tier: name,
  position,
  automatic: position === 0,
  createdAt: since,
}))

/** A workload that runs at a revision. */
function runningAt(revision: string, key: { project: string; environment: string; workload: string }) {
  const desired = { revision, deployment: 'dep_1', replicas: 1, running: true }
  const live = { revision, deployment: 'dep_1', readyReplicas: 1 }
  return { ...key, component: key.workload, state: 'running' as const, desired, live, resources: [], updatedAt: since }
}

/**
 * Provisioning as this test stands it up: real databases of one server, one for each environment, answered as agreed.
 * What isolates a dry run is its own affair and tested there.
 */
export async function createProvisioner(bus: Bus, serverUrl: string) {
  const admin = new Client({ connectionString: at(serverUrl, 'postgres') })
  await admin.connect()
  const names = new Map<string, string>()
  const deployed = new Map<string, string>()
  let before: (text: string) => Promise<void> = async () => undefined
  const create = async (): Promise<string> => {
    const name = `schemas_${randomBytes(6).toString('hex')}`
    await admin.query(`create database ${name} template template0`)
    return name
  }
  const urlOf = (environment: string): string => at(serverUrl, names.get(environment) ?? '')

  const worker: Worker = answers(bus, [
    answer(runInDatabase, async (asked) =>
      names.has(asked.environment)
        ? inDatabase(urlOf(asked.environment), runAll(asked, before))
        : { outcome: 'none' as const, detail: `There is no database in ${asked.environment} yet.` },
    ),
    answer(dryRunSql, async (asked) => {
      const name = await create()
      try {
        return await inDatabase(at(serverUrl, name), tryAll(asked))
      } finally {
        await admin.query(`drop database ${name} with (force)`)
      }
    }),
    answer(getEnvironments, async () => ({ items: environments })),
    answer(getWorkloadState, async (key) => {
      const revision = deployed.get(key.environment)
      return revision === undefined
        ? { found: false as const }
        : { found: true as const, workload: runningAt(revision, key) }
    }),
  ])
  await worker.start()

  return {
    async withDatabase(environment: string): Promise<void> {
      names.set(environment, await create())
    },
    /** It is no longer there, whatever anybody does. */
    lose: (environment: string): void => void names.delete(environment),
    deploy: (environment: string, revision: string): void => void deployed.set(environment, revision),
    query: <Row extends object>(environment: string, text: string): Promise<Row[]> =>
      inDatabase(urlOf(environment), async (client) => (await client.query<Row>(text)).rows),
    /** A connection of somebody else's, who may hold locks. */
    async connect(environment: string): Promise<Client> {
      const client = new Client({ connectionString: urlOf(environment) })
      await client.connect()
      return client
    },
    /** Called before each statement in a live database. */
    beforeEach(hook: (text: string) => Promise<void>): void {
      before = hook
    },
    async close(): Promise<void> {
      await worker.stop()
      for (const name of names.values()) await admin.query(`drop database if exists ${name} with (force)`)
      await admin.end()
    },
  }
}

function at(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}

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

/**
 * Provisioning as this test stands it up: real databases of one server, one for each environment, answered as agreed.
 * What isolates a dry run is its own affair and tested there.
 */
export async function createProvisioner(bus: Bus, serverUrl: string) {
  const admin = new Client({ connectionString: at(serverUrl, 'postgres') })
  await admin.connect()
  const names = new Map<string, string>()
  const deployed = new Map<string, string>()
  /** Called before each statement in a live database; a throw ends the connection there, as a crash would. */
  let before: (text: string) => Promise<void> = async () => undefined

  const create = async (): Promise<string> => {
    const name = `schemas_${randomBytes(6).toString('hex')}`
    await admin.query(`create database ${name} template template0`)
    return name
  }
  const inDatabase = async <T>(name: string, work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ connectionString: at(serverUrl, name) })
    client.on('error', () => undefined)
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  }

  async function run({ environment, mode, statements, lockTimeoutMs, resource = 'database' }: Asked): Promise<Ran> {
    const name = names.get(environment)
    if (name === undefined) return { outcome: 'none', detail: `There is no database in ${environment} yet.` }
    return inDatabase(name, async (client) => {
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
        return {
          outcome: 'failed',
          statement: index,
          message: error.message,
          ...(error.code !== undefined && { sqlState: error.code }),
        }
      }
    })
  }

  async function dryRun({ files, catalogQuery }: RpcRequest<typeof dryRunSql>): Promise<RpcResponse<typeof dryRunSql>> {
    const name = await create()
    try {
      return await inDatabase(name, async (client) => {
        const ran: Extract<RpcResponse<typeof dryRunSql>, { outcome: 'done' }>['files'] = []
        for (const { name: file, statements, catalog } of files) {
          for (const [statement, text] of statements.entries()) {
            const error = await client.query(text).then(
              () => undefined,
              (thrown: unknown) => thrown,
            )
            if (error instanceof DatabaseError)
              return {
                outcome: 'failed',
                file,
                statement,
                message: error.message,
                position: Number(error.position ?? 1),
              }
          }
          const { rows } = await client.query<{ catalog: unknown }>(catalogQuery)
          ran.push({ name: file, statements: [], ...(catalog && { catalog: JSON.stringify(rows[0]?.catalog) }) })
        }
        return { outcome: 'done', durationMs: 1, files: ran }
      })
    } finally {
      await admin.query(`drop database ${name} with (force)`)
    }
  }

  const worker: Worker = answers(bus, [
    answer(runInDatabase, run),
    answer(dryRunSql, dryRun),
    answer(getEnvironments, async () => ({
      items: (['development', 'staging', 'production'] as const).map((name, position) => ({ name, tier: name, position, automatic: position === 0, createdAt: '2026-01-01T00:00:00.000Z' })),
    })),
    answer(getWorkloadState, async ({ project, environment, workload }) => {
      const revision = deployed.get(environment)
      if (revision === undefined) return { found: false as const }
      const desired = { revision, deployment: 'dep_1', replicas: 1, running: true }
      const live = { revision, deployment: 'dep_1', readyReplicas: 1 }
      return { found: true as const, workload: { project, environment, workload, component: workload, state: 'running' as const, desired, live, resources: [], updatedAt: '2026-01-01T00:00:00.000Z' } }
    }),
  ]) // prettier-ignore
  await worker.start()

  return {
    async withDatabase(environment: string): Promise<void> {
      names.set(environment, await create())
    },
    deploy: (environment: string, revision: string): void => void deployed.set(environment, revision),
    query: <Row extends object>(environment: string, text: string): Promise<Row[]> =>
      inDatabase(names.get(environment) ?? '', async (client) => (await client.query<Row>(text)).rows),
    /** A connection of somebody else's, who may hold locks. */
    async connect(environment: string): Promise<Client> {
      const client = new Client({ connectionString: at(serverUrl, names.get(environment) ?? '') })
      await client.connect()
      return client
    },
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

import { failure, type RpcRequest, type RpcResponse, type runInDatabase } from '@plinth/contracts'
import { Client } from 'pg'
import type { Parts } from '../parts.ts'
import { listResources, sealPurpose, type StoredResource } from '../workloads/resources.ts'
import { sqlFailure } from './sql-failure.ts'

type Request = RpcRequest<typeof runInDatabase>
type Answer = RpcResponse<typeof runInDatabase>

const connectMs = 5_000
/** A row of one value may be a whole catalog; more than this does not fit into a message. */
const answerCharsMax = 2_000_000

/** Runs what another service asks for in a workload's database, as that workload's role. */
export const runSql =
  (parts: Pick<Parts, 'store' | 'sealing' | 'drivers'>) =>
  async (request: Request, { signal }: { signal: AbortSignal }): Promise<Answer> => {
    const resource = await databaseOf(parts, request)
    if (typeof resource === 'string') return { outcome: 'none', detail: resource }
    const client = clientFor(parts, resource, request)
    client.on('error', () => undefined)
    // Who asked has gone: the connection ends, and the server with it rolls back what was under way.
    const abort = (): void => void client.end().catch(() => undefined)
    signal.addEventListener('abort', abort, { once: true })
    try {
      await client.connect()
      return await run(client, request, resource.name)
    } catch (error) {
      return { ...sqlFailure(error, false), statement: -1 }
    } finally {
      signal.removeEventListener('abort', abort)
      await client.end().catch(() => undefined)
    }
  }

function clientFor(
  { sealing, drivers }: Pick<Parts, 'sealing' | 'drivers'>,
  { id, externalName, secrets: sealed }: StoredResource,
  { lockTimeoutMs, statementTimeoutMs }: Request,
): Client {
  const driver = drivers.get('postgres')
  if (driver === undefined || sealed === null) throw failure('platform.unavailable')
  const secrets = JSON.parse(sealing.open(sealPurpose(id), sealed)) as Record<string, string>
  const { plain, secret } = driver.outputs(externalName, {}, secrets)
  return new Client({
    host: plain['host'] ?? '', port: Number(plain['port']), database: plain['database'] ?? '', user: plain['username'] ?? '', password: secret['password'] ?? '',
    application_name: 'plinth-migrations', connectionTimeoutMillis: connectMs, keepAlive: true, lock_timeout: lockTimeoutMs, statement_timeout: statementTimeoutMs,
    // Without this the server notices only at the end of a statement that nobody waits for it.
    options: '-c search_path=public -c client_connection_check_interval=1000',
  }) // prettier-ignore
}

/** The one database of the workload, or why there is not one. */
async function databaseOf(
  { store }: Pick<Parts, 'store'>,
  { project, environment, workload, resource }: Request,
): Promise<StoredResource | string> {
  const where = `${project}/${environment}/${workload}`
  const all = await listResources(store.db, { project, environment, workload })
  const databases = all.filter(({ kind, state }) => kind === 'postgres' && state !== 'removing')
  const [first, second] =
    resource === undefined ? databases : databases.filter(({ name, id }) => name === resource || id === resource)
  if (first === undefined) return `${where} has no database${resource === undefined ? '' : ` '${resource}'`} yet.`
  if (second !== undefined)
    return `${where} has several databases; name one: ${databases.map(({ name }) => name).join(', ')}.`
  return first.state === 'ready' ? first : `The database '${first.name}' of ${where} is not ready (${first.state}).`
}

async function run(client: Client, { statements, mode }: Request, resource: string): Promise<Answer> {
  if (mode !== 'each') await client.query(mode === 'read' ? 'begin transaction read only' : 'begin')
  let rows: Record<string, unknown>[] = []
  for (const [index, { text, values = [] }] of statements.entries()) {
    try {
      const query = { text, values, queryMode: 'extended' as const }
      rows = (await client.query<Record<string, unknown>>(query)).rows
    } catch (error) {
      if (mode !== 'each') await client.query('rollback').catch(() => undefined)
      return { ...sqlFailure(error, true), statement: index }
    }
  }
  if (mode !== 'each') await client.query('commit')
  if (JSON.stringify(rows).length > answerCharsMax)
    return { outcome: 'failed', statement: statements.length - 1, message: 'What it answers is too large' }
  return { outcome: 'done', resource, rows }
}

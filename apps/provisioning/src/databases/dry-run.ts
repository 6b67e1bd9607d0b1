import { failure, type dryRunSql, type RpcRequest, type RpcResponse } from '@plinth/contracts'
import { Client } from 'pg'
import { makeShadow, type Shadow } from './shadow-server.ts'
import { sqlFailure } from './sql-failure.ts'

type Request = RpcRequest<typeof dryRunSql>
type Answer = RpcResponse<typeof dryRunSql>
type File = Request['files'][number]
type Ran = Extract<Answer, { outcome: 'done' }>['files'][number]
type Measured = Ran['statements'][number]

/** What a dry run may use; more ends it with a word of why. */
export const limits = {
  statementMs: 20_000,
  lockMs: 3_000,
  wholeMs: 45_000,
  sizeBytes: 512 * 1_048_576,
  lookEveryMs: 500,
  atOnce: 2,
  waitingMax: 20,
}
const answerCharsMax = 6_000_000

/** Dry runs, a few at a time: each in a database of its own, which is gone when its answer is there. */
export function dryRuns(adminUrl: string, bounds = limits) {
  let running = 0
  const waiting: (() => void)[] = []
  const enter = async (): Promise<void> => {
    if (running >= bounds.atOnce) {
      if (waiting.length >= bounds.waitingMax)
        throw failure('platform.unavailable', { detail: 'Too many dry runs are under way; try again in a minute.' })
      // Who leaves hands over his place.
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
  }
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }
  return async (request: Request, { signal }: { signal: AbortSignal }): Promise<Answer> => {
    await enter()
    try {
      signal.throwIfAborted()
      const shadow = await makeShadow(adminUrl)
      try {
        return await inShadow(shadow, request, AbortSignal.any([signal, AbortSignal.timeout(bounds.wholeMs)]), bounds)
      } finally {
        await shadow.drop()
      }
    } finally {
      leave()
    }
  }
}

async function inShadow(shadow: Shadow, request: Request, signal: AbortSignal, bounds: typeof limits): Promise<Answer> {
  const client = new Client({
    connectionString: shadow.url, application_name: 'plinth-dry-run', connectionTimeoutMillis: 5_000,
    statement_timeout: bounds.statementMs, lock_timeout: bounds.lockMs, options: '-c search_path=public',
  }) // prettier-ignore
  client.on('error', () => undefined)
  let why: string | undefined
  // A migration can lift the server's limits of its own session; it cannot reach this clock and this scale.
  const end = (reason: string): void => {
    why ??= reason
    void shadow.drop()
  }
  const onAbort = (): void => end(`A dry run takes ${bounds.wholeMs / 1000} s at most`)
  signal.addEventListener('abort', onAbort, { once: true })
  const scale = setInterval(() => {
    shadow.sizeBytes().then(
      (size) =>
        size > bounds.sizeBytes ? end(`A dry run may write ${bounds.sizeBytes / 1_048_576} MiB at most`) : undefined,
      () => undefined,
    )
  }, bounds.lookEveryMs)
  const startedAt = performance.now()
  try {
    await client.connect()
    const files: Ran[] = []
    for (const file of request.files) {
      const ran = await runFile(client, file, request.catalogQuery)
      if ('outcome' in ran) return why === undefined ? ran : { ...ran, message: why }
      files.push(ran)
    }
    const answer = { outcome: 'done' as const, durationMs: Math.round(performance.now() - startedAt), files }
    if (JSON.stringify(answer).length > answerCharsMax)
      throw failure('platform.body_too_large', {
        detail: 'The schemas of all these migrations are too large together.',
      })
    return answer
  } finally {
    clearInterval(scale)
    signal.removeEventListener('abort', onAbort)
    await client.end().catch(() => undefined)
  }
}

async function runFile(
  client: Client,
  { name, transaction, statements, measure, catalog }: File,
  catalogQuery: string,
): Promise<Ran | Extract<Answer, { outcome: 'failed' }>> {
  const measured: Measured[] = []
  let at = -1
  try {
    const before = measure && transaction ? await tablesOf(client) : undefined
    let seen = { locks: new Set<string>(), tables: before ?? new Map<string, Table>() }
    if (transaction) await client.query('begin')
    for (const [index, text] of statements.entries()) {
      at = index
      await client.query(inOneStatement(text))
      if (before === undefined) continue
      const now = { locks: await locksOf(client), tables: await tablesOf(client) }
      measured.push(difference(before, seen, now))
      seen = now
    }
    at = statements.length
    if (transaction) await client.query('commit')
    if (!catalog) return { name, statements: measured }
    await client.query('set search_path to public')
    const { rows } = await client.query<{ catalog: unknown }>(catalogQuery)
    return { name, statements: measured, catalog: JSON.stringify(rows[0]?.catalog ?? null) }
  } catch (error) {
    return { ...sqlFailure(error, true), file: name, statement: at }
  }
}

/** The extended protocol takes no second statement. */
const inOneStatement = (text: string) => ({ text, values: [], queryMode: 'extended' as const })

type Table = { name: string; file: string }
type Seen = { locks: ReadonlySet<string>; tables: ReadonlyMap<string, Table> }

/** Tables and materialized views by oid, with the file that holds their rows: a new one means that all were written again. */
async function tablesOf(client: Client): Promise<Map<string, Table>> {
  const { rows } = await client.query<Table & { oid: string }>(
    `select oid::text, oid::regclass::text as name, relfilenode::text as file from pg_class
     where relkind in ('r', 'p', 'm') and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
       and relnamespace::regnamespace::text !~ '^pg_' and relpersistence <> 't'`,
  )
  return new Map(rows.map(({ oid, ...table }) => [oid, table]))
}

async function locksOf(client: Client): Promise<Set<string>> {
  const { rows } = await client.query<{ held: string }>(
    `select relation::text || ' ' || mode as held from pg_locks
     where pid = pg_backend_pid() and locktype = 'relation' and granted and database <> 0`,
  )
  return new Set(rows.map(({ held }) => held))
}

/** What a statement locked and wrote again of what was there before its file. */
function difference(before: ReadonlyMap<string, Table>, was: Seen, is: Seen): Measured {
  const locks = [...is.locks].flatMap((held) => {
    const [oid = '', mode = ''] = held.split(' ')
    const table = before.get(oid)
    return table === undefined || was.locks.has(held) ? [] : [{ table: table.name, mode }]
  })
  const rewritten = [...before].flatMap(([oid, { name }]) => {
    const [old, now] = [was.tables.get(oid), is.tables.get(oid)]
    return old !== undefined && now !== undefined && old.file !== now.file ? [name] : []
  })
  return { locks, rewritten }
}

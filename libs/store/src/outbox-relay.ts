import type { Logger, OutgoingEvent, PublishEvents, Worker } from '@plinth/kernel'
import { Client } from 'pg'
import { createLoop } from './loop.ts'
import { clientConfig, type Connection } from './pool.ts'
import type { Store } from './store.ts'
import { outboxTopic } from './wake.ts'

const batchMax = 500
const pollMs = 500
const drainMs = 3_000
/** A session that is silent for so long belongs to a process that is stopped or cut off: the server ends it. */
const silenceMsMax = 30_000
/** Session advisory lock: `outb` in ASCII, one relay at a time in this database. */
const lockKey = 0x6f757462

type Row = { position: string; id: string; subject: string; key: string; body: string; settled: boolean }

/**
 * Publishes what `appendEvent` wrote, then deletes it: at least once, with the same ids, in order. Of all replicas one
 * relays, the one whose session holds the advisory lock. The same session reads and deletes, so a relay that has lost
 * the lock can't delete any more, and the next one publishes again under the same ids.
 *
 * Order: a batch is the beginning of the table by `position`, cut before the first row whose transaction is not older
 * than every running one (`pg_snapshot_xmin`). Deleting what was published, rather than remembering how far, means that
 * no row is ever skipped; the cut means that nothing overtakes a row that a transaction with a smaller id still holds
 * back. That snapshot spans all databases of the server: where it leaves nothing, the running transactions of this one
 * are looked at by themselves. The price: a transaction of the service that stays open holds back the facts of those
 * that began after it, for as long as `timeouts.idleInTransactionMs` lets it.
 */
export function outboxRelay(store: Store, publish: PublishEvents, logger: Logger): Worker {
  const log = logger.child({ worker: 'outbox-relay' })
  const session = createSession(store.connection)
  let stalls = 0
  const loop = createLoop({
    pollMs,
    log,
    async turn() {
      const found = await session.use((client) => readBatch(client))
      if (found === undefined || found.length === 0) return 'wait'
      let batch = settledPart(found)
      if (batch.length === 0) batch = settledPart((await session.use((client) => readBatchOfOurs(client))) ?? [])
      if (batch.length === 0) return { soonMs: Math.min(5 * 2 ** stalls++, pollMs / 2) }
      stalls = 0
      await publish(batch.map(({ id, subject, key, body }): OutgoingEvent => ({ id, subject, key, body })))
      await session.use((client) => deleteRows(client, batch))
      return 'again'
    },
  })
  let off: (() => void) | undefined
  return {
    name: 'outbox-relay',
    start() {
      off = store.wake.on(outboxTopic, loop.wake)
      loop.start()
    },
    async stop() {
      off?.()
      await loop.stop(drainMs)
      await session.end()
    },
  }
}

/** Without a horizon, rows are settled whose transactions are older than every one that runs anywhere on the server. */
async function readBatch(client: Client, horizon?: string): Promise<Row[]> {
  const { rows } = await client.query<Row>({
    name: 'plinth_outbox_batch',
    text: `select position, event_id as id, subject, key, body,
        xid < coalesce($1::text::xid8, pg_snapshot_xmin(pg_current_snapshot())) as settled
      from plinth_outbox order by position limit ${batchMax}`,
    values: [horizon ?? null],
  })
  return rows
}

/**
 * Settled are rows whose transactions are older than every one of this role in this database; no other writes here. In
 * two statements, and in this order: what the first does not find running has ended, and is in the snapshot of the
 * second. The server names running transactions by 32 bits, so the upper ones come from the snapshot.
 */
async function readBatchOfOurs(client: Client): Promise<Row[]> {
  const { rows } = await client.query<{ horizon: string }>({
    name: 'plinth_outbox_horizon',
    text: `with next as (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as xid)
      select coalesce(min(next.xid - (next.xid - a.backend_xid::text::bigint + 4294967296) % 4294967296), min(next.xid))::text
        as horizon
      from next left join pg_stat_activity a on a.datname = current_database() and a.usename = current_user
        and a.backend_xid is not null
        and (next.xid - a.backend_xid::text::bigint + 4294967296) % 4294967296 < 2147483648`,
  })
  return readBatch(client, rows[0]?.horizon)
}

function settledPart(rows: readonly Row[]): readonly Row[] {
  const cut = rows.findIndex((row) => !row.settled)
  return cut === -1 ? rows : rows.slice(0, cut)
}

const deleteRows = (client: Client, batch: readonly Row[]): Promise<unknown> =>
  client.query('delete from plinth_outbox where position = any($1::bigint[])', [batch.map((row) => row.position)])

type Session = {
  /** Runs work on the session that holds the lock; undefined while another process holds it. */
  use<T>(work: (client: Client) => Promise<T>): Promise<T | undefined>
  end(): Promise<void>
}

/** One connection that asks for the relay's lock and keeps it; a failure ends it, and the next use opens another. */
function createSession(connection: Connection): Session {
  let client: Client | undefined
  let owner = false

  const end = async (): Promise<void> => {
    const ended = client
    client = undefined
    owner = false
    await ended?.end().catch(() => undefined)
  }

  const open = async (): Promise<Client> => {
    const fresh = new Client(clientConfig({ ...connection, applicationName: `${connection.applicationName} outbox` }))
    fresh.on('error', () => {
      if (client === fresh) void end()
    })
    client = fresh
    await fresh.connect()
    await fresh.query(`set idle_session_timeout = ${silenceMsMax}`)
    return fresh
  }

  return {
    end,
    async use(work) {
      try {
        const current = client ?? (await open())
        if (!owner) {
          const { rows } = await current.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [lockKey])
          owner = rows[0]?.mine === true
        }
        return owner ? await work(current) : undefined
      } catch (error) {
        await end()
        throw error
      }
    },
  }
}

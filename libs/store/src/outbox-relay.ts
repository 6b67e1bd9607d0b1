import { backoffMs, pause, type Logger, type OutgoingEvent, type PublishEvents, type Worker } from '@plinth/kernel'
import pg from 'pg'
import { clientConfig } from './pool.ts'
import { createLoop } from './loop.ts'
import type { Store } from './store.ts'
import { outboxTopic } from './wake.ts'

const batchMax = 500
const pollMs = 500
const drainMs = 3_000
/** Session advisory lock: `plinth_outbox` of this database, one relay at a time. */
const lockKey = 0x6f757462

type Row = { position: string; id: string; subject: string; key: string; body: string; settled: boolean }

/**
 * Publishes what `appendEvent` wrote, then deletes it: at least once, with the same ids, in order. Of all replicas one
 * relays, the one whose session holds the advisory lock; it is also the session that reads and deletes, so a relay that
 * lost its session can't delete any more.
 *
 * Order. A batch is the beginning of the table by `position`, cut before the first row whose transaction is not older
 * than every running one (`pg_snapshot_xmin`). Deleting what was published (rather than remembering how far) means that
 * no row is ever skipped; the cut means that a row waits for all that were written before it, even by a transaction
 * that started earlier and commits later. The price: a transaction that stays open holds back the facts of those that
 * came after it, at most for `timeouts.idleInTransactionMs`.
 */
export function outboxRelay(store: Store, publish: PublishEvents, logger: Logger): Worker {
  const log = logger.child({ worker: 'outbox-relay' })
  let client: pg.Client | undefined

  const disconnect = async (): Promise<void> => {
    const ended = client
    client = undefined
    await ended?.end().catch(() => undefined)
  }

  /** This process's session, if it is the relay; undefined while another one is. */
  const session = async (): Promise<pg.Client | undefined> => {
    if (client !== undefined) return client
    const fresh = new pg.Client(
      clientConfig({ ...store.connection, applicationName: `${store.connection.applicationName} outbox` }),
    )
    fresh.on('error', () => {
      if (client === fresh) client = undefined
    })
    await fresh.connect()
    try {
      const { rows } = await fresh.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [lockKey])
      if (rows[0]?.mine === true) return (client = fresh)
    } catch (error) {
      await fresh.end().catch(() => undefined)
      throw error
    }
    await fresh.end()
    return undefined
  }

  const loop = createLoop({
    pollMs,
    log,
    async turn(signal, deadline) {
      try {
        const owner = await session()
        if (owner === undefined) return 'wait'
        const batch = await readBatch(owner)
        if (batch.length === 0) return 'wait'
        if (!(await publishUntilAcknowledged(publish, batch, log, signal, deadline))) return 'wait'
        await owner.query('delete from plinth_outbox where position = any($1::bigint[])', [
          batch.map((row) => row.position),
        ])
        return 'again'
      } catch (error) {
        await disconnect()
        throw error
      }
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
      await disconnect()
    },
  }
}

async function readBatch(client: pg.Client): Promise<Row[]> {
  const { rows } = await client.query<Row>({
    name: 'plinth_outbox_batch',
    text: `select position, event_id as id, subject, key, body, xid < pg_snapshot_xmin(pg_current_snapshot()) as settled
      from plinth_outbox order by position limit ${batchMax}`,
  })
  const cut = rows.findIndex((row) => !row.settled)
  return cut === -1 ? rows : rows.slice(0, cut)
}

/** Tries until the broker has all of them; false when the worker has to stop first. */
async function publishUntilAcknowledged(
  publish: PublishEvents,
  batch: readonly Row[],
  log: Logger,
  signal: AbortSignal,
  deadline: () => boolean,
): Promise<boolean> {
  const events: OutgoingEvent[] = batch.map(({ id, subject, key, body }) => ({ id, subject, key, body }))
  for (let attempt = 1; ; attempt++) {
    try {
      await publish(events)
      return true
    } catch (error) {
      log.warn(
        { error: String(error), attempt, events: events.length, oldest: events[0]?.id },
        'publishing failed, trying again',
      )
    }
    if (signal.aborted && deadline()) return false
    await pause(backoffMs(attempt, 100, 5_000), signal.aborted ? undefined : signal)
    if (signal.aborted && deadline()) return false
  }
}

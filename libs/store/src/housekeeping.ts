import type { Logger } from '@plinth/kernel'
import type { SQL } from 'drizzle-orm'
import { sql } from './drizzle.ts'
import type { Db } from './database.ts'
import { idempotencyRetentionHours } from './idempotency.ts'

/** Longer than any stream keeps its events, so that no redelivery finds its note gone. */
const inboxRetentionDays = 45
const everyMs = 10 * 60_000
const chunk = 5_000
const chunksMax = 100

const old: readonly SQL[] = [
  sql`delete from plinth_inbox where ctid in (select ctid from plinth_inbox
    where handled_at < now() - ${inboxRetentionDays} * interval '1 day' limit ${chunk})`,
  sql`delete from plinth_idempotency_keys where ctid in (select ctid from plinth_idempotency_keys
    where claimed_at < now() - ${idempotencyRetentionHours} * interval '1 hour' limit ${chunk})`,
]

/** Deletes what is past its retention, in chunks that lock few rows. Safe to run in several processes at once. */
export async function prune(db: Db): Promise<void> {
  for (const statement of old) {
    for (let round = 0; round < chunksMax; round++) {
      const { rowCount } = await db.execute(statement)
      if ((rowCount ?? 0) < chunk) break
    }
  }
}

/** Prunes every ten minutes; the returned function ends that. */
export function housekeeping(db: Db, logger: Logger): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    running = prune(db).catch((error: unknown) => logger.warn({ error: String(error) }, 'old rows could not be pruned'))
  }, everyMs)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await running
  }
}

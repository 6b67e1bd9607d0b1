import type { Worker } from '@plinth/kernel'
import { sql, type SQL } from '@plinth/store'
import type { Parts } from '../parts.ts'

const everyMs = 10 * 60_000
const chunk = 5_000
const chunksMax = 100

/** Runs are kept for 30 days; a test that was not seen for 90 goes with its quarantine. */
const old: readonly SQL[] = [
  sql`delete from test_runs where ctid in (select ctid from test_runs where ran_at < now() - interval '30 days' limit ${chunk})`,
  sql`delete from tests where ctid in (select ctid from tests where last_seen_at < now() - interval '90 days' limit ${chunk})`,
]

/** Deletes history that is past its time, in chunks that lock few rows. Safe to run in several processes at once. */
export function historyRetention({ store, logger }: Pick<Parts, 'store' | 'logger'>): Worker {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const sweep = async (): Promise<void> => {
    try {
      for (const statement of old)
        for (let round = 0; round < chunksMax; round++)
          if (((await store.db.execute(statement)).rowCount ?? 0) < chunk) break
    } catch (error) {
      logger.warn({ error: String(error) }, 'old runs of tests could not be removed')
    }
  }
  return {
    name: 'test history retention',
    start() {
      timer = setInterval(() => void (running = running.then(sweep)), everyMs)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}

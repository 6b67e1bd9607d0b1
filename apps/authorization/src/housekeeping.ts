import type { Clock, Logger, Worker } from '@plinth/kernel'
import { sql, type Db } from '@plinth/store'

const everyMs = 10 * 60_000
/** Ended sessions are kept a while, to be able to say why they ended. */
const keptDays = 30

/** Forgets what has expired. Safe in several processes at once. */
export async function forgetExpired(db: Db, now: Date): Promise<void> {
  const time = sql`${now.toISOString()}::timestamptz`
  await db.execute(sql`delete from tokens where expires_at < ${time} - interval '1 day'`)
  await db.execute(sql`delete from sessions where expires_at < ${time} - ${keptDays}::int * interval '1 day'`)
  await db.execute(sql`delete from sign_in_attempts where last_at < ${time} - interval '1 day'`)
}

export function housekeeping({ db, clock, logger }: { db: Db; clock: Clock; logger: Logger }): Worker {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  return {
    name: 'housekeeping',
    start() {
      timer = setInterval(() => {
        running = forgetExpired(db, clock.now()).catch((error: unknown) =>
          logger.warn({ err: error }, 'what has expired could not be forgotten'),
        )
      }, everyMs)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}

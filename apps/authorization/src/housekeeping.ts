import type { Clock, Logger, Worker } from '@plinth/kernel'
import { sql, type Db } from '@plinth/store'
import type { SigningKeys } from './keys/signing-keys.ts'
import { forgetDeliveries } from './webhooks/store.ts'

const everyMs = 10 * 60_000
/** Ended sessions are kept a while, to be able to say why they ended. */
const keptDays = 30
const deliveriesKeptDays = 30

/** Forgets what has expired. Safe in several processes at once. */
export async function forgetExpired(db: Db, now: Date): Promise<void> {
  const time = sql`${now.toISOString()}::timestamptz`
  await db.execute(sql`delete from tokens where expires_at < ${time} - interval '1 day'`)
  await db.execute(sql`delete from sessions where expires_at < ${time} - ${keptDays}::int * interval '1 day'`)
  await db.execute(sql`delete from provider_sign_ins where expires_at < ${time}`)
  await db.execute(sql`delete from device_codes where expires_at < ${time} - interval '1 hour'`)
  await forgetDeliveries(db, new Date(now.getTime() - deliveriesKeptDays * 86_400_000))
  await db.execute(sql`delete from sign_in_attempts where last_at < ${time} - interval '1 day'`)
}

type Needs = { db: Db; clock: Clock; logger: Logger; keys: Pick<SigningKeys, 'maintain'> }

/** Forgets what has expired, and puts new signing keys in the place of old ones. */
export function housekeeping({ db, clock, logger, keys }: Needs): Worker {
  const run = async (): Promise<void> => {
    await forgetExpired(db, clock.now())
    await keys.maintain()
  }
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  return {
    name: 'housekeeping',
    start() {
      timer = setInterval(() => {
        running = run().catch((error: unknown) =>
          logger.warn({ err: error }, 'what has expired could not be forgotten or renewed'),
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

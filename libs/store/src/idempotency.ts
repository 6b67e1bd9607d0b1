import type { IdempotencyStore } from '@plinth/kernel'
import { sql } from './drizzle.ts'
import { rows, type Db } from './database.ts'

/** A first request that has not answered for this long has died with its process. */
const staleBusySeconds = 60
export const idempotencyRetentionHours = 24

type Row = { status: number | null; body: string | null; same: boolean }

/**
 * First answers by scope and key, kept 24 hours. Claiming is one INSERT, so of any number of equal requests exactly one
 * is `new`; a claim whose process died may be taken over after a minute, by an equal request only.
 */
export function createIdempotency(db: Db): IdempotencyStore {
  return {
    async begin(scope, key, requestHash) {
      for (;;) {
        const claimed = await db.execute(sql`
          insert into plinth_idempotency_keys as k (scope, key, request_hash) values (${scope}, ${key}, ${requestHash})
          on conflict (scope, key) do update set
            request_hash = excluded.request_hash, status = null, body = null, claimed_at = now()
          where k.claimed_at < now() - ${idempotencyRetentionHours} * interval '1 hour'
            or (k.status is null and k.request_hash = excluded.request_hash
              and k.claimed_at < now() - ${staleBusySeconds} * interval '1 second')`)
        if (claimed.rowCount === 1) return { state: 'new' }
        const [row] = await rows<Row>(
          db,
          sql`select status, body, request_hash = ${requestHash} as same
          from plinth_idempotency_keys where scope = ${scope} and key = ${key}`,
        )
        if (row === undefined) continue // given up between the two statements: it is free now
        if (!row.same) return { state: 'mismatch' }
        if (row.status === null) return { state: 'busy' }
        return { state: 'replay', status: row.status, body: row.body ?? '' }
      }
    },
    async finish(scope, key, status, body) {
      await db.execute(sql`update plinth_idempotency_keys set status = ${status}, body = ${body}
        where scope = ${scope} and key = ${key} and status is null`)
    },
    async abandon(scope, key) {
      await db.execute(
        sql`delete from plinth_idempotency_keys where scope = ${scope} and key = ${key} and status is null`,
      )
    },
  }
}

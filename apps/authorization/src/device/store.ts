import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'

export type NewDeviceCode = {
  deviceHash: string
  userCodeHash: string
  client: string
  address: string | undefined
  now: Date
  expiresAt: Date
  intervalSeconds: number
}

export async function countPending(executor: Executor, now: Date): Promise<number> {
  const [row] = await rows<{ count: number }>(
    executor,
    sql`select count(*)::int as count from device_codes where expires_at > ${now.toISOString()}::timestamptz`,
  )
  return row?.count ?? 0
}

export const insertCode = (executor: Executor, code: NewDeviceCode) =>
  executor.execute(sql`insert into device_codes
    (device_hash, user_code_hash, client, address, created_at, expires_at, interval_seconds, state)
    values (${code.deviceHash}, ${code.userCodeHash}, ${code.client}, ${code.address ?? null},
      ${code.now.toISOString()}::timestamptz, ${code.expiresAt.toISOString()}::timestamptz,
      ${code.intervalSeconds}, 'pending')`)

export type PendingCode = { client: string; address: string | null; createdAt: string; expiresAt: string }

/** What waits for somebody to decide on it, by the code that he typed. */
export async function findPending(executor: Executor, userCodeHash: string, now: Date) {
  const [row] = await rows<PendingCode>(
    executor,
    sql`select client, address, ${isoTime(sql`created_at`)} as "createdAt", ${isoTime(sql`expires_at`)} as "expiresAt"
      from device_codes where user_code_hash = ${userCodeHash} and state = 'pending'
        and expires_at > ${now.toISOString()}::timestamptz`,
  )
  return row
}

/** Decides what is still pending; undefined where nothing is. */
export async function decidePending(
  tx: Tx,
  o: { userCodeHash: string; allow: boolean; username: string; provider: string | null; now: Date },
): Promise<{ client: string; address: string | null } | undefined> {
  const [row] = await rows<{ client: string; address: string | null }>(
    tx,
    sql`update device_codes set state = ${o.allow ? 'allowed' : 'denied'}, username = ${o.username},
      provider = ${o.provider} where user_code_hash = ${o.userCodeHash} and state = 'pending'
        and expires_at > ${o.now.toISOString()}::timestamptz
      returning client, address`,
  )
  return row
}

export type Polled = {
  client: string
  state: 'pending' | 'allowed' | 'denied'
  username: string | null
  provider: string | null
  intervalSeconds: number
  lastPollMs: number | null
  expired: boolean
}

/** The code of a device, locked: of two that poll at once only one gets the tokens. */
export async function lockCode(tx: Tx, deviceHash: string, now: Date): Promise<Polled | undefined> {
  const [row] = await rows<Polled>(
    tx,
    sql`select client, state, username, provider, interval_seconds as "intervalSeconds",
        (extract(epoch from last_poll_at) * 1000)::float8 as "lastPollMs",
        expires_at <= ${now.toISOString()}::timestamptz as expired
      from device_codes where device_hash = ${deviceHash} for update`,
  )
  return row
}

export const notePoll = (tx: Tx, deviceHash: string, o: { now: Date; intervalSeconds: number }) =>
  tx.execute(sql`update device_codes set last_poll_at = ${o.now.toISOString()}::timestamptz,
    interval_seconds = ${o.intervalSeconds} where device_hash = ${deviceHash}`)

export const deleteCode = (tx: Tx, deviceHash: string) =>
  tx.execute(sql`delete from device_codes where device_hash = ${deviceHash}`)

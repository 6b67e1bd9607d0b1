import { createHash } from 'node:crypto'
import { rows, sql, type Executor } from '@plinth/store'

/** Failures in a row until the name is locked; then 30 s, and twice as long after each further one, to 15 min. */
export const failuresMax = 5
const firstLockSeconds = 30
const longestLockSeconds = 900
const forgottenAfter = sql`interval '1 day'`

/** Not the name itself: people type their password into the wrong field. */
const keyOf = (username: string): string => createHash('sha256').update(username).digest('hex')

/**
 * Counts an attempt as failed before the password is looked at, so that a thousand at once are a thousand; `succeeded`
 * takes it back. Counts names that nobody has just the same. Returns how long the name is locked, 0 when it is not.
 */
export async function begin(executor: Executor, username: string, now: Date): Promise<{ lockedSeconds: number }> {
  const key = keyOf(username)
  const time = sql`${now.toISOString()}::timestamptz`
  const counted = await executor.execute(sql`
    insert into sign_in_attempts as a (name_hash, failures, last_at) values (${key}, 1, ${time})
    on conflict (name_hash) do update set
      failures = case when a.last_at < ${time} - ${forgottenAfter} then 1 else a.failures + 1 end,
      locked_until = case when a.last_at >= ${time} - ${forgottenAfter} and a.failures + 1 >= ${failuresMax}::int
        then ${time} + interval '1 second' * least(${longestLockSeconds}::int,
          ${firstLockSeconds}::int * power(2, least(a.failures + 1 - ${failuresMax}::int, 10))) end,
      last_at = ${time}
    where a.locked_until is null or a.locked_until <= ${time}`)
  if (counted.rowCount === 1) return { lockedSeconds: 0 }
  const [row] = await rows<{ seconds: number }>(
    executor,
    sql`select extract(epoch from locked_until - ${time})::float8 as seconds from sign_in_attempts
      where name_hash = ${key}`,
  )
  return { lockedSeconds: Math.max(1, Math.ceil(row?.seconds ?? 1)) }
}

/** Takes back the one attempt that was right, and leaves the wrong ones: for what one can be right in at will. */
export const takeBack = (executor: Executor, username: string) =>
  executor.execute(sql`update sign_in_attempts set failures = failures - 1, locked_until = null
    where name_hash = ${keyOf(username)}`)

export const succeeded = (executor: Executor, username: string) =>
  executor.execute(sql`delete from sign_in_attempts where name_hash = ${keyOf(username)}`)

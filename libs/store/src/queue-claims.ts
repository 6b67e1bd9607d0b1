import { sql } from './drizzle.ts'
import { rows, type Executor } from './database.ts'

export type Claim = { key: string; token: string; attempt: number }

const after = (milliseconds: number) => sql`clock_timestamp() + ${milliseconds}::float8 * interval '1 millisecond'`

/**
 * Claims due keys: idle ones, and those whose lease has ended because their worker is gone. One UPDATE over rows that
 * nobody has locked, so replicas never wait for one another. The token is new and larger than any before it.
 */
export const claim = (executor: Executor, queue: string, leaseMs: number, limit: number): Promise<Claim[]> =>
  rows<Claim>(
    executor,
    sql`
    update plinth_work_queue q set
      due_at = ${after(leaseMs)}, token = nextval('plinth_fencing_token'), attempt = attempt + 1,
      again_at = case when again_at > clock_timestamp() then again_at end
    from (
      select key from plinth_work_queue where queue = ${queue} and due_at <= clock_timestamp()
      order by due_at limit ${limit} for update skip locked
    ) due
    where q.queue = ${queue} and q.key = due.key
    returning q.key, q.token, q.attempt`,
  )

/** Extends the leases of those still ours; a token that is missing from the answer was lost to another worker. */
export async function heartbeat(
  executor: Executor,
  queue: string,
  leaseMs: number,
  claims: readonly Claim[],
): Promise<Set<string>> {
  const mine = await rows<{ token: string }>(
    executor,
    sql`
    update plinth_work_queue q set due_at = ${after(leaseMs)}
    from (
      select key from plinth_work_queue
      where queue = ${queue} and key = any(${sql.param(claims.map(({ key }) => key))}::text[])
        and token = any(${sql.param(claims.map(({ token }) => token))}::bigint[])
      order by key for update
    ) held
    where q.queue = ${queue} and q.key = held.key
    returning q.token`,
  )
  return new Set(mine.map(({ token }) => token))
}

/**
 * Ends a run that is done: the row goes, unless somebody asked again meanwhile. Two statements, because one would judge
 * a wish that commits in between by a snapshot from before it. False when the lease was lost.
 */
export async function finish(executor: Executor, queue: string, { key, token }: Claim): Promise<boolean> {
  const gone = await executor.execute(sql`
    delete from plinth_work_queue where queue = ${queue} and key = ${key} and token = ${token} and again_at is null`)
  if (gone.rowCount === 1) return true
  const again = await executor.execute(sql`
    update plinth_work_queue set token = null, due_at = again_at, again_at = null, attempt = 0, last_error = null
    where queue = ${queue} and key = ${key} and token = ${token} and again_at is not null`)
  return again.rowCount === 1
}

/** Ends a run that wants another: after the delay, or earlier where somebody asked for it meanwhile. */
export async function release(
  executor: Executor,
  queue: string,
  { key, token }: Claim,
  { delayMs, attempt, error }: { delayMs: number; attempt: number; error?: string },
): Promise<boolean> {
  const result = await executor.execute(sql`
    update plinth_work_queue set
      token = null, due_at = least(again_at, ${after(delayMs)}), again_at = null, attempt = ${attempt}, last_error = ${error ?? null}
    where queue = ${queue} and key = ${key} and token = ${token}`)
  return result.rowCount === 1
}

/** True while the claim holds; locks its row, so that it still holds when the transaction of the executor commits. */
export async function holds(executor: Executor, queue: string, { key, token }: Claim): Promise<boolean> {
  const found = await rows(
    executor,
    sql`
    select 1 from plinth_work_queue where queue = ${queue} and key = ${key} and token = ${token} for update`,
  )
  return found.length === 1
}

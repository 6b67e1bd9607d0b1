import { sql } from './drizzle.ts'
import type { Executor } from './database.ts'
import { behindOf, queueTopic } from './wake.ts'

/**
 * Asks for work on a key, in the caller's transaction where it has one. There is one row for a queue and key: asking
 * again brings the time forward; asking while the key runs makes it run once more afterwards, so no wish is lost.
 * `delayMs`: not before that time has passed.
 */
export async function enqueue(
  executor: Executor,
  queueName: string,
  key: string,
  { delayMs = 0 }: { delayMs?: number } = {},
): Promise<void> {
  await executor.execute(sql`
    insert into plinth_work_queue as q (queue, key, due_at)
    values (${queueName}, ${key}, clock_timestamp() + ${delayMs}::float8 * interval '1 millisecond')
    on conflict (queue, key) do update set
      due_at = case when q.token is null then least(q.due_at, excluded.due_at) else q.due_at end,
      again_at = case when q.token is null then null else least(q.again_at, excluded.due_at) end`)
  if (delayMs === 0) behindOf(executor).mark(queueTopic(queueName))
}

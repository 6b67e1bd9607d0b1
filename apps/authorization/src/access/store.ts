import { rows, sql, type Executor } from '@plinth/store'

/** Users that may do nothing now, whatever the policy says, as subjects. */
export async function disabledSubjects(executor: Executor): Promise<ReadonlySet<string>> {
  const found = await rows<{ subject: string }>(
    executor,
    sql`select 'user:' || username as subject from users where disabled`,
  )
  return new Set(found.map(({ subject }) => subject))
}

/** What users are called, by their subject. */
export async function displayNames(executor: Executor): Promise<ReadonlyMap<string, string>> {
  const found = await rows<{ subject: string; name: string }>(
    executor,
    sql`select 'user:' || username as subject, display_name as name from users`,
  )
  return new Map(found.map(({ subject, name }) => [subject, name]))
}

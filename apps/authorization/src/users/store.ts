import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'

export type UserRow = {
  username: string
  displayName: string
  groups: string[]
  disabled: boolean
  createdAt: string
}

const columns = sql`u.username, u.display_name as "displayName", u.disabled, ${isoTime(sql`u.created_at`)} as "createdAt",
  (select coalesce(json_agg(m.group_name order by m.group_name), '[]')
    from group_members m where m.username = u.username) as groups`

export async function countUsers(executor: Executor): Promise<number> {
  const [row] = await rows<{ count: number }>(executor, sql`select count(*)::int as count from users`)
  return row?.count ?? 0
}

export const listUsers = (executor: Executor, o: { after: string; limit: number }): Promise<UserRow[]> =>
  rows<UserRow>(
    executor,
    sql`select ${columns} from users u where u.username > ${o.after} order by u.username limit ${o.limit}`,
  )

export async function findUserRow(executor: Executor, username: string): Promise<UserRow | undefined> {
  const [user] = await rows<UserRow>(executor, sql`select ${columns} from users u where u.username = ${username}`)
  return user
}

export async function lockUser(tx: Tx, username: string): Promise<boolean> {
  const found = await rows(tx, sql`select 1 from users where username = ${username} for update`)
  return found.length === 1
}

/** False when there is one of that name. */
export async function insertUser(
  tx: Tx,
  user: { username: string; displayName: string; passwordHash: string | null; createdAt: Date },
): Promise<boolean> {
  const made = await tx.execute(sql`insert into users (username, display_name, password_hash, created_at)
    values (${user.username}, ${user.displayName}, ${user.passwordHash}, ${user.createdAt.toISOString()}::timestamptz)
    on conflict do nothing`)
  return made.rowCount === 1
}

export const updateUserRow = (
  tx: Tx,
  username: string,
  change: { displayName?: string; passwordHash?: string; disabled?: boolean },
) =>
  tx.execute(sql`update users set
    display_name = coalesce(${change.displayName ?? null}, display_name),
    password_hash = coalesce(${change.passwordHash ?? null}, password_hash),
    disabled = coalesce(${change.disabled ?? null}::boolean, disabled)
    where username = ${username}`)

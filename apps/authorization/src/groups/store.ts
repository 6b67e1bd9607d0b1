import { rows, sql, type Executor, type Tx } from '@plinth/store'

export type GroupRow = { name: string; description: string; members: string[] }

const columns = sql`g.name, g.description, (select coalesce(json_agg(m.username order by m.username), '[]')
  from group_members m where m.group_name = g.name) as members`

export const listGroups = (executor: Executor): Promise<GroupRow[]> =>
  rows<GroupRow>(executor, sql`select ${columns} from groups g order by g.name`)

export async function findGroup(executor: Executor, name: string): Promise<GroupRow | undefined> {
  const [group] = await rows<GroupRow>(executor, sql`select ${columns} from groups g where g.name = ${name}`)
  return group
}

/** False when there is one of that name. */
export async function insertGroup(
  tx: Tx,
  group: { name: string; description: string; createdAt: Date },
): Promise<boolean> {
  const made = await tx.execute(sql`insert into groups (name, description, created_at)
    values (${group.name}, ${group.description}, ${group.createdAt.toISOString()}::timestamptz) on conflict do nothing`)
  return made.rowCount === 1
}

/** False when he is in it already. From then on it is an administrator's word, which no identity provider takes back. */
export async function insertMember(tx: Tx, group: string, username: string): Promise<boolean> {
  const [member] = await rows<{ isNew: boolean }>(
    tx,
    // `xmax` is 0 in a row that was inserted just now, and not in one that was updated.
    sql`insert into group_members (group_name, username) values (${group}, ${username})
      on conflict (group_name, username) do update set provider = null returning xmax = 0 as "isNew"`,
  )
  return member?.isNew === true
}

/** False when he was not in it. */
export async function deleteMember(tx: Tx, group: string, username: string): Promise<boolean> {
  const gone = await tx.execute(sql`delete from group_members where group_name = ${group} and username = ${username}`)
  return gone.rowCount === 1
}

export async function groupsOf(executor: Executor, username: string): Promise<string[]> {
  const found = await rows<{ name: string }>(
    executor,
    sql`select group_name as name from group_members where username = ${username} order by group_name`,
  )
  return found.map(({ name }) => name)
}

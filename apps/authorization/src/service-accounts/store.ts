import type { Rule } from '@plinth/access'
import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'

export type AccountRow = { name: string; project: string; description: string; createdBy: string; createdAt: string }

const columns = sql`name, project, description, created_by as "createdBy", ${isoTime(sql`created_at`)} as "createdAt"`

export const listAccounts = (executor: Executor, project: string): Promise<AccountRow[]> =>
  rows<AccountRow>(
    executor,
    sql`select ${columns} from service_accounts where project = ${project} order by name limit 1000`,
  )

export async function findAccount(executor: Executor, project: string, name: string): Promise<AccountRow | undefined> {
  const [account] = await rows<AccountRow>(
    executor,
    sql`select ${columns} from service_accounts where project = ${project} and name = ${name}`,
  )
  return account
}

/** The same, so that nobody deletes it until the transaction ends. */
export async function holdAccount(tx: Tx, project: string, name: string): Promise<AccountRow | undefined> {
  const [account] = await rows<AccountRow>(
    tx,
    sql`select ${columns} from service_accounts where project = ${project} and name = ${name} for share`,
  )
  return account
}

/** False when there is one of that name. */
export async function insertAccount(tx: Tx, account: AccountRow): Promise<boolean> {
  const { project, name, description, createdAt, createdBy } = account
  const made = await tx.execute(sql`insert into service_accounts (project, name, description, created_at, created_by)
    values (${project}, ${name}, ${description}, ${createdAt}::timestamptz, ${createdBy}) on conflict do nothing`)
  return made.rowCount === 1
}

/** False when there is none. */
export async function deleteAccount(tx: Tx, project: string, name: string): Promise<boolean> {
  const gone = await tx.execute(sql`delete from service_accounts where project = ${project} and name = ${name}`)
  return gone.rowCount === 1
}

/** Removes the rules that name it, not a role of its; returns them. */
export const deleteRulesOf = (tx: Tx, subject: string): Promise<Rule[]> =>
  rows<Rule>(
    tx,
    sql`delete from policy_rules where subject = ${subject} returning subject, domain, object, action, effect`,
  )

import type { PolicySet, Rule } from '@plinth/access'
import { newId } from '@plinth/kernel'
import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'

export async function readRevision(executor: Executor): Promise<number> {
  const [row] = await rows<{ revision: number }>(
    executor,
    sql`select revision::float8 as revision from policy_revision`,
  )
  return row?.revision ?? 0
}

/** Makes the policy's changes one after the other; the returned revision stands until this transaction ends. */
export async function lockRevision(tx: Tx): Promise<number> {
  const [row] = await rows<{ revision: number }>(
    tx,
    sql`select revision::float8 as revision from policy_revision for update`,
  )
  return row?.revision ?? 0
}

export const setRevision = (tx: Tx, revision: number) =>
  tx.execute(sql`update policy_revision set revision = ${revision}`)

/**
 * Rules, links (bindings, and membership of groups) and freezes with their revision: one statement, hence one snapshot.
 * A membership is a link of its user at `*`.
 */
const wholePolicy = sql`select revision::float8 as revision,
    (select coalesce(json_agg(json_build_object('subject', subject, 'domain', domain, 'object', object,
      'action', action, 'effect', effect)), '[]') from policy_rules) as rules,
    (select coalesce(json_agg(link), '[]') from (
      select json_strip_nulls(json_build_object('subject', subject, 'role', role, 'domain', domain,
        'expiresAt', ${isoTime(sql`expires_at`)}, 'conditions', conditions)) as link from bindings
      union all
      select json_build_object('subject', 'user:' || username, 'role', 'group:' || group_name, 'domain', '*')
        from group_members) as all_links) as links,
    (select coalesce(json_agg(json_build_object('domain', domain, 'from', ${isoTime(sql`starts_at`)},
      'until', ${isoTime(sql`ends_at`)}, 'reason', reason) order by id), '[]') from freezes) as freezes
    from policy_revision`

export async function loadPolicy(executor: Executor): Promise<PolicySet> {
  const [found] = await rows<Required<PolicySet>>(executor, wholePolicy)
  return found ?? { revision: 0, rules: [], links: [] }
}

/**
 * Keeps the policy whole as this transaction has it, for the history. In the database alone: to write 110,000 rows as
 * text takes 60 ms here, in which nobody else gets an answer.
 */
export const keepWhole = (tx: Tx) =>
  tx.execute(sql`insert into policy_wholes (revision, policy)
    select revision, to_jsonb(whole) from (${wholePolicy}) as whole on conflict do nothing`)

export type RuleRow = Rule & { id: string }

/** Inserts rules, all of them or as many as are not there yet; returns the new ones. */
export async function insertRules(tx: Tx, list: readonly Rule[], by: string, now: Date): Promise<RuleRow[]> {
  const wanted = JSON.stringify(list.map((rule) => ({ id: newId('pol', now.getTime()), ...rule })))
  return rows<RuleRow>(
    tx,
    sql`insert into policy_rules (id, subject, domain, object, action, effect, created_at, created_by)
      select id, subject, domain, object, action, effect, ${now.toISOString()}::timestamptz, ${by}
      from json_to_recordset(${wanted}::json)
        as r (id text, subject text, domain text, object text, action text, effect text)
      on conflict on constraint policy_rules_row do nothing
      returning id, subject, domain, object, action, effect`,
  )
}

export async function deleteRule(tx: Tx, id: string): Promise<Rule | undefined> {
  const [rule] = await rows<Rule>(
    tx,
    sql`delete from policy_rules where id = ${id} returning subject, domain, object, action, effect`,
  )
  return rule
}

export const listRules = (
  executor: Executor,
  o: { after: string; limit: number; subject?: string | undefined },
): Promise<RuleRow[]> =>
  rows<RuleRow>(
    executor,
    sql`select id, subject, domain, object, action, effect from policy_rules
      where id > ${o.after} and ${o.subject === undefined ? sql`true` : sql`subject = ${o.subject}`}
      order by id limit ${o.limit}`,
  )

export type RoleRow = { name: string; description: string; rules: RuleRow[] }

export const listRoles = (executor: Executor): Promise<RoleRow[]> =>
  rows<RoleRow>(
    executor,
    sql`select name, description, (
        select coalesce(json_agg(json_build_object('id', id, 'subject', subject, 'domain', domain, 'object', object,
          'action', action, 'effect', effect) order by object, action, id), '[]')
        from policy_rules where subject = 'role:' || name) as rules
      from roles order by name`,
  )

export async function insertRoles(tx: Tx, list: readonly { name: string; description: string }[]): Promise<void> {
  await tx.execute(sql`insert into roles (name, description)
    select name, description from json_to_recordset(${JSON.stringify(list)}::json) as r (name text, description text)
    on conflict do nothing`)
}

export async function roleExists(executor: Executor, name: string): Promise<boolean> {
  const [row] = await rows<{ found: boolean }>(
    executor,
    sql`select exists (select 1 from roles where name = ${name}) as found`,
  )
  return row?.found === true
}

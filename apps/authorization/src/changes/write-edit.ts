import type { Link, Rule } from '@plinth/access'
import { failure } from '@plinth/contracts'
import { sql, type Tx } from '@plinth/store'
import { insertBindings } from '../bindings/store.ts'
import { isMembership, type Edit } from '../policy/rows.ts'
import { insertRoles, insertRules } from '../policy/store.ts'

/**
 * Writes the rows of an edit; roles that it mentions first are made. The caller holds the policy still and has seen
 * that the edit fits: a row that is not as expected is a conflict, and nothing is written.
 *
 * @throws platform.conflict
 */
export async function writeEdit(tx: Tx, edit: Edit, by: string, now: Date): Promise<void> {
  const { addRules = [], removeRules = [], addLinks = [], removeLinks = [] } = edit
  const [memberships, bindings] = split(addLinks)
  const [oldMemberships, oldBindings] = split(removeLinks)
  await insertRoles(tx, rolesOf(addRules, addLinks))
  const written = [
    (await deleteRules(tx, removeRules)) === removeRules.length,
    (await deleteBindings(tx, oldBindings)) === oldBindings.length,
    (await deleteMemberships(tx, oldMemberships)) === oldMemberships.length,
    (await insertRules(tx, addRules, by, now)).length === addRules.length,
    (await insertBindings(tx, bindings, by, now)).length === bindings.length,
    (await insertMemberships(tx, memberships)) === memberships.length,
  ]
  if (written.includes(false)) throw failure('platform.conflict')
}

const split = (links: readonly Link[]): [Link[], Link[]] => [
  links.filter(isMembership),
  links.filter((link) => !isMembership(link)),
]

/** Roles that rules or links name. */
function rolesOf(rules: readonly Rule[], links: readonly Link[]): { name: string; description: string }[] {
  const subjects = [...rules.map(({ subject }) => subject), ...links.flatMap(({ subject, role }) => [subject, role])]
  const names = subjects.filter((name) => name.startsWith('role:')).map((name) => name.slice('role:'.length))
  return [...new Set(names)].map((name) => ({ name, description: '' }))
}

async function deleteRules(tx: Tx, list: readonly Rule[]): Promise<number> {
  const gone = await tx.execute(sql`delete from policy_rules p using json_to_recordset(${JSON.stringify(list)}::json)
      as r (subject text, domain text, object text, action text, effect text)
    where p.subject = r.subject and p.domain = r.domain and p.object = r.object and p.action = r.action
      and p.effect = r.effect`)
  return gone.rowCount ?? 0
}

async function deleteBindings(tx: Tx, list: readonly Link[]): Promise<number> {
  const gone = await tx.execute(sql`delete from bindings b using json_to_recordset(${JSON.stringify(list)}::json)
      as r (subject text, role text, domain text)
    where b.subject = r.subject and b.role = r.role and b.domain = r.domain`)
  return gone.rowCount ?? 0
}

const named = (list: readonly Link[]): string =>
  JSON.stringify(
    list.map(({ subject, role }) => ({ username: subject.slice('user:'.length), name: role.slice('group:'.length) })),
  )

async function deleteMemberships(tx: Tx, list: readonly Link[]): Promise<number> {
  const gone = await tx.execute(sql`delete from group_members m using json_to_recordset(${named(list)}::json)
      as r (username text, name text) where m.username = r.username and m.group_name = r.name`)
  return gone.rowCount ?? 0
}

async function insertMemberships(tx: Tx, list: readonly Link[]): Promise<number> {
  const made = await tx.execute(sql`insert into group_members (group_name, username)
    select name, username from json_to_recordset(${named(list)}::json) as r (username text, name text)
    on conflict do nothing`)
  return made.rowCount ?? 0
}

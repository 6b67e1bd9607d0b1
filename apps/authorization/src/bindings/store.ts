import type { Conditions, Link } from '@plinth/access'
import { newId } from '@plinth/kernel'
import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'

export type BindingRow = {
  id: string
  subject: string
  role: string
  domain: string
  expiresAt: string | null
  conditions: Conditions | null
  /** The request for access that made it, and with which it ends. */
  request: string | null
  createdAt: string
  createdBy: string
}

const columns = sql`id, subject, role, domain, ${isoTime(sql`expires_at`)} as "expiresAt", conditions, request,
  ${isoTime(sql`created_at`)} as "createdAt", created_by as "createdBy"`

/**
 * Inserts bindings, as many as are not there yet; returns the new ones. One that has expired makes room. `request` is
 * the request for access that they fulfil, where there is one.
 */
export async function insertBindings(
  tx: Tx,
  links: readonly Link[],
  by: string,
  now: Date,
  request?: string,
): Promise<BindingRow[]> {
  const wanted = JSON.stringify(links.map((link) => ({ id: newId('bnd', now.getTime()), ...link })))
  return rows<BindingRow>(
    tx,
    sql`insert into bindings as b
        (id, subject, role, domain, expires_at, conditions, request, created_at, created_by)
      select id, subject, role, domain, "expiresAt"::timestamptz, conditions, ${request ?? null}::text,
        ${now.toISOString()}::timestamptz, ${by}
      from json_to_recordset(${wanted}::json)
        as r (id text, subject text, role text, domain text, "expiresAt" text, conditions jsonb)
      on conflict on constraint bindings_row do update set id = excluded.id, expires_at = excluded.expires_at,
        conditions = excluded.conditions, request = excluded.request, created_at = excluded.created_at,
        created_by = excluded.created_by
        where b.expires_at <= ${now.toISOString()}::timestamptz
      returning ${columns}`,
  )
}

export async function findBinding(executor: Executor, id: string): Promise<BindingRow | undefined> {
  const [binding] = await rows<BindingRow>(executor, sql`select ${columns} from bindings where id = ${id}`)
  return binding
}

/** The binding of a subject to a role in exactly this domain, expired or not. */
export async function findBindingOf(executor: Executor, link: Link): Promise<BindingRow | undefined> {
  const { subject, role, domain } = link
  const [binding] = await rows<BindingRow>(
    executor,
    sql`select ${columns} from bindings where subject = ${subject} and role = ${role} and domain = ${domain}`,
  )
  return binding
}

export const deleteBinding = (tx: Tx, id: string) => tx.execute(sql`delete from bindings where id = ${id}`)

/** Removes what a request for access had made; returns it. */
export const deleteBindingsOfRequest = (tx: Tx, request: string): Promise<BindingRow[]> =>
  rows<BindingRow>(tx, sql`delete from bindings where request = ${request} returning ${columns}`)

/** Removes all that a subject was bound to; returns it. */
export const deleteBindingsOfSubject = (tx: Tx, subject: string): Promise<BindingRow[]> =>
  rows<BindingRow>(tx, sql`delete from bindings where subject = ${subject} returning ${columns}`)

export const listBindings = (
  executor: Executor,
  o: { after: string; limit: number; subject?: string | undefined; domain?: string | undefined },
): Promise<BindingRow[]> =>
  rows<BindingRow>(
    executor,
    sql`select ${columns} from bindings where id > ${o.after}
      and ${o.subject === undefined ? sql`true` : sql`subject = ${o.subject}`}
      and ${o.domain === undefined ? sql`true` : sql`domain = ${o.domain}`}
      order by id limit ${o.limit}`,
  )

/** All that have not expired. */
export const allBindings = (executor: Executor, now: Date): Promise<BindingRow[]> =>
  rows<BindingRow>(
    executor,
    sql`select ${columns} from bindings
      where expires_at is null or expires_at > ${now.toISOString()}::timestamptz order by id`,
  )

/** A binding as the policy has it. */
export const linkOf = ({ subject, role, domain, expiresAt, conditions }: BindingRow): Link => ({
  subject,
  role,
  domain,
  ...(expiresAt !== null && { expiresAt }),
  ...(conditions !== null && { conditions }),
})

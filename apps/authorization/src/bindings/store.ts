import type { Link } from '@plinth/access'
import { newId } from '@plinth/kernel'
import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'

export type BindingRow = {
  id: string
  subject: string
  role: string
  domain: string
  expiresAt: string | null
  createdAt: string
  createdBy: string
}

const columns = sql`id, subject, role, domain, ${isoTime(sql`expires_at`)} as "expiresAt",
  ${isoTime(sql`created_at`)} as "createdAt", created_by as "createdBy"`

/** Inserts bindings, as many as are not there yet; returns the new ones. One that has expired makes room. */
export async function insertBindings(tx: Tx, links: readonly Link[], by: string, now: Date): Promise<BindingRow[]> {
  const wanted = JSON.stringify(links.map((link) => ({ id: newId('bnd', now.getTime()), ...link })))
  return rows<BindingRow>(
    tx,
    sql`insert into bindings as b (id, subject, role, domain, expires_at, created_at, created_by)
      select id, subject, role, domain, "expiresAt"::timestamptz, ${now.toISOString()}::timestamptz, ${by}
      from json_to_recordset(${wanted}::json)
        as r (id text, subject text, role text, domain text, "expiresAt" text)
      on conflict on constraint bindings_row do update set id = excluded.id, expires_at = excluded.expires_at,
        created_at = excluded.created_at, created_by = excluded.created_by
        where b.expires_at <= ${now.toISOString()}::timestamptz
      returning ${columns}`,
  )
}

export async function findBinding(executor: Executor, id: string): Promise<BindingRow | undefined> {
  const [binding] = await rows<BindingRow>(executor, sql`select ${columns} from bindings where id = ${id}`)
  return binding
}

export const deleteBinding = (tx: Tx, id: string) => tx.execute(sql`delete from bindings where id = ${id}`)

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

/** A binding as the policy has it. */
export const linkOf = ({ subject, role, domain, expiresAt }: BindingRow): Link => ({
  subject,
  role,
  domain,
  ...(expiresAt !== null && { expiresAt }),
})

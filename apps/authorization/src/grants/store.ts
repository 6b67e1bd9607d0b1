import type { AccessRequestInfo, AccessRequestState } from '@plinth/contracts'
import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'
import type { Static } from 'typebox'

export type RequestState = Static<typeof AccessRequestState>
export type RequestRow = Omit<Static<typeof AccessRequestInfo>, 'mayDecide'>
type Nulls<T> = { [Key in keyof T]-?: undefined extends T[Key] ? Exclude<T[Key], undefined> | null : T[Key] }

const columns = sql`id, subject, role, domain, reason, break_glass as "breakGlass",
  duration_minutes as "durationMinutes", state, ${isoTime(sql`created_at`)} as "createdAt", decided_by as "decidedBy",
  ${isoTime(sql`decided_at`)} as "decidedAt", decision, ${isoTime(sql`expires_at`)} as "expiresAt"`

const ofRow = ({ decidedBy, decidedAt, decision, expiresAt, ...row }: Nulls<RequestRow>): RequestRow => ({
  ...row,
  ...(decidedBy !== null && { decidedBy }),
  ...(decidedAt !== null && { decidedAt }),
  ...(decision !== null && { decision }),
  ...(expiresAt !== null && { expiresAt }),
})

/** False when the same is asked for or granted already. */
export async function insertRequest(tx: Tx, row: RequestRow, requestId: string): Promise<boolean> {
  const made = await tx.execute(sql`insert into access_requests
      (id, subject, role, domain, reason, break_glass, duration_minutes, state, created_at, decided_by, decided_at,
        expires_at, request_id)
    values (${row.id}, ${row.subject}, ${row.role}, ${row.domain}, ${row.reason}, ${row.breakGlass},
      ${row.durationMinutes}, ${row.state}, ${row.createdAt}::timestamptz, ${row.decidedBy ?? null},
      ${row.decidedAt ?? null}::timestamptz, ${row.expiresAt ?? null}::timestamptz, ${requestId})
    on conflict do nothing`)
  return made.rowCount === 1
}

export async function findRequest(executor: Executor, id: string): Promise<RequestRow | undefined> {
  const [row] = await rows<Nulls<RequestRow>>(executor, sql`select ${columns} from access_requests where id = ${id}`)
  return row && ofRow(row)
}

/** The same, held still until the transaction ends: of those who decide at once, one is first. */
export async function lockRequest(tx: Tx, id: string): Promise<RequestRow | undefined> {
  const [row] = await rows<Nulls<RequestRow>>(
    tx,
    sql`select ${columns} from access_requests where id = ${id} for update`,
  )
  return row && ofRow(row)
}

export async function countOpen(executor: Executor, subject: string): Promise<number> {
  const [row] = await rows<{ count: number }>(
    executor,
    sql`select count(*)::int as count from access_requests where subject = ${subject} and state in ('pending', 'granted')`,
  )
  return row?.count ?? 0
}

/** What somebody decided about a request; an empty one leaves what was there. */
export type Verdict = { by?: string; at?: Date; words?: string | undefined; expiresAt?: Date }

export async function setState(tx: Tx, id: string, state: RequestState, verdict: Verdict = {}): Promise<RequestRow> {
  const { by, at, words, expiresAt } = verdict
  const [row] = await rows<Nulls<RequestRow>>(
    tx,
    sql`update access_requests set state = ${state}, decided_by = coalesce(${by ?? null}::text, decided_by),
        decided_at = coalesce(${at?.toISOString() ?? null}::timestamptz, decided_at),
        decision = coalesce(${words ?? null}::text, decision),
        expires_at = coalesce(${expiresAt?.toISOString() ?? null}::timestamptz, expires_at)
      where id = ${id} returning ${columns}`,
  )
  if (row === undefined) throw new Error(`there is no request for access ${id}`)
  return ofRow(row)
}

export const domainsOfRequests = async (executor: Executor): Promise<string[]> =>
  (await rows<{ domain: string }>(executor, sql`select distinct domain from access_requests`)).map(
    ({ domain }) => domain,
  )

/** One's own, and those in the given domains, newest first. */
export async function listRequests(
  executor: Executor,
  o: { before: string; limit: number; subject: string; domains: readonly string[]; state?: RequestState | undefined },
): Promise<RequestRow[]> {
  const found = await rows<Nulls<RequestRow>>(
    executor,
    sql`select ${columns} from access_requests
      where ${o.before === '' ? sql`true` : sql`id < ${o.before}`}
        and ${o.state === undefined ? sql`true` : sql`state = ${o.state}`}
        and (subject = ${o.subject}
          or domain in (select jsonb_array_elements_text(${JSON.stringify(o.domains)}::jsonb)))
      order by id desc limit ${o.limit}`,
  )
  return found.map(ofRow)
}

/** Requests whose time is over: granted ones past their end, and those that nobody decided since `askedBefore`. */
export async function dueRequests(executor: Executor, now: Date, askedBefore: Date): Promise<string[]> {
  const found = await rows<{ id: string }>(
    executor,
    sql`select id from access_requests
      where (state = 'granted' and expires_at <= ${now.toISOString()}::timestamptz)
        or (state = 'pending' and created_at <= ${askedBefore.toISOString()}::timestamptz)
      order by id limit 500`,
  )
  return found.map(({ id }) => id)
}

import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'

export type Place = { project: string; environment: string; component: string }
export type OverrideRow = Place & {
  id: string
  subject: string | null
  reason: string
  state: 'active' | 'expired' | 'withdrawn'
  by: string
  createdAt: string
  expiresAt: string
  withdrawnBy: string | null
  withdrawnAt: string | null
  uses: number
}

const columnsAt = (at: Date) => sql`id, project, environment, component, subject, reason, granted_by as by,
  case when withdrawn_at is not null then 'withdrawn' when expires_at <= ${at.toISOString()} then 'expired' else 'active' end as state,
  ${isoTime(sql`created_at`)} as "createdAt", ${isoTime(sql`expires_at`)} as "expiresAt",
  withdrawn_by as "withdrawnBy", case when withdrawn_at is null then null else ${isoTime(sql`withdrawn_at`)} end as "withdrawnAt", uses`

/** Those in force first, then the newest. */
export const listOverrides = (
  db: Executor,
  { project, environment }: Omit<Place, 'component'>,
  at: Date,
): Promise<OverrideRow[]> =>
  rows<OverrideRow>(
    db,
    sql`select ${columnsAt(at)} from gate_overrides where project = ${project} and environment = ${environment}
    order by (withdrawn_at is null and expires_at > ${at.toISOString()}) desc, created_at desc limit 200`,
  )

export const activeOverrides = (
  db: Executor,
  { project, environment, component }: Place,
  at: Date,
): Promise<OverrideRow[]> =>
  rows<OverrideRow>(
    db,
    sql`select ${columnsAt(at)} from gate_overrides where project = ${project} and environment = ${environment}
    and component = ${component} and withdrawn_at is null and expires_at > ${at.toISOString()} order by expires_at desc limit 20`,
  )

export async function findOverride(db: Executor, id: string, at: Date): Promise<OverrideRow | undefined> {
  const [found] = await rows<OverrideRow>(db, sql`select ${columnsAt(at)} from gate_overrides where id = ${id}`)
  return found
}

export type NewOverride = Place & { id: string; subject?: string; reason: string; by: string; at: Date; until: Date }

export async function insertOverride(
  tx: Tx,
  { id, project, environment, component, subject, reason, by, at, until }: NewOverride,
): Promise<void> {
  await tx.execute(sql`insert into gate_overrides (id, project, environment, component, subject, reason, granted_by, created_at, expires_at)
    values (${id}, ${project}, ${environment}, ${component}, ${subject ?? null}, ${reason}, ${by}, ${at.toISOString()}, ${until.toISOString()})`)
}

/** True where it was in force until now. */
export async function withdrawOverride(
  tx: Tx,
  { id, project, environment }: { id: string; project: string; environment: string },
  by: string,
  at: Date,
): Promise<boolean> {
  const { rowCount } =
    await tx.execute(sql`update gate_overrides set withdrawn_by = ${by}, withdrawn_at = ${at.toISOString()}
    where id = ${id} and project = ${project} and environment = ${environment} and withdrawn_at is null and expires_at > ${at.toISOString()}`)
  return rowCount === 1
}

export const countUse = async (tx: Tx, id: string): Promise<void> => {
  await tx.execute(sql`update gate_overrides set uses = uses + 1 where id = ${id}`)
}

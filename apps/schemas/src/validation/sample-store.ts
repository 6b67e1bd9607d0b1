import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'

export type SampleKey = { project: string; subject: string; version: number; environment: string; source: string }
export type HourRow = {
  version: number
  environment: string
  source: string
  hour: string
  checked: number
  invalid: number
}
export type ReasonRow = {
  version: number
  environment: string
  path: string
  message: string
  source: string
  count: number
  lastSeenAt: string
}

const keptDays = 31
/** Kinds of mistakes that are remembered of a version in an environment; the one that was seen longest ago goes. */
const reasonsMax = 20
const rowsMax = 5000

/** Adds to the hour; what is past its time goes when an hour begins. */
export async function countSamples(
  tx: Tx,
  { project, subject, version, environment, source }: SampleKey,
  { checked, invalid }: { checked: number; invalid: number },
  at: Date,
): Promise<void> {
  const hour = sql`date_trunc('hour', ${at.toISOString()}::timestamptz, 'UTC')`
  const { rows: made } = await tx.execute<{ checked: string }>(sql`insert into sample_counts as c
      (project, subject, version, environment, source, hour, checked, invalid)
    values (${project}, ${subject}, ${version}, ${environment}, ${source}, ${hour}, ${checked}, ${invalid})
    on conflict (project, subject, hour, version, environment, source) do update
      set checked = c.checked + excluded.checked, invalid = c.invalid + excluded.invalid
    returning checked::text`)
  if (made[0]?.checked === String(checked)) {
    await tx.execute(sql`delete from sample_counts where project = ${project} and subject = ${subject}
      and hour < ${at.toISOString()}::timestamptz - ${keptDays} * interval '1 day'`)
  }
}

export async function countReason(
  tx: Tx,
  { project, subject, version, environment, source }: SampleKey,
  { path, message, count }: { path: string; message: string; count: number },
  at: Date,
): Promise<void> {
  await tx.execute(sql`insert into sample_reasons as r (project, subject, version, environment, path, message, source, count, last_seen_at)
    values (${project}, ${subject}, ${version}, ${environment}, ${path}, ${message}, ${source}, ${count}, ${at.toISOString()})
    on conflict (project, subject, version, environment, path, message) do update
      set count = r.count + excluded.count, last_seen_at = excluded.last_seen_at, source = excluded.source`)
}

export const dropOldReasons = async (tx: Tx, { project, subject, version, environment }: SampleKey): Promise<void> => {
  await tx.execute(sql`delete from sample_reasons where ctid in (select ctid from sample_reasons
    where project = ${project} and subject = ${subject} and version = ${version} and environment = ${environment}
    order by last_seen_at desc, count desc offset ${reasonsMax})`)
}

export const listHours = (db: Executor, project: string, subject: string, since: Date): Promise<HourRow[]> =>
  rows<HourRow>(
    db,
    sql`select version, environment, source, ${isoTime(sql`hour`)} as hour, checked::float8 as checked, invalid::float8 as invalid
    from sample_counts where project = ${project} and subject = ${subject} and hour >= ${since.toISOString()}
    order by version desc, environment, hour desc, source limit ${rowsMax}`,
  )

export const listReasons = (db: Executor, project: string, subject: string, since: Date): Promise<ReasonRow[]> =>
  rows<ReasonRow>(
    db,
    sql`select version, environment, path, message, source, count::float8 as count, ${isoTime(sql`last_seen_at`)} as "lastSeenAt"
    from sample_reasons where project = ${project} and subject = ${subject} and last_seen_at >= ${since.toISOString()}
    order by last_seen_at desc limit ${rowsMax}`,
  )

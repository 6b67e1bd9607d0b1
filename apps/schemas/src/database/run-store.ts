import type { NamedSql } from '@plinth/sql'
import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'
import type { Place } from './store.ts'

export type RunRow = Place & {
  id: string
  state: 'queued' | 'running' | 'succeeded' | 'failed'
  detail: string | null
  files: NamedSql[]
  /** Names that this run is to apply, in order. */
  selected: string[]
  applied: { name: string; durationMs: number }[]
  held: string[]
  schemaVersion: number
  revision: string | null
  attempts: number
  requestedBy: string
  createdAt: string
  finishedAt: string | null
}

const columns = sql`id, project, environment, component, resource, state, detail, files, selected, applied, held, schema_version as "schemaVersion",
  revision, attempts, requested_by as "requestedBy", ${isoTime(sql`created_at`)} as "createdAt", ${isoTime(sql`finished_at`)} as "finishedAt"`

export async function findRun(db: Executor, id: string): Promise<RunRow | undefined> {
  const [found] = await rows<RunRow>(db, sql`select ${columns} from database_runs where id = ${id}`)
  return found
}

/** The one that is under way at a place. */
export async function findOpenRun(db: Executor, place: Place): Promise<RunRow | undefined> {
  const { project, environment, component, resource } = place
  const [found] = await rows<RunRow>(
    db,
    sql`select ${columns} from database_runs where project = ${project} and environment = ${environment}
    and component = ${component} and resource = ${resource} and state in ('queued', 'running')`,
  )
  return found
}

/** The newest run of each place. */
export const listLastRuns = (
  db: Executor,
  project: string,
): Promise<(Place & { id: string; state: RunRow['state'] })[]> =>
  rows(
    db,
    sql`select distinct on (environment, component, resource) project, environment, component, resource, id, state
    from database_runs where project = ${project} order by environment, component, resource, created_at desc limit 1000`,
  )

type NewRun = Omit<RunRow, 'state' | 'detail' | 'applied' | 'attempts' | 'createdAt' | 'finishedAt'>

export async function insertRun(tx: Tx, run: NewRun, at: Date): Promise<void> {
  const { id, project, environment, component, resource, files, selected, held, schemaVersion, revision, requestedBy } =
    run
  await tx.execute(sql`insert into database_runs (id, project, environment, component, resource, state, files, selected, held, schema_version, revision, requested_by, created_at)
    values (${id}, ${project}, ${environment}, ${component}, ${resource}, 'queued', ${JSON.stringify(files)}::jsonb, ${JSON.stringify(selected)}::jsonb,
      ${JSON.stringify(held)}::jsonb, ${schemaVersion}, ${revision}, ${requestedBy}, ${at.toISOString()})`)
}

type Progress = Partial<Pick<RunRow, 'state' | 'detail' | 'applied' | 'attempts'>>

export async function updateRun(db: Executor, id: string, change: Progress): Promise<void> {
  const { state, detail, applied, attempts } = change
  await db.execute(sql`update database_runs set state = coalesce(${state ?? null}, state), attempts = coalesce(${attempts ?? null}::integer, attempts),
    detail = ${detail === undefined ? sql`detail` : detail},
    applied = coalesce(${applied === undefined ? null : JSON.stringify(applied)}::jsonb, applied) where id = ${id}`)
}

/** Its files are not kept: they stand in the repository. */
export async function finishRun(
  tx: Tx,
  id: string,
  { state, detail }: { state: 'succeeded' | 'failed'; detail: string | null },
  at: Date,
): Promise<void> {
  await tx.execute(sql`update database_runs set state = ${state}, detail = ${detail}, files = '[]', finished_at = ${at.toISOString()}
    where id = ${id}`)
}

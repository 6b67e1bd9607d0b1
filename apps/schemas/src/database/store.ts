import type { DatabaseDifference } from '@plinth/contracts'
import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import type { Applied } from './history.ts'

export type Difference = Static<typeof DatabaseDifference>
export type Place = { project: string; environment: string; component: string; resource: string }
export type DatabaseRow = Place & {
  applied: Applied[]
  prefix: string
  schemaVersion: number | null
  drift: 'none' | 'drifted' | 'unknown'
  differences: Difference[]
  checkedAt: string | null
  updatedAt: string
}

const columns = sql`project, environment, component, resource, applied, prefix, schema_version as "schemaVersion", drift, differences,
  ${isoTime(sql`checked_at`)} as "checkedAt", ${isoTime(sql`updated_at`)} as "updatedAt"`
const placed = ({ project, environment, component, resource }: Place) =>
  sql`project = ${project} and environment = ${environment} and component = ${component} and resource = ${resource}`
const databasesMax = 1_000

export const subjectOf = ({ component, resource }: Pick<Place, 'component' | 'resource'>): string =>
  `${component}.${resource}`

export const listDatabases = (db: Executor, project: string, component?: string): Promise<DatabaseRow[]> =>
  rows<DatabaseRow>(
    db,
    sql`select ${columns} from databases where project = ${project}
    and (${component ?? null}::text is null or component = ${component ?? null}::text)
    order by component, resource, environment limit ${databasesMax}`,
  )

export async function findDatabase(db: Executor, place: Place): Promise<DatabaseRow | undefined> {
  const [found] = await rows<DatabaseRow>(db, sql`select ${columns} from databases where ${placed(place)}`)
  return found
}

/** What is applied there now; whether it drifts is unknown until somebody looks. */
export async function recordApplied(
  db: Executor,
  { project, environment, component, resource }: Place,
  { applied, prefix, schemaVersion }: { applied: readonly Applied[]; prefix: string; schemaVersion: number | null },
  at: Date,
): Promise<void> {
  await db.execute(sql`insert into databases (project, environment, component, resource, applied, prefix, schema_version, updated_at)
    values (${project}, ${environment}, ${component}, ${resource}, ${JSON.stringify(applied)}::jsonb, ${prefix}, ${schemaVersion}, ${at.toISOString()})
    on conflict (project, environment, component, resource) do update
    set applied = excluded.applied, prefix = excluded.prefix, schema_version = excluded.schema_version, updated_at = excluded.updated_at`)
}

export async function recordDrift(
  tx: Tx,
  place: Place,
  { drift, differences }: { drift: DatabaseRow['drift']; differences: readonly Difference[] },
  at: Date,
): Promise<void> {
  await tx.execute(sql`update databases set drift = ${drift}, differences = ${JSON.stringify(differences)}::jsonb, checked_at = ${at.toISOString()}
    where ${placed(place)}`)
}

/** Those that nobody has looked at for a while; whoever is told them has them for himself until the next time. */
export const claimUnchecked = (db: Executor, before: Date, at: Date, limit: number): Promise<Place[]> =>
  rows<Place>(
    db,
    sql`update databases set checked_at = ${at.toISOString()} where (project, environment, component, resource) in (
      select project, environment, component, resource from databases where checked_at is null or checked_at < ${before.toISOString()}
      order by checked_at nulls first limit ${limit} for update skip locked)
    returning project, environment, component, resource`,
  )

export async function lockPlace(tx: Tx, { project, environment, component, resource }: Place): Promise<void> {
  const key = `database ${project}/${environment}/${component}/${resource}`
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`)
}

export async function findCatalog(
  db: Executor,
  { project, component }: Pick<Place, 'project' | 'component'>,
  prefix: string,
): Promise<string | undefined> {
  const [found] = await rows<{ catalog: string }>(
    db,
    sql`select catalog from database_catalogs where project = ${project} and component = ${component} and prefix = ${prefix}`,
  )
  return found?.catalog
}

export async function keepCatalog(
  db: Executor,
  { project, component }: Pick<Place, 'project' | 'component'>,
  { prefix, catalog, at }: { prefix: string; catalog: string; at: Date },
): Promise<void> {
  await db.execute(sql`insert into database_catalogs (project, component, prefix, catalog, created_at)
    values (${project}, ${component}, ${prefix}, ${catalog}, ${at.toISOString()}) on conflict do nothing`)
}

export async function recordBuild(
  tx: Tx,
  { project, component }: Pick<Place, 'project' | 'component'>,
  { revision, prefix, at }: { revision: string; prefix: string; at: Date },
): Promise<void> {
  await tx.execute(sql`insert into database_builds (project, component, revision, prefix, created_at)
    values (${project}, ${component}, ${revision}, ${prefix}, ${at.toISOString()})
    on conflict (project, component, revision) do nothing`)
}

/** What the migrations make that a revision was built with. */
export async function findBuild(
  db: Executor,
  { project, component }: Pick<Place, 'project' | 'component'>,
  revision: string,
): Promise<string | undefined> {
  const [found] = await rows<{ catalog: string }>(
    db,
    sql`select c.catalog from database_builds b join database_catalogs c using (project, component, prefix)
    where b.project = ${project} and b.component = ${component} and b.revision = ${revision}`,
  )
  return found?.catalog
}

import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'
import type { JobRow } from '../jobs/job-row.ts'

export type Trust = 'protected' | 'unprotected'

/** One cache of an attempt as the service has decided it: what may be fetched, what may be kept, and of which trust. */
export type JobCache = { keys: string[]; trust: Trust; pulls: boolean; pushes: boolean }

export type CacheRow = { id: string; key: string; sha256: string; sizeBytes: number }
export type Place = { project: string; repository: string; trust: Trust }
export type CacheLimits = { count: number; bytes: number }

export async function noteCaches(
  executor: Executor,
  { id, attempt }: Pick<JobRow, 'id' | 'attempt'>,
  caches: readonly JobCache[],
): Promise<void> {
  await executor.execute(sql`
    insert into job_caches (job, attempt, caches) values (${id}, ${attempt}, ${JSON.stringify(caches)}::jsonb)
    on conflict (job) do update set attempt = excluded.attempt, caches = excluded.caches`)
}

export async function notedCache(executor: Executor, job: string, attempt: number, index: number) {
  const [found] = await rows<{ caches: JobCache[]; repository: string }>(
    executor,
    sql`select c.caches, p.repository from job_caches c join jobs j on j.id = c.job join pipelines p on p.id = j.pipeline
    where c.job = ${job} and c.attempt = ${attempt}`,
  )
  const cache = found?.caches[index]
  return found === undefined || cache === undefined ? undefined : { ...cache, repository: found.repository }
}

/** Of which repository and trust a job is: what it keeps and gets beside the caches that were noted for it. */
export async function placeOfJob(executor: Executor, job: string): Promise<Place | undefined> {
  const [found] = await rows<Place>(
    executor,
    sql`select p.project, p.repository,
      case when (p.facts->>'protected')::boolean then 'protected' else 'unprotected' end as trust
    from jobs j join pipelines p on p.id = j.pipeline where j.id = ${job}`,
  )
  return found
}

export async function hasCache(executor: Executor, place: Place, key: string): Promise<boolean> {
  const found = await rows(
    executor,
    sql`select 1 from caches where project = ${place.project} and repository = ${place.repository}
      and trust = ${place.trust} and key = ${key}`,
  )
  return found.length > 0
}

/** The first of the keys under which something is kept; being asked for makes it the one last used. */
export async function useCache(
  executor: Executor,
  { project, repository, trust }: Place,
  keys: readonly string[],
): Promise<CacheRow | undefined> {
  const [found] = await rows<CacheRow>(
    executor,
    sql`update caches set used_at = now() where id = (
      select id from caches where project = ${project} and repository = ${repository} and trust = ${trust}
        and key = any(${sql.param([...keys])}::text[])
      order by array_position(${sql.param([...keys])}::text[], key) limit 1)
    returning id, key, sha256, size_bytes::float8 as "sizeBytes"`,
  )
  return found
}

/** One after the other: what is counted and what is replaced stays so until the end of the transaction. */
export const lockCaches = (tx: Tx, { project, trust }: Place): Promise<unknown> =>
  tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`caches ${project} ${trust}`}, 0))`)

/** Puts the cache in the place of the one that had its key; the id of that one, whose file nobody needs any more. */
export async function replaceCache(
  tx: Tx,
  { project, repository, trust }: Place,
  cache: CacheRow,
  attempt: { job: string; attempt: number },
): Promise<{ isCurrent: boolean; gone: string[] }> {
  const gone = await rows<{ id: string }>(
    tx,
    sql`delete from caches where project = ${project} and repository = ${repository} and trust = ${trust} and key = ${cache.key} returning id`,
  )
  const inserted = await tx.execute(sql`
    insert into caches (id, project, repository, trust, key, sha256, size_bytes, job, ref)
    select ${cache.id}, ${project}, ${repository}, ${trust}, ${cache.key}, ${cache.sha256}, ${cache.sizeBytes}, j.id, p.ref
    from jobs j join pipelines p on p.id = j.pipeline
    where j.id = ${attempt.job} and j.attempt = ${attempt.attempt} and j.status = 'running'`)
  return { isCurrent: inserted.rowCount === 1, gone: gone.map(({ id }) => id) }
}

/**
 * Takes away what was not used for the longest time until the rest is within the limits. They hold for each trust of a
 * project by itself, so that branches which anybody may make never push out what protected ones keep.
 */
export async function evictCaches(tx: Tx, { project, trust }: Place, limits: CacheLimits): Promise<string[]> {
  const gone = await rows<{ id: string }>(
    tx,
    sql`delete from caches where id in (
      select id from (
        select id, row_number() over newest as place, sum(size_bytes) over newest as bytes from caches
        where project = ${project} and trust = ${trust} window newest as (order by used_at desc, id desc)) ranked
      where place > ${limits.count} or bytes > ${limits.bytes}) returning id`,
  )
  return gone.map(({ id }) => id)
}

export async function expireCaches(executor: Executor, days: number): Promise<string[]> {
  const gone = await rows<{ id: string }>(
    executor,
    sql`delete from caches where id in (select id from caches
      where used_at < now() - make_interval(days => ${days}) order by used_at limit 1000) returning id`,
  )
  return gone.map(({ id }) => id)
}

export async function knownCaches(executor: Executor, ids: readonly string[]): Promise<Set<string>> {
  const found = await rows<{ id: string }>(
    executor,
    sql`select id from caches where id = any(${sql.param([...ids])}::text[])`,
  )
  return new Set(found.map(({ id }) => id))
}

type ListedCache = Omit<CacheRow, 'sha256'> & {
  repository: string
  trust: Trust
  job: string
  ref: string
  createdAt: string
  usedAt: string
}

export function listCaches(
  executor: Executor,
  project: string,
  repository: string | undefined,
): Promise<ListedCache[]> {
  const inRepository = repository === undefined ? sql`true` : sql`repository = ${repository}`
  return rows<ListedCache>(
    executor,
    sql`select id, repository, key, trust, size_bytes::float8 as "sizeBytes", job, ref,
      ${isoTime(sql`created_at`)} as "createdAt", ${isoTime(sql`used_at`)} as "usedAt"
    from caches where project = ${project} and ${inRepository} order by used_at desc, id desc limit 2000`,
  )
}

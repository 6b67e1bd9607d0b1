import type { ArtifactRef, Release as ReleaseSchema } from '@plinth/contracts'
import { isoTime, rows, sql, type Executor } from '@plinth/store'
import type { Static } from 'typebox'

type Artifact = Static<typeof ArtifactRef>
type ReleaseView = Static<typeof ReleaseSchema>
export type Release = Omit<ReleaseView, 'artifact'> & { artifact: Artifact | null; pipelineNumber: number }

const columns = sql`id, component, revision, title, author, pipeline, pipeline_number as "pipelineNumber", artifact,
  ${isoTime(sql`created_at`)} as "createdAt"`

type NewRelease = Omit<Release, 'createdAt'> & { project: string }

/** The release of a pipeline; a pipeline that was retried and passed again has a newer artifact. */
export async function recordRelease(db: Executor, want: NewRelease): Promise<Release> {
  const { id, project, component, revision, title, author, pipeline, pipelineNumber, artifact } = want
  const [release] = await rows<Release>(
    db,
    sql`
    insert into releases (id, project, component, revision, title, author, pipeline, pipeline_number, artifact)
    values (${id}, ${project}, ${component}, ${revision}, ${title}, ${author}, ${pipeline}, ${pipelineNumber},
      ${artifact === null ? null : JSON.stringify(artifact)}::jsonb)
    on conflict (project, component, pipeline) do update set artifact = excluded.artifact
    returning ${columns}`,
  )
  if (release === undefined) throw new Error('a release was neither inserted nor found')
  return release
}

/** The newest by the order in which the pipelines were made, not in which they ended. */
export async function newestRelease(db: Executor, project: string, component: string): Promise<Release | undefined> {
  const [release] = await rows<Release>(
    db,
    sql`select ${columns} from releases
    where project = ${project} and component = ${component} order by pipeline_number desc, id desc limit 1`,
  )
  return release
}

/** The newest release of a commit, which may be named by its first seven or more digits. */
export async function releaseOfRevision(
  db: Executor,
  project: string,
  component: string,
  revision: string,
): Promise<Release | undefined> {
  if (!/^[0-9a-f]{7,40}$/.test(revision)) return undefined
  const [release] = await rows<Release>(
    db,
    sql`select ${columns} from releases
    where project = ${project} and component = ${component} and revision like ${`${revision}%`} order by pipeline_number desc, id desc limit 1`,
  )
  return release
}

export async function releaseById(db: Executor, id: string | null): Promise<Release | undefined> {
  if (id === null) return undefined
  const [release] = await rows<Release>(db, sql`select ${columns} from releases where id = ${id}`)
  return release
}

export const listReleases = (
  db: Executor,
  project: string,
  component: string,
  { before, limit }: { before: readonly [number, string] | undefined; limit: number },
): Promise<Release[]> =>
  rows<Release>(
    db,
    sql`select ${columns} from releases where project = ${project} and component = ${component}
    and ${before === undefined ? sql`true` : sql`(pipeline_number, id) < (${before[0]}, ${before[1]})`}
    order by pipeline_number desc, id desc limit ${limit}`,
  )

export const viewRelease = ({ artifact, pipelineNumber: _number, ...release }: Release): ReleaseView => ({
  ...release,
  ...(artifact !== null && { artifact }),
})

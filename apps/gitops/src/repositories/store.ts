import { failure } from '@plinth/contracts'
import { isoTime, rows, sql, type Executor } from '@plinth/store'

/** `developers`: whoever may push to the repository; `change-request-only`: nobody directly. */
type PushRule = 'developers' | 'change-request-only'
type BranchProtection = { branch: string; push: PushRule }

export type Repository = {
  id: string
  project: string
  name: string
  defaultBranch: string
  protection: BranchProtection[]
  seedDigest: string
  seedSeconds: number
  archived: boolean
  createdAt: string
}

const columns = sql`id, project, name, default_branch as "defaultBranch", protection, seed_digest as "seedDigest",
  seed_seconds::float8 as "seedSeconds", archived_at is not null as archived, ${isoTime(sql`created_at`)} as "createdAt"`

export async function findRepository(db: Executor, project: string, name: string): Promise<Repository | undefined> {
  const [found] = await rows<Repository>(
    db,
    sql`
    select ${columns} from repositories where project = ${project} and name = ${name} and archived_at is null`,
  )
  return found
}

/** Throws gitops.repository_unknown. */
export async function mustFindRepository(db: Executor, project: string, name: string): Promise<Repository> {
  const found = await findRepository(db, project, name)
  if (found === undefined)
    throw failure('gitops.repository_unknown', { detail: `There is no repository ${project}/${name}.`.slice(0, 300) })
  return found
}

export async function repositoryById(db: Executor, id: string): Promise<Repository | undefined> {
  const [found] = await rows<Repository>(db, sql`select ${columns} from repositories where id = ${id}`)
  return found
}

export const listRepositories = (
  db: Executor,
  project: string,
  { after, limit }: { after: string; limit: number },
): Promise<Repository[]> =>
  rows<Repository>(
    db,
    sql`select ${columns} from repositories
    where project = ${project} and archived_at is null and name > ${after} order by name limit ${limit}`,
  )

export const liveRepositoryIds = async (db: Executor): Promise<string[]> =>
  (await rows<{ id: string }>(db, sql`select id from repositories where archived_at is null`)).map(({ id }) => id)

type NewRepository = Pick<
  Repository,
  'id' | 'project' | 'name' | 'defaultBranch' | 'protection' | 'seedDigest' | 'seedSeconds'
> & { actor: string }

/** False where a repository of this name is there already. */
export async function insertRepository(db: Executor, want: NewRepository): Promise<boolean> {
  const { id, project, name, defaultBranch, protection, seedDigest, seedSeconds, actor } = want
  const inserted = await db.execute(sql`
    insert into repositories (id, project, name, default_branch, protection, seed_digest, seed_seconds, created_by)
    values (${id}, ${project}, ${name}, ${defaultBranch}, ${JSON.stringify(protection)}::jsonb, ${seedDigest}, ${seedSeconds}, ${actor})
    on conflict do nothing`)
  return inserted.rowCount === 1
}

/** False where it was archived before. */
export async function markArchived(db: Executor, id: string): Promise<boolean> {
  const changed = await db.execute(
    sql`update repositories set archived_at = now() where id = ${id} and archived_at is null`,
  )
  return changed.rowCount === 1
}

/** The refs that the world was told of. */
export async function knownRefs(db: Executor, id: string): Promise<Map<string, string>> {
  const found = await rows<{ ref: string; revision: string }>(
    db,
    sql`select ref, revision from repository_refs where repository_id = ${id}`,
  )
  return new Map(found.map(({ ref, revision }) => [ref, revision]))
}

export async function rememberRef(db: Executor, id: string, ref: string, revision: string | undefined): Promise<void> {
  if (revision === undefined)
    await db.execute(sql`delete from repository_refs where repository_id = ${id} and ref = ${ref}`)
  else {
    await db.execute(sql`insert into repository_refs (repository_id, ref, revision) values (${id}, ${ref}, ${revision})
      on conflict (repository_id, ref) do update set revision = excluded.revision`)
  }
}

export type RefIntent = {
  id: string
  ref: string
  before: string
  after: string
  actor: string
  requestId: string | null
  cause: string
}
export type NewRefIntent = Omit<RefIntent, 'id' | 'requestId'> & { requestId?: string }

/** Notes what is about to be done to refs; see `reconcileRefs`. */
export async function insertIntents(
  db: Executor,
  repositoryId: string,
  intents: readonly NewRefIntent[],
): Promise<void> {
  for (const { ref, before, after, actor, requestId, cause } of intents) {
    await db.execute(sql`
      insert into ref_intents (repository_id, ref, before_revision, after_revision, actor, request_id, cause)
      values (${repositoryId}, ${ref}, ${before}, ${after}, ${actor}, ${requestId ?? null}, ${cause})`)
  }
}

export const intentsOf = (db: Executor, repositoryId: string): Promise<RefIntent[]> =>
  rows<RefIntent>(
    db,
    sql`
    select id, ref, before_revision as before, after_revision as after, actor, request_id as "requestId", cause
    from ref_intents where repository_id = ${repositoryId} order by id`,
  )

/** Those that came true, and those of refused pushes once nobody can be at them any more. */
export async function removeIntents(db: Executor, repositoryId: string, ids: readonly string[]): Promise<void> {
  await db.execute(sql`delete from ref_intents where repository_id = ${repositoryId}
    and (id = any(${sql.param([...ids])}::bigint[]) or created_at < now() - interval '1 hour')`)
}

import { createHash } from 'node:crypto'
import { failure } from '@plinth/contracts'
import { newId } from '@plinth/kernel'
import { decodeCursor, enqueue, pageOf, recordAudit } from '@plinth/store'
import { closeMergesIn } from '../change-requests/endings.ts'
import {
  assertInside,
  branchRef,
  folderExists,
  isProjectName,
  isRepositoryName,
  repositoryFolder,
  zeroRevision,
} from '../git/names.ts'
import {
  changedPaths,
  fileStates,
  listCommits,
  listPaths,
  listRefs,
  listTree,
  mustResolve,
  readFiles,
  resolveRef,
} from '../git/reading.ts'
import { checkSeedFiles, createBare, type SeedFile } from '../git/writing.ts'
import type { Folder } from '../git/process.ts'
import { queues, type Parts } from '../parts.ts'
import {
  findRepository,
  insertIntents,
  insertRepository,
  listRepositories,
  markArchived,
  mustFindRepository,
  type Repository,
} from './store.ts'

export type OpenRepository = { repository: Repository; folder: Folder }
type Key = { project: string; repository: string }

/** How long after an intent somebody looks whether it came true, should its author have died. */
export const intentCheckDelayMs = 10_000

/** The repository and its folder; throws gitops.repository_unknown, for an archived one too. */
export async function openRepository(
  { store, root }: Pick<Parts, 'store' | 'root'>,
  { project, repository: name }: Key,
): Promise<OpenRepository> {
  const repository = await mustFindRepository(store.db, project, name)
  const folder = repositoryFolder(root, repository)
  if (!(await folderExists(folder))) {
    throw failure('platform.unavailable', {
      detail: `The repository ${project}/${name} is still being made; try again.`,
      retryAfterSeconds: 1,
    })
  }
  await assertInside(root, folder)
  return { repository, folder }
}

export type CreateRepository = Key & { files: readonly SeedFile[]; message: string; authorName: string; actor: string }

/**
 * Three steps that can each be repeated: the row, then the folder with its first commit, then the news of it. The same
 * request again finds what is there, finishes what is not, and answers the same.
 */
export const createRepository =
  (parts: Parts) =>
  async (want: CreateRepository): Promise<{ revision: string; defaultBranch: string }> => {
    refuseWrongNames(want)
    checkSeedFiles(want.files)
    const { store, root } = parts
    const repository = await recordRepository(parts, want)
    const { defaultBranch } = repository
    const folder = repositoryFolder(root, repository)
    const seed = {
      files: want.files,
      message: want.message,
      authorName: want.authorName,
      email: `${want.actor.replace(/[^A-Za-z0-9._-]/g, '.')}@plinth.invalid`,
      seconds: repository.seedSeconds,
      branch: defaultBranch,
    }
    await createBare(folder, seed, (revision) => noteSeed(store, repository, revision, want.actor))
    const revision = await firstCommit(folder, branchRef(defaultBranch))
    await enqueue(store.db, queues.refs, repository.id)
    return { revision, defaultBranch }
  }

function refuseWrongNames({ project, repository }: Key): void {
  const problems = [
    ...(isProjectName(project) ? [] : [{ path: '/project', message: 'is no project name.' }]),
    ...(isRepositoryName(repository) ? [] : [{ path: '/repository', message: 'is no repository name.' }]),
  ]
  if (problems.length > 0)
    throw failure('platform.request_invalid', { detail: 'The name is not one that a repository can have.', problems })
}

async function recordRepository({ store, clock }: Parts, want: CreateRepository): Promise<Repository> {
  const { project, repository: name, actor } = want
  const seedDigest = digestOf(want)
  const seedSeconds = Math.floor(clock.now().getTime() / 1_000)
  return store.transaction(async (tx) => {
    const id = newId('rep', clock.now().getTime())
    const protection = [{ branch: 'main', push: 'developers' as const }]
    const isNew = await insertRepository(tx, {
      id,
      project,
      name,
      defaultBranch: 'main',
      protection,
      seedDigest,
      seedSeconds,
      actor,
    })
    const found = await mustFindRepository(tx, project, name)
    if (!isNew) {
      if (found.seedDigest === seedDigest) return found
      throw failure('gitops.repository_exists', {
        detail: `A repository ${project}/${name} exists, made with other files.`,
      })
    }
    await recordAudit(
      tx,
      'gitops',
      { subject: actor },
      { action: 'repository.create', project, object: `repository/${name}`, detail: { files: want.files.length } },
    )
    return found
  })
}

/** Who made it and why, before the first ref can be seen: the event of it says so, whoever sends it. */
async function noteSeed(
  store: Parts['store'],
  { id, defaultBranch }: Repository,
  after: string,
  actor: string,
): Promise<void> {
  await store.transaction(async (tx) => {
    await insertIntents(tx, id, [
      { ref: branchRef(defaultBranch), before: zeroRevision, after, actor, cause: 'scaffold' },
    ])
    await enqueue(tx, queues.refs, id, { delayMs: intentCheckDelayMs })
  })
}

/** The oldest commit of the branch: what the repository was made with, however often it was pushed to since. */
async function firstCommit(folder: Folder, ref: string): Promise<string> {
  const roots = await listCommits(folder, ['--max-parents=0', ref], { limit: 100 })
  return roots.at(-1)?.id ?? mustResolve(folder, ref)
}

function digestOf({ files, message }: CreateRepository): string {
  const sorted = [...files].sort((left, right) => (left.path < right.path ? -1 : 1))
  const content = sorted.map(({ path, content: text, executable }) => [path, text, executable])
  return createHash('sha256')
    .update(JSON.stringify([message, content]))
    .digest('hex')
}

/** The name becomes free; the folder stays. What waited to be merged is closed. */
export const archiveRepository =
  ({ store }: Pick<Parts, 'store'>) =>
  async ({ project, repository: name, actor }: Key & { actor: string }): Promise<{ archived: boolean }> =>
    store.transaction(async (tx) => {
      const found = await findRepository(tx, project, name)
      if (found === undefined || !(await markArchived(tx, found.id))) return { archived: false }
      await closeMergesIn(tx, project, name, 'The repository was archived.')
      await recordAudit(
        tx,
        'gitops',
        { subject: actor },
        { action: 'repository.archive', project, object: `repository/${name}` },
      )
      return { archived: true }
    })

/** What the repository says of itself, with where its default branch is. */
export async function viewOf({ root, publicUrl }: Pick<Parts, 'root' | 'publicUrl'>, repository: Repository) {
  const folder = repositoryFolder(root, repository)
  const head = (await folderExists(folder)) ? await resolveRef(folder, branchRef(repository.defaultBranch)) : undefined
  const { project, name, defaultBranch, protection, archived, createdAt } = repository
  return {
    project, name, defaultBranch, archived, createdAt,
    cloneUrl: `${publicUrl.replace(/\/+$/, '')}/git/${project}/${name}.git`,
    protectedBranches: protection.map(({ branch }) => branch),
    ...(head !== undefined && { head: head.revision }),
  } // prettier-ignore
}

export const listPage =
  (parts: Parts) =>
  async (project: string, { limit = 50, cursor }: { limit?: number; cursor?: string }) => {
    const after = cursor === undefined ? '' : decodeCursor(cursor, ['string'])[0]
    const found = await listRepositories(parts.store.db, project, { after, limit: limit + 1 })
    const page = pageOf(found, limit, ({ name }) => [name])
    return { ...page, items: await Promise.all(page.items.map((repository) => viewOf(parts, repository))) }
  }

/** Commits of a ref a page at a time; the cursor holds the commit that the first page began with, so pages fit together. */
export const commitsPage =
  (parts: Parts) =>
  async (key: Key, { ref, limit = 50, cursor }: { ref?: string; limit?: number; cursor?: string }) => {
    const { repository, folder } = await openRepository(parts, key)
    const [from, skip] =
      cursor === undefined
        ? [await mustResolve(folder, ref ?? repository.defaultBranch), 0]
        : decodeCursor(cursor, ['string', 'number'])
    if (!/^[0-9a-f]{40}$/.test(from) || !Number.isSafeInteger(skip) || skip < 0 || skip > 1_000_000)
      throw failure('platform.cursor_invalid')
    const revision = cursor === undefined ? from : await mustResolve(folder, from)
    const found = await listCommits(folder, [revision], { limit: limit + 1, skip })
    return pageOf(found, limit, () => [revision, skip + limit])
  }

export const branchesOf = (parts: Parts) => async (key: Key) => {
  const { repository, folder } = await openRepository(parts, key)
  const refs = [...(await listRefs(folder))].filter(([ref]) => ref.startsWith('refs/heads/'))
  const items = refs.map(([ref, revision]) => {
    const name = ref.slice('refs/heads/'.length)
    return { name, revision, protected: repository.protection.some(({ branch }) => branch === name) }
  })
  return { items }
}

export const treeOf =
  (parts: Parts) =>
  async (key: Key, { ref, path }: { ref?: string; path?: string }) => {
    const { repository, folder } = await openRepository(parts, key)
    const revision = await mustResolve(folder, ref ?? repository.defaultBranch)
    return { items: await listTree(folder, revision, path) }
  }

const shownCharactersMax = 512 * 1024

export const fileOf =
  (parts: Parts) =>
  async (key: Key, { ref, path }: { ref?: string; path: string }) => {
    const { repository, folder } = await openRepository(parts, key)
    const revision = await mustResolve(folder, ref ?? repository.defaultBranch)
    const content = (await readFiles(folder, revision, [path]))[path] ?? null
    if (content === null)
      throw failure('gitops.path_unknown', { detail: 'There is no text file of this path at this revision.' })
    return {
      path,
      revision,
      content: content.slice(0, shownCharactersMax),
      truncated: content.length > shownCharactersMax,
    }
  }

/** For other services: texts at a revision, where the revision is one that the repository has. */
export const readTexts = (parts: Parts) => async (key: Key & { revision: string; paths: readonly string[] }) => {
  const { folder } = await openRepository(parts, key)
  return { files: await readFiles(folder, await mustResolve(folder, key.revision), key.paths) }
}

export const listAllFiles = (parts: Parts) => async (key: Key & { revision: string }) => {
  const { folder } = await openRepository(parts, key)
  return listPaths(folder, await mustResolve(folder, key.revision))
}

export const idsOfFiles =
  (parts: Parts) => async (key: Key & { revision: string; paths: readonly string[]; by: 'content' | 'commit' }) => {
    const { folder } = await openRepository(parts, key)
    return { ids: await fileStates(folder, await mustResolve(folder, key.revision), key.paths, key.by) }
  }

export const compareCommits =
  (parts: Parts) =>
  async ({ from, to, ...key }: Key & { from: string; to: string }) => {
    const { folder } = await openRepository(parts, key)
    const [known, wanted] = [await resolveRef(folder, from), await resolveRef(folder, to)]
    const paths = known && wanted && (await changedPaths(folder, known.revision, wanted.revision))
    return paths === undefined ? { known: false, paths: [] } : { known: true, paths }
  }

export const describeRevision =
  (parts: Parts) =>
  async ({ ref, ...key }: Key & { ref: string }) => {
    const repository = await findRepository(parts.store.db, key.project, key.repository)
    if (repository === undefined) return { found: false as const }
    const { folder } = await openRepository(parts, key)
    const found = await resolveRef(folder, ref)
    if (found === undefined) return { found: false as const }
    const [commit] = await listCommits(folder, [found.revision], { limit: 1 })
    return {
      found: true as const,
      revision: found.revision,
      ref: found.ref,
      title: commit?.title ?? '',
      author: commit?.author ?? '',
      protected: repository.protection.some(({ branch }) => branchRef(branch) === found.ref),
      defaultBranch: repository.defaultBranch,
    }
  }

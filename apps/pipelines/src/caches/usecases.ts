import { failure } from '@plinth/contracts'
import { newId, type Identity } from '@plinth/kernel'
import type { Readable } from 'node:stream'
import type { KeptFiles } from '../artifacts/files.ts'
import { ownJob } from '../jobs/own-job.ts'
import type { Parts } from '../parts.ts'
import {
  evictCaches,
  hasCache,
  listCaches,
  lockCaches,
  notedCache,
  placeOfJob,
  replaceCache,
  useCache,
  type CacheRow,
  type JobCache,
  type Place,
} from './cache-store.ts'

type Asked = { project: string; job: string; index: number }
type Writer = { job: string; attempt: number }
type Store = { key: string; source: Readable; place: Place; attempt: Writer; sha256?: string; isFinal?: boolean }

export const cacheUseCases = (parts: Parts, files: KeptFiles) => ({
  /** What lies under the key, or the first of the fallback keys, within the trust of the job that asks. */
  async download(who: Identity, asked: Asked) {
    const { cache, place } = await ownCache(parts, who, asked, 'pulls')
    return opened(parts, files, place, cache.keys)
  },

  /** Keeps it in the place of what had the key: of two at once the later one stays, and each of them is whole. */
  async upload(who: Identity, asked: Asked & { sha256: string }, source: Readable) {
    const { cache, place, attempt } = await ownCache(parts, who, asked, 'pushes')
    const [key = ''] = cache.keys
    return stored(parts, files, { key, source, place, attempt, sha256: asked.sha256 })
  },

  /** What a task of Nx made, within the trust of the job that asks. */
  async getResult(who: Identity, asked: { project: string; job: string; hash: string }) {
    const { place } = await ownPlace(parts, who, asked)
    return opened(parts, files, place, [resultKey(asked.hash)])
  },

  /** Keeps what a task made, once: the hash stands for what it was made of, and nobody may give it another meaning. */
  async putResult(who: Identity, asked: { project: string; job: string; hash: string }, source: Readable) {
    const { place, attempt } = await ownPlace(parts, who, asked)
    const key = resultKey(asked.hash)
    if (await hasCache(parts.store.db, place, key)) throw failure('pipelines.cache_exists')
    return stored(parts, files, { key, source, place, attempt, isFinal: true })
  },

  async list({ project }: { project: string }, { repository }: { repository?: string | undefined }) {
    return { items: await listCaches(parts.store.db, project, repository) }
  },
})

export type CacheUseCases = ReturnType<typeof cacheUseCases>

/** One of the caches that were decided for this very attempt; any other is not there for it. */
async function ownCache(
  parts: Parts,
  who: Identity,
  { project, job: id, index }: Asked,
  wanted: 'pulls' | 'pushes',
): Promise<{ cache: JobCache; place: Place; attempt: Writer }> {
  const job = await ownJob(parts, who, { project, job: id }, 'Only a job itself uses its caches.')
  const cache = await notedCache(parts.store.db, job.id, job.attempt, index)
  if (cache === undefined || !cache[wanted]) throw failure('pipelines.cache_unknown')
  const place = { project, repository: cache.repository, trust: cache.trust }
  return { cache, place, attempt: { job: job.id, attempt: job.attempt } }
}

/** Job caches never have such a key: `resolve.ts` takes it from them. */
const resultKey = (hash: string): string => `nx/${hash}`

async function ownPlace(
  parts: Parts,
  who: Identity,
  { project, job: id }: { project: string; job: string },
): Promise<{ place: Place; attempt: Writer }> {
  const job = await ownJob(parts, who, { project, job: id }, 'Only a job itself uses its caches.')
  const place = await placeOfJob(parts.store.db, job.id)
  if (place === undefined) throw failure('pipelines.job_unknown')
  return { place, attempt: { job: job.id, attempt: job.attempt } }
}

async function opened(parts: Parts, files: KeptFiles, place: Place, keys: readonly string[]) {
  // Replaced between the look and the opening of its file: the new one is there by then.
  for (let tries = 0; tries < 3; tries++) {
    const row = await useCache(parts.store.db, place, keys)
    if (row === undefined) break
    const file = await files.read(row.id)
    if (file !== undefined) return { ...row, ...file }
  }
  throw failure('pipelines.cache_unknown')
}

/** The file first, then its row; whatever goes wrong, the file is gone again. */
async function stored(parts: Parts, files: KeptFiles, { key, source, place, attempt, ...wanted }: Store) {
  const id = newId('cch')
  const { sha256, sizeBytes } = await files.write(id, source, parts.limits.cacheBytesMax)
  let gone: string[] = []
  try {
    if (wanted.sha256 !== undefined && sha256 !== wanted.sha256)
      throw failure('platform.request_invalid', { detail: 'The SHA-256 of the body is not the one that was announced.' }) // prettier-ignore
    gone = await keep(parts, place, { id, key, sha256, sizeBytes }, attempt, wanted.isFinal === true)
  } catch (error) {
    await files.remove(id)
    throw error
  }
  for (const old of gone) await files.remove(old)
  return { id, key, sizeBytes }
}

/** Ids of the caches whose place it took. */
function keep(
  { store, limits }: Parts,
  place: Place,
  cache: CacheRow,
  attempt: Writer,
  isFinal: boolean,
): Promise<string[]> {
  return store.transaction(async (tx) => {
    await lockCaches(tx, place)
    if (isFinal && (await hasCache(tx, place, cache.key))) throw failure('pipelines.cache_exists')
    const { isCurrent, gone } = await replaceCache(tx, place, cache, attempt)
    if (!isCurrent) throw failure('pipelines.attempt_stale')
    return [...gone, ...(await evictCaches(tx, place, { count: limits.cachesMax, bytes: limits.cachesBytesMax }))]
  })
}

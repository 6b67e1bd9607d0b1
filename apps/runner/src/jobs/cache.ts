import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  createReadStream,
  createWriteStream,
  fstatSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Worker } from 'node:worker_threads'
import { request } from 'undici'
import { archiveLimits } from '../archives/archive-limits.ts'
import { again, HttpError } from './artifacts.ts'
import type { AttemptFolder } from './attempt-folder.ts'
import type { Packed } from './cache-pack.ts'
import type { CacheTask } from './cache-thread.ts'
import type { Unpacked } from './cache-unpack.ts'
import type { LogStream } from './log-stream.ts'
import type { Assignment } from './pipelines.ts'

type Cache = NonNullable<Assignment['caches']>[number]
/** Runs a script as a step of the job, inside the walls. */
type Run = (name: string, script: string, until: AbortSignal) => Promise<number>
export type CacheParts = { assignment: Assignment; folder: AttemptFolder; log: LogStream; run: Run }

/** For one cache from the first byte to the last; a job waits no longer for what only saves it time. */
const cacheTimeoutMs = 300_000
const untrackedBytesMax = 16 * 1024 ** 2

export type JobCaches = {
  pulls: boolean
  pushes(isSuccess: boolean): boolean
  restore(signal: AbortSignal): Promise<void>
  archive(isSuccess: boolean, signal: AbortSignal): Promise<void>
}

/**
 * The caches of an attempt. Whatever goes wrong with one is said in the log and is no reason for the job to fail; only
 * the job's own end, by the signal, goes through.
 */
export function jobCaches(parts: CacheParts): JobCaches {
  const { assignment, log } = parts
  const caches = assignment.caches ?? []
  /** What lies under the first key already, by the place of the cache. */
  const unchanged = new Map<number, string>()
  const wanted = ({ policy, when }: Cache, isSuccess: boolean): boolean =>
    (policy === 'push' || policy === 'pull-push') && (when === 'always' || (when === 'on_success') === isSuccess)

  async function each(chosen: (cache: Cache) => boolean, signal: AbortSignal, what: string, work: Work): Promise<void> {
    for (const [index, cache] of caches.entries()) {
      if (!chosen(cache)) continue
      try {
        await work(cache, index, AbortSignal.any([signal, AbortSignal.timeout(cacheTimeoutMs)]))
      } catch (error) {
        signal.throwIfAborted()
        log.say(`WARNING: the cache ${cache.key} was not ${what}: ${reasonOf(error)}`)
      }
    }
  }

  return {
    pulls: caches.some(({ policy, note }) => policy.startsWith('pull') || note !== undefined),
    pushes: (isSuccess) => caches.some((cache) => wanted(cache, isSuccess)),
    async restore(signal) {
      for (const { key, note } of caches) if (note !== undefined) log.say(`The cache ${key}: ${note}`)
      await each(
        ({ policy }) => policy.startsWith('pull'),
        signal,
        'restored',
        async (cache, index, until) => {
          const sha256 = await restoreOne(parts, cache, index, until)
          if (sha256 !== undefined) unchanged.set(index, sha256)
        },
      )
    },
    archive: (isSuccess, signal) =>
      each(
        (cache) => wanted(cache, isSuccess),
        signal,
        'kept',
        (cache, index, until) => archiveOne(parts, cache, index, unchanged.get(index), until),
      ),
  }
}

type Work = (cache: Cache, index: number, until: AbortSignal) => Promise<void>

const reasonOf = (error: unknown): string => {
  if (error instanceof HttpError && error.status === 413) return 'it is larger than a cache may be.'
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'it took too long.'
  return error instanceof Error ? error.message.slice(0, 500) : 'something went wrong.'
}

const urlOf = ({ gatewayUrl, project, job }: Assignment, index: number, sha256?: string): URL => {
  const url = new URL(
    `${gatewayUrl}/api/v1/projects/${encodeURIComponent(project)}/jobs/${encodeURIComponent(job)}/cache`,
  )
  url.searchParams.set('index', String(index))
  if (sha256 !== undefined) url.searchParams.set('sha256', sha256)
  return url
}

/** The SHA-256 of what was restored under the first key; undefined where it was another key, or none. */
async function restoreOne(
  { assignment, folder, log }: CacheParts,
  cache: Cache,
  index: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = join(folder.scratch, `cache-${index}.tar.zst`)
  const startedAt = performance.now()
  try {
    const found = await again(() => download(urlOf(assignment, index), assignment.token, path, signal), signal)
    if (found === undefined) {
      log.say(`No cache under ${[cache.key, ...cache.fallbackKeys].join(', ')}`)
      return undefined
    }
    const { files } = await inThread<Unpacked>({ unpack: { archive: path, root: folder.work } }, signal)
    log.say(`Restored the cache ${found.key}: ${files} files (${found.sizeBytes} bytes packed) in ${secondsSince(startedAt)}`) // prettier-ignore
    return found.key === cache.key ? found.sha256 : undefined
  } finally {
    rmSync(path, { force: true })
  }
}

type Found = { key: string; sha256: string; sizeBytes: number }

async function download(url: URL, token: string, path: string, signal: AbortSignal): Promise<Found | undefined> {
  const answer = await request(url, {
    headers: { authorization: `Bearer ${token}` },
    signal,
    headersTimeout: 15_000,
    bodyTimeout: 30_000,
  })
  if (answer.statusCode !== 200) {
    await answer.body.dump()
    if (answer.statusCode === 404) return undefined
    throw new HttpError(answer.statusCode)
  }
  const hash = createHash('sha256')
  let sizeBytes = 0
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length
      hash.update(chunk)
      done(sizeBytes > archiveLimits.bytesMax ? new Error('It is larger than a cache may be.') : null, chunk)
    },
  })
  await pipeline(answer.body, check, createWriteStream(path, { mode: 0o600 }), { signal })
  const sha256 = hash.digest('hex')
  if (answer.headers['etag'] !== `"${sha256}"`) throw new Error('What came is not what is kept: its SHA-256 differs.')
  return { key: decodeURIComponent(String(answer.headers['x-plinth-cache-key'] ?? '')), sha256, sizeBytes }
}

async function archiveOne(
  parts: CacheParts,
  cache: Cache,
  index: number,
  unchanged: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { assignment, folder, log } = parts
  const archive = join(folder.scratch, `cache-${index}.tar.zst`)
  const startedAt = performance.now()
  try {
    const untracked = cache.untracked ? await untrackedFiles(parts, signal) : []
    const packing = { root: folder.work, archive, paths: cache.paths, untracked }
    const { files, sizeBytes, sha256, warnings } = await inThread<Packed>({ pack: packing }, signal)
    for (const warning of warnings.slice(0, 20)) log.say(`WARNING: ${warning}`)
    if (files === 0) return log.say(`Nothing to keep in the cache ${cache.key}`)
    if (sha256 === unchanged) return log.say(`The cache ${cache.key} is what it was`)
    await again(() => put(assignment, index, { archive, sizeBytes, sha256 }, signal), signal)
    log.say(`Kept the cache ${cache.key}: ${files} files (${sizeBytes} bytes packed) in ${secondsSince(startedAt)}`)
  } finally {
    rmSync(archive, { force: true })
  }
}

async function put(
  assignment: Assignment,
  index: number,
  { archive, sizeBytes, sha256 }: { archive: string; sizeBytes: number; sha256: string },
  signal: AbortSignal,
): Promise<void> {
  const answer = await request(urlOf(assignment, index, sha256), {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${assignment.token}`,
      'content-type': 'application/zstd',
      'content-length': String(sizeBytes),
    },
    body: createReadStream(archive),
    signal,
    headersTimeout: cacheTimeoutMs,
  })
  await answer.body.dump()
  if (answer.statusCode !== 201) throw new HttpError(answer.statusCode)
}

/**
 * What git does not track, ignored files too. git reads settings of the repository that name programs, so it runs
 * where the job's own scripts run, and what it says is believed no more than they are.
 */
async function untrackedFiles({ folder, run }: CacheParts, signal: AbortSignal): Promise<string[]> {
  const name = `.plinth-untracked-${randomBytes(8).toString('hex')}`
  const path = join(folder.work, name)
  try {
    const exitCode = await run('cache-untracked', `cd "$CI_PROJECT_DIR" && git ls-files --others -z > ${name}`, signal)
    if (exitCode !== 0) throw new Error('git could not list the untracked files.')
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const stat = fstatSync(file)
      if (!stat.isFile() || stat.size > untrackedBytesMax) throw new Error('There are too many untracked files.')
      const all = readFileSync(file, 'utf8').split('\0')
      return all.filter((each) => each !== '' && each !== name && !each.endsWith('/'))
    } finally {
      closeSync(file)
    }
  } finally {
    rmSync(path, { force: true })
  }
}

const secondsSince = (startedAt: number): string => `${((performance.now() - startedAt) / 1_000).toFixed(2)} s`

/** Resolves with what the thread says; when the signal aborts, nothing of it runs any more once this rejects. */
async function inThread<Said>(task: CacheTask, signal: AbortSignal): Promise<Said> {
  signal.throwIfAborted()
  const thread = new Worker(new URL('./cache-thread.ts', import.meta.url), { workerData: task })
  const stop = (): void => void thread.terminate()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await new Promise<Said>((resolve, reject) => {
      thread.on('message', resolve).on('error', reject)
      thread.on('exit', () => reject(signal.aborted ? (signal.reason as Error) : new Error('Its thread has ended.')))
    })
  } finally {
    signal.removeEventListener('abort', stop)
    await thread.terminate()
  }
}

import { createHash } from 'node:crypto'
import { fileIds, listFiles, type JobAssignment } from '@plinth/contracts'
import { expandText, globMatcher, isGlob, type CacheSpec, type PlannedJob } from '@plinth/ci'
import type { Static } from 'typebox'
import type { JobRow } from '../jobs/job-row.ts'
import type { Parts } from '../parts.ts'
import type { PipelineRow } from '../pipelines/pipeline-row.ts'
import { noteCaches, type JobCache } from './cache-store.ts'

type CacheAssignment = NonNullable<Static<typeof JobAssignment>['caches']>[number]
type Context = {
  pipeline: PipelineRow
  job: JobRow
  fill: (text: string) => string
  globalFallback: string | undefined
}

const keyCharactersMax = 255
/** Of a pattern in `key:files`: enough for the lock files of a large repository. */
const keyPathsMax = 200
const policies = ['pull', 'push', 'pull-push'] as const

/**
 * The caches of an attempt with their keys filled in, noted down for it: what the job fetches and keeps later is looked
 * up there, so that neither a key nor a trust is ever taken from who asks.
 */
export async function cachesOf(
  parts: Pick<Parts, 'store' | 'bus'>,
  { job, pipeline, spec }: { job: JobRow; pipeline: PipelineRow; spec: PlannedJob },
  variables: ReadonlyMap<string, string>,
): Promise<CacheAssignment[]> {
  if (spec.caches === undefined) return []
  const fill = (text: string): string => expandText(text, (name) => variables.get(name), 'empty')
  const context = { pipeline, job, fill, globalFallback: variables.get('CACHE_FALLBACK_KEY') }
  const resolved = await Promise.all(spec.caches.map((cache) => resolve(parts, cache, context)))
  await noteCaches(
    parts.store.db,
    job,
    resolved.map(({ noted }) => noted),
  )
  return resolved.map(({ assigned }) => assigned)
}

async function resolve(
  parts: Pick<Parts, 'bus'>,
  cache: CacheSpec,
  context: Context,
): Promise<{ assigned: CacheAssignment; noted: JobCache }> {
  const { fill, pipeline } = context
  const key = await keyOf(parts, cache, context).catch(() => undefined)
  const written = fill(cache.policy)
  const known = policies.find((policy) => policy === written)
  const policy = key === undefined ? undefined : known
  const fallbackKeys = [...cache.fallbackKeys, context.globalFallback ?? '']
    .map((text) => held(fill(text)))
    .filter((text) => text !== '' && text !== key)
  const isShared = cache.unprotect && pipeline.facts.protected
  const note =
    key === undefined
      ? 'its key could not be made, because the files of the repository could not be read'
      : known === undefined
        ? `its policy is \`${written.slice(0, 100)}\`; expected pull, push or pull-push`
        : isShared
          ? 'it is shared with refs that are not protected, as `unprotect` says'
          : undefined
  return {
    assigned: {
      key: key ?? '',
      fallbackKeys,
      paths: cache.paths.map(fill),
      untracked: cache.untracked,
      when: cache.when,
      policy: policy ?? 'none',
      ...(note !== undefined && { note }),
    },
    noted: {
      keys: key === undefined ? [] : [key, ...fallbackKeys],
      // The pipeline's own fact, from the day it was made. `unprotect` can lower it and nothing can raise it.
      trust: pipeline.facts.protected && !cache.unprotect ? 'protected' : 'unprotected',
      pulls: policy === 'pull' || policy === 'pull-push',
      pushes: policy === 'push' || policy === 'pull-push',
    },
  }
}

/** GitLab's `seed/build/cache.rb`: SHA-1 of the ids, sorted, joined by hyphens; `default` where no file is there. */
async function keyOf(parts: Pick<Parts, 'bus'>, { key }: CacheSpec, { fill, job, pipeline }: Context): Promise<string> {
  // A text whose variables are empty: GitLab's runner then takes the job and the ref.
  if (typeof key === 'string') return held(fill(key)) || held(`${job.name}/${pipeline.ref}`)
  const { project, repository, revision } = pipeline
  const at = { project, repository, revision }
  const paths = await pathsOf(parts, at, key.files.map(fill))
  const { ids } = await parts.bus.ask(fileIds, { ...at, paths, by: key.by })
  const digest = ids.length === 0 ? 'default' : createHash('sha1').update(ids.join('-')).digest('hex')
  return held(key.prefix === undefined || fill(key.prefix) === '' ? digest : `${fill(key.prefix)}-${digest}`)
}

async function pathsOf(
  parts: Pick<Parts, 'bus'>,
  at: { project: string; repository: string; revision: string },
  files: readonly string[],
): Promise<string[]> {
  const names = files.map((file) => file.replace(/^\.\//, ''))
  if (!names.some(isGlob)) return names
  const { paths } = await parts.bus.ask(listFiles, at)
  return names.flatMap((name) => (isGlob(name) ? paths.filter(globMatcher(name)) : [name])).slice(0, keyPathsMax)
}

/** A key as it is kept: of a length, and of characters that the database takes; two different ones stay two. */
function held(key: string): string {
  // `nx/` is where the results of tasks lie.
  const text = key.replaceAll('\0', '').toWellFormed().trim().replace(/^nx\//, 'nx-')
  if (text.length <= keyCharactersMax) return text
  return `${text.slice(0, keyCharactersMax - 65)}-${createHash('sha256').update(text).digest('hex')}`
}

import { Type } from 'typebox'
import { Closed, Id, Items, ProjectName, ProjectParams, RepositoryName, Timestamp } from '../core/common.ts'
import { route } from '../core/route.ts'
import { JobParams } from './shared.ts'

/** Which of the job's own caches, in the order of its assignment: the key is never the caller's to say. */
const CacheIndex = Type.String({ pattern: '^[0-3]$', description: "Which of the job's caches, counted from 0" })

const TaskParams = Closed({ project: ProjectName, job: Id, hash: Type.String({ pattern: '^[0-9a-zA-Z]{1,128}$' }) })

export const cacheRoutes = {
  downloadCache: route({
    method: 'GET',
    path: '/api/v1/projects/:project/jobs/:job/cache',
    summary: "What is kept under one of the job's own cache keys, or the first of its fallback keys; only by the job itself", // prettier-ignore
    kind: 'raw',
    timeoutMs: 300_000,
    permission: { action: 'get', object: 'artifact', domain: ':project' },
    params: JobParams,
    query: Closed({ index: CacheIndex }),
    response: { 200: Type.Unknown() },
    errors: ['pipelines.job_unknown', 'pipelines.attempt_stale', 'pipelines.cache_unknown'],
  }),
  uploadCache: route({
    method: 'PUT',
    path: '/api/v1/projects/:project/jobs/:job/cache',
    summary: "Keep a tar, packed by zstd, under one of the job's own cache keys; only by the job itself",
    kind: 'raw',
    timeoutMs: 300_000,
    permission: { action: 'create', object: 'artifact', domain: ':project' },
    params: JobParams,
    query: Closed({ index: CacheIndex, sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) }),
    bodyLimitBytes: 2 * 1024 * 1024 * 1024,
    response: { 201: Type.Object({ id: Id, key: Type.String(), sizeBytes: Type.Integer() }) },
    errors: ['pipelines.job_unknown', 'pipelines.attempt_stale', 'pipelines.cache_unknown'],
  }),
  getTaskResult: route({
    method: 'GET',
    path: '/api/v1/projects/:project/jobs/:job/nx/v1/cache/:hash',
    summary: "What a task of Nx made, by its hash (Nx's remote cache API); only by a job",
    kind: 'raw',
    timeoutMs: 300_000,
    permission: { action: 'get', object: 'artifact', domain: ':project' },
    params: TaskParams,
    response: { 200: Type.Unknown() },
    errors: ['pipelines.job_unknown', 'pipelines.attempt_stale', 'pipelines.cache_unknown'],
  }),
  putTaskResult: route({
    method: 'PUT',
    path: '/api/v1/projects/:project/jobs/:job/nx/v1/cache/:hash',
    summary: 'Keep what a task of Nx made; what is kept is never replaced; only by a job',
    kind: 'raw',
    timeoutMs: 300_000,
    permission: { action: 'create', object: 'artifact', domain: ':project' },
    params: TaskParams,
    bodyLimitBytes: 2 * 1024 * 1024 * 1024,
    response: { 200: Type.Object({ id: Id, key: Type.String(), sizeBytes: Type.Integer() }) },
    errors: ['pipelines.job_unknown', 'pipelines.attempt_stale', 'pipelines.cache_exists'],
  }),
  listCaches: route({
    method: 'GET',
    path: '/api/v1/projects/:project/caches',
    summary: 'What jobs keep from one run to the next, the last used first',
    permission: { action: 'list', object: 'artifact', domain: ':project' },
    params: ProjectParams,
    query: Closed({ repository: Type.Optional(RepositoryName) }),
    response: {
      200: Items(
        Type.Object({
          id: Id,
          repository: Type.String(),
          key: Type.String(),
          trust: Type.Enum(['protected', 'unprotected'], { description: 'Of the refs that write it and read it' }),
          sizeBytes: Type.Integer(),
          job: Id,
          ref: Type.String(),
          createdAt: Timestamp,
          usedAt: Timestamp,
        }),
      ),
    },
  }),
}

import { Readable } from 'node:stream'
import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { ArtifactUseCases } from './artifacts/usecases.ts'
import type { JobUseCases } from './jobs/usecases.ts'
import type { LogUseCases } from './logs/usecases.ts'
import { lint } from './pipelines/lint.ts'
import type { PipelineUseCases } from './pipelines/usecases.ts'
import type { Parts } from './parts.ts'

type AllHandlers = Handlers<typeof contracts.pipelines.routes>
type Some<Name extends keyof AllHandlers> = Pick<AllHandlers, Name>

export const pipelineRoutes = (
  parts: Parts,
  use: PipelineUseCases,
): Some<
  | 'listPipelines'
  | 'createPipeline'
  | 'getPipeline'
  | 'cancelPipeline'
  | 'retryPipeline'
  | 'listPipelineTests'
  | 'lintPipeline'
> => ({
  listPipelines: ({ params, query }) => use.list(params.project, query),
  createPipeline: ({ who, params, body, signal }) => use.create(who, { ...params, ...body }, signal),
  getPipeline: ({ params }) => use.get(params),
  cancelPipeline: ({ who, params }) => use.cancel(who, params),
  retryPipeline: ({ who, params }) => use.retry(who, params),
  listPipelineTests: ({ params }) => use.tests(params),
  lintPipeline: async ({ who, params, body }) => lint(parts, who, { ...params, ...body }),
})

export const jobRoutes = (use: JobUseCases): Some<'getJob' | 'cancelJob' | 'retryJob' | 'playJob'> => ({
  getJob: ({ params }) => use.get(params),
  cancelJob: ({ who, params }) => use.cancel(who, params),
  retryJob: ({ who, params }) => use.retry(who, params),
  playJob: ({ who, params }) => use.play(who, params),
})

export const logRoutes = (use: LogUseCases): Some<'followJobLog' | 'getJobLog'> => ({
  followJobLog: ({ params, headers, signal }) => use.follow(params, offsetOf(headers['last-event-id']), signal),
  // Plain text that no browser may take for anything else: what a job prints is not ours.
  getJobLog: async ({ params, reply }) =>
    reply
      .header('content-type', 'text/plain; charset=utf-8')
      .header('x-content-type-options', 'nosniff')
      .header('content-security-policy', "default-src 'none'; sandbox")
      .send(Readable.from(await use.read(params), { objectMode: false })),
})

/** Where a follower goes on; what is no offset begins at the beginning. */
const offsetOf = (header: string | string[] | undefined): number =>
  typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : 0

export const artifactRoutes = (
  use: ArtifactUseCases,
): Some<'uploadArtifact' | 'downloadArtifact' | 'listArtifacts'> => ({
  uploadArtifact: async ({ who, params, query, raw, reply }) =>
    reply.code(201).send(await use.upload(who, params, query.name, raw.raw)),

  async downloadArtifact({ params, headers, reply }) {
    const artifact = await use.download(params)
    const etag = `"${artifact.sha256}"`
    reply
      .header('etag', etag)
      .header('cache-control', 'private, max-age=31536000, immutable')
      .header('x-content-type-options', 'nosniff')
    if (headers['if-none-match'] === etag) {
      artifact.stream.destroy()
      return reply.code(304).send()
    }
    return reply
      .header('content-type', 'application/gzip')
      .header('content-length', artifact.sizeBytes)
      .header('content-disposition', `attachment; filename="${fileName(artifact.name)}.tar.gz"`)
      .send(artifact.stream)
  },

  listArtifacts: ({ params }) => use.list(params),
})

/** In a header, so nothing but what any file system and any parser takes. */
const fileName = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(0, 100) || 'artifact'

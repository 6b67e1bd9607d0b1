import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { CacheUseCases } from './usecases.ts'

type CacheHandlers = Pick<
  Handlers<typeof contracts.pipelines.routes>,
  'downloadCache' | 'uploadCache' | 'getTaskResult' | 'putTaskResult' | 'listCaches'
>

export const cacheRoutes = (use: CacheUseCases): CacheHandlers => ({
  async downloadCache({ who, params, query, reply }) {
    const cache = await use.download(who, { ...params, index: Number(query.index) })
    return reply
      .header('etag', `"${cache.sha256}"`)
      .header('cache-control', 'private, no-store')
      .header('content-type', 'application/zstd')
      .header('content-length', cache.sizeBytes)
      .header('x-content-type-options', 'nosniff')
      .header('x-plinth-cache-key', encodeURIComponent(cache.key))
      .send(cache.stream)
  },

  uploadCache: async ({ who, params, query, raw, reply }) =>
    reply
      .code(201)
      .send(await use.upload(who, { ...params, index: Number(query.index), sha256: query.sha256 }, raw.raw)),

  async getTaskResult({ who, params, reply }) {
    const result = await use.getResult(who, params)
    return reply
      .header('content-type', 'application/octet-stream')
      .header('cache-control', 'private, no-store')
      .header('content-length', result.sizeBytes)
      .header('x-content-type-options', 'nosniff')
      .send(result.stream)
  },

  putTaskResult: async ({ who, params, raw, reply }) => reply.code(200).send(await use.putResult(who, params, raw.raw)),

  listCaches: ({ params, query }) => use.list(params, query),
})

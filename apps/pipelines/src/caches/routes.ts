import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { CacheUseCases } from './usecases.ts'

type CacheHandlers = Pick<Handlers<typeof contracts.pipelines.routes>, 'downloadCache' | 'uploadCache' | 'listCaches'>

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

  listCaches: ({ params, query }) => use.list(params, query),
})

import type { gitopsRoutes } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import { decodeCursor, pageOf } from '@plinth/store'
import type { Parts } from '../parts.ts'
import { deliveryLine } from './delivery.ts'
import { listReleases, viewRelease } from './store.ts'

export const releaseRoutes = (
  parts: Parts,
): Handlers<Pick<typeof gitopsRoutes, 'listReleases' | 'getDeliveryLine'>> => ({
  listReleases: async ({ params: { project, component }, query: { limit = 50, cursor } }) => {
    const before = cursor === undefined ? undefined : decodeCursor(cursor, ['number', 'string'])
    const found = await listReleases(parts.store.db, project, component, { before, limit: limit + 1 })
    const page = pageOf(found, limit, ({ pipelineNumber, id }) => [pipelineNumber, id])
    return { ...page, items: page.items.map(viewRelease) }
  },
  getDeliveryLine: ({ params }) => deliveryLine(parts)(params.project, params.component),
})

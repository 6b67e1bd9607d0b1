import type { gitopsRoutes } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import { decodeCursor, pageOf } from '@plinth/store'
import type { Parts } from '../parts.ts'
import { approve, close } from './decisions.ts'
import { createChangeRequest, getChangeRequest, mergeChangeRequest } from './merges.ts'
import { approvePromotion, createPromotion, getPromotion } from './promotions.ts'
import { listChangeRequests } from './store.ts'
import { viewChangeRequest } from './view.ts'

type ChangeRequestRoutes = Pick<
  typeof gitopsRoutes,
  | 'listChangeRequests' | 'createChangeRequest' | 'getChangeRequest' | 'approveChangeRequest' | 'mergeChangeRequest' | 'closeChangeRequest'
  | 'createPromotion' | 'getPromotion' | 'approvePromotion' | 'closePromotion'
> // prettier-ignore

export const changeRequestRoutes = (parts: Parts): Handlers<ChangeRequestRoutes> => ({
  listChangeRequests: async ({ params: { project }, query: { state, limit = 50, cursor } }) => {
    const { db } = parts.store
    const before = cursor === undefined ? undefined : decodeCursor(cursor, ['number'])[0]
    const page = pageOf(
      await listChangeRequests(db, project, { state, before, limit: limit + 1 }),
      limit,
      ({ number }) => [number],
    )
    return { ...page, items: await Promise.all(page.items.map((request) => viewChangeRequest(db, request))) }
  },
  createChangeRequest: ({ who, params, body }) => createChangeRequest(parts)(who, params, body),
  getChangeRequest: ({ params }) => getChangeRequest(parts)(params),
  approveChangeRequest: ({ who, params }) => approve(parts)(who, params),
  mergeChangeRequest: ({ who, params }) => mergeChangeRequest(parts)(who, params),
  closeChangeRequest: ({ who, params }) => close(parts)(who, params),
  createPromotion: ({ who, params, body }) => createPromotion(parts)(who, params, body),
  getPromotion: ({ params }) => getPromotion(parts)(params),
  approvePromotion: ({ who, params }) => approvePromotion(parts)(who, params),
  closePromotion: ({ who, params }) => close(parts)(who, params),
})

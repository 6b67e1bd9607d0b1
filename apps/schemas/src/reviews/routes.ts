import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { ReviewUseCases } from './usecases.ts'

type Some<Name extends keyof AllHandlers> = Pick<AllHandlers, Name>
type AllHandlers = Handlers<typeof contracts.schemas.routes>

export const reviewRoutes = (
  use: ReviewUseCases,
): Some<'listSchemaReviews' | 'getSchemaReview' | 'approveSchemaReview' | 'rejectSchemaReview'> => ({
  listSchemaReviews: ({ params, query }) => use.list(params.project, query),
  getSchemaReview: ({ who, params }) => use.get(who, params),
  approveSchemaReview: ({ who, params, body }) => use.approve(who, params, body),
  rejectSchemaReview: ({ who, params, body }) => use.reject(who, params, body),
})

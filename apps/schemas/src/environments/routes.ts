import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { EnvironmentUseCases } from './usecases.ts'

type AllHandlers = Handlers<typeof contracts.schemas.routes>
type Some<Name extends keyof AllHandlers> = Pick<AllHandlers, Name>

export const environmentRoutes = (
  use: EnvironmentUseCases,
): Some<
  | 'listSchemaEnvironments'
  | 'getSchemaEnvironments'
  | 'pinSchema'
  | 'unpinSchema'
  | 'planSchemaPromotion'
  | 'promoteSchema'
  | 'listSchemaPromotions'
> => ({
  listSchemaEnvironments: ({ who, params, query }) => use.list(who, params.project, query),
  getSchemaEnvironments: ({ who, params }) => use.get(who, params),
  pinSchema: ({ who, params, body }) => use.pin(who, params, body),
  unpinSchema: ({ who, params }) => use.unpin(who, params),
  planSchemaPromotion: ({ who, params, query }) => use.plan(who, params, query),
  promoteSchema: ({ who, params, body }) => use.promote(who, params, body),
  listSchemaPromotions: ({ params, query }) => use.promotions(params, query),
})

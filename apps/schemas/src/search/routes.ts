import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { SearchUseCases } from './usecases.ts'

type AllHandlers = Handlers<typeof contracts.schemas.routes>
type Some<Name extends keyof AllHandlers> = Pick<AllHandlers, Name>

export const searchRoutes = (
  use: SearchUseCases,
): Some<'searchSchemas' | 'searchProjectSchemas' | 'getSchemaDocumentation' | 'diffSchemaVersions'> => ({
  searchSchemas: ({ who, query }) => use.everywhere(who, query),
  searchProjectSchemas: ({ params, query }) => use.inProject(params.project, query),
  getSchemaDocumentation: ({ who, params }) => use.documentation(who, params, params.version),
  diffSchemaVersions: ({ params, query }) => use.difference(params, query),
})

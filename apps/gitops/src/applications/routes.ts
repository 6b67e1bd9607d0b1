import type { gitopsRoutes } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { Parts } from '../parts.ts'
import {
  applicationsOf,
  deployApplication,
  getApplication,
  rollbackApplication,
  syncApplication,
  syncsPage,
} from './usecases.ts'

type ApplicationRoutes = Pick<
  typeof gitopsRoutes,
  'listApplications' | 'getApplication' | 'listSyncs' | 'deployApplication' | 'syncApplication' | 'rollbackApplication'
>

export const applicationRoutes = (parts: Parts): Handlers<ApplicationRoutes> => ({
  listApplications: ({ params, query }) => applicationsOf(parts)(params.project, query.component),
  getApplication: ({ params }) => getApplication(parts)(params),
  listSyncs: ({ params, query }) => syncsPage(parts)(params, query),
  deployApplication: ({ who, params, body }) => deployApplication(parts)(who, params, body.revision),
  syncApplication: ({ who, params }) => syncApplication(parts)(who, params),
  rollbackApplication: ({ who, params, body }) => rollbackApplication(parts)(who, params, body.sync),
})

import type { provisioningRoutes } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { Parts } from '../parts.ts'
import { mustFindProject } from './store.ts'
import { createEnvironment, createProject, environmentsOf, projectsPage } from './usecases.ts'

type ProjectRoutes = Pick<
  typeof provisioningRoutes,
  'listProjects' | 'createProject' | 'getProject' | 'listEnvironments' | 'createEnvironment'
>

export const projectRoutes = (parts: Parts): Handlers<ProjectRoutes> => ({
  listProjects: ({ who, query }) => projectsPage(parts)(who, query),
  createProject: ({ who, body }) => createProject(parts)(who, body),
  getProject: ({ params }) => mustFindProject(parts.store.db, params.project),
  listEnvironments: ({ params }) => environmentsOf(parts)(params.project),
  createEnvironment: ({ who, params, body }) => createEnvironment(parts)(who, params.project, body),
})

import type { gitopsRoutes } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { Parts } from '../parts.ts'
import { mustFindRepository } from './store.ts'
import { branchesOf, commitsPage, fileOf, listPage, treeOf, viewOf } from './usecases.ts'

type RepositoryRoutes = Pick<
  typeof gitopsRoutes,
  'listRepositories' | 'getRepository' | 'listCommits' | 'listBranches' | 'listTree' | 'getFile'
>

export const repositoryRoutes = (parts: Parts): Handlers<RepositoryRoutes> => ({
  listRepositories: ({ params, query }) => listPage(parts)(params.project, query),
  getRepository: async ({ params }) =>
    viewOf(parts, await mustFindRepository(parts.store.db, params.project, params.repository)),
  listCommits: ({ params, query }) => commitsPage(parts)(params, query),
  listBranches: ({ params }) => branchesOf(parts)(params),
  listTree: ({ params, query }) => treeOf(parts)(params, query),
  getFile: ({ params, query }) => fileOf(parts)(params, query),
})

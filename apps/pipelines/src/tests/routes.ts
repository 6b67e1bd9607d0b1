import type { testRoutes as contract } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { TestUseCases } from './usecases.ts'

export const testRoutes = (use: TestUseCases): Handlers<typeof contract> => ({
  listRepositoryTests: ({ params, query }) => use.list(params, query),
  getRepositoryTest: ({ params }) => use.get(params),
  comparePipelineTests: ({ params }) => use.compare(params),
  listPipelineFindings: ({ params }) => use.findings(params),
  listPipelineCoverage: ({ params }) => use.coverage(params),
  createTestQuarantine: ({ who, params, body }) => use.quarantine(who, params, body),
  deleteTestQuarantine: ({ who, params: { quarantine, ...place } }) => use.release(who, place, quarantine),
})

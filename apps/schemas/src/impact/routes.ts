import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { ImpactUseCases } from './impact.ts'
import type { LineageUseCases } from './lineage.ts'

type AllHandlers = Handlers<typeof contracts.schemas.routes>

export const impactRoutes = (
  impact: ImpactUseCases,
  lineage: LineageUseCases,
): Pick<AllHandlers, 'analyzeImpact' | 'getProjectLineage' | 'getSubjectLineage'> => ({
  analyzeImpact: ({ who, params, body }) => impact.analyze(who, params, body),
  getProjectLineage: ({ who, params, query }) => lineage.ofProject(who, params.project, query.environment),
  getSubjectLineage: ({ who, params, query }) =>
    lineage.ofSubject(who, params.project, params.subject, query.environment),
})

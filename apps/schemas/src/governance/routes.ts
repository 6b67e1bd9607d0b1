import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { RuleUseCases } from './rules.ts'
import type { SubjectGovernance } from './subjects.ts'

type AllHandlers = Handlers<typeof contracts.schemas.routes>
type Some<Name extends keyof AllHandlers> = Pick<AllHandlers, Name>

export const governanceRoutes = (
  subjects: SubjectGovernance,
  rules: RuleUseCases,
): Some<
  | 'getSubjectGovernance'
  | 'updateSubjectGovernance'
  | 'setSubjectFieldTags'
  | 'setSubjectLifecycle'
  | 'listSchemaRules'
  | 'setSchemaRules'
  | 'lintSchema'
  | 'listSchemaClassifications'
  | 'setSchemaClassifications'
> => ({
  getSubjectGovernance: ({ who, params }) => subjects.get(who, params),
  updateSubjectGovernance: ({ who, params, body }) => subjects.update(who, params, body),
  setSubjectFieldTags: ({ who, params, body }) => subjects.setFieldTags(who, params, body.fields),
  setSubjectLifecycle: ({ who, params, body }) => subjects.setLifecycle(who, params, body),
  listSchemaRules: ({ params }) => rules.list(params.project),
  setSchemaRules: ({ who, params, body }) => rules.set(who, params.project, body.rules),
  lintSchema: ({ who, params, query, body }) => rules.lint(who, params, body, query.environment),
  listSchemaClassifications: ({ params }) => rules.listClassifications(params.project),
  setSchemaClassifications: ({ who, params, body }) =>
    rules.setClassifications(who, params.project, body.classifications),
})

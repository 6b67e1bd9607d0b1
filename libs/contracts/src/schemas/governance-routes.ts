import { Type } from 'typebox'
import { Closed, EnvironmentName, Line, ProjectName, ProjectParams, Prose, Timestamp } from '../core/common.ts'
import { route } from '../core/route.ts'
import { LintFinding, NewSchema, SchemaType, SubjectParams } from './shared.ts'

export const subjectLifecycles = ['draft', 'active', 'deprecated', 'retired'] as const
export type SubjectLifecycle = (typeof subjectLifecycles)[number]
export const Lifecycle = Type.Enum([...subjectLifecycles])
export const SchemaTag = Type.String({
  description: 'PII, sensitive, gdpr-article-9, …',
  minLength: 2,
  maxLength: 40,
  pattern: '^[A-Za-z][A-Za-z0-9_-]*$',
})
/** A component of the catalog, or a group: who answers for the subject. */
export const SubjectOwner = Type.String({
  description: '`component:payments/ledger` or `group:payments/developers`',
  maxLength: 130,
  pattern: '^(?:component:[a-z][a-z0-9-]{1,39}/[a-z][a-z0-9-]{1,39}|group:[a-z][a-z0-9._/-]{1,79})$',
})
const FieldPath = Type.String({ minLength: 1, maxLength: 500, description: '`entry.lines[].amount`' })
const Tags = Type.Array(SchemaTag, { maxItems: 20, uniqueItems: true })

export const SubjectGovernance = Type.Object({
  project: Type.String(),
  subject: Type.String(),
  owner: Type.Optional(Type.String({ description: '`component:payments/ledger` or `group:payments/developers`' })),
  contact: Type.Optional(Type.String({ description: 'Whom to talk to: the owner of that component, by the catalog' })),
  description: Type.String(),
  lifecycle: Type.Object({
    state: Lifecycle,
    since: Type.Optional(Timestamp),
    by: Type.Optional(Type.String()),
    retireOn: Type.Optional(Type.String({ description: 'The day from which it may be gone: `2027-03-31`' })),
    replacement: Type.Optional(Type.String({ description: 'The subject to go to; `project/subject` of another project' })),
    note: Type.Optional(Type.String()),
  }),
  tags: Type.Array(Type.String()),
  fields: Type.Array(
    Type.Object({
      path: Type.String(),
      tags: Type.Array(Type.String()),
      written: Type.Array(Type.String(), { description: 'Those of them that the schema itself has' }),
    }),
    { description: 'Fields of the newest version that have tags' },
  ),
  consumers: Type.Array(
    Type.Object({
      project: Type.String(),
      environment: Type.String(),
      component: Type.String(),
      version: Type.Integer(),
    }),
    { description: 'Deployed components that read it, of projects that the caller may see; all are told of a deprecation by its event' },
  ),
  updatedAt: Type.Optional(Timestamp),
  updatedBy: Type.Optional(Type.String()),
}) // prettier-ignore

export const lintSeverities = ['off', 'warn', 'error'] as const
export type LintSeverity = (typeof lintSeverities)[number]
const Severity = Type.Enum([...lintSeverities])
const RuleId = Type.String({ minLength: 2, maxLength: 40, pattern: '^[a-z][a-z-]*[a-z]$' })

export const SchemaRule = Type.Object({
  rule: Type.String(),
  title: Type.String(),
  description: Type.String(),
  types: Type.Array(SchemaType, { description: 'The languages that it is for; none named: all' }),
  severity: Severity,
  environments: Type.Record(Type.String(), Severity, { description: 'Where an environment differs from the project' }),
  style: Type.Optional(Type.String()),
  styles: Type.Optional(Type.Array(Type.String(), { description: 'What `style` can be, for a rule that has one' })),
  words: Type.Optional(Type.Array(Type.String(), { description: 'Names that it looks for, for a rule that does' })),
})
const setting = {
  rule: RuleId,
  environment: Type.Optional(EnvironmentName),
  severity: Severity,
  style: Type.Optional(RuleId),
  words: Type.Optional(Type.Array(Type.String({ minLength: 2, maxLength: 40, pattern: '^[a-z0-9]+$' }), { maxItems: 200, uniqueItems: true })),
} // prettier-ignore
const SchemaRules = Type.Object({
  rules: Type.Array(SchemaRule),
  settings: Type.Array(Type.Object(setting), { description: 'What differs from the defaults, as it was set' }),
})

/** Where data with a tag may go. */
const classification = {
  tag: SchemaTag,
  description: Line(500),
  environments: Type.Optional(
    Type.Array(EnvironmentName, {
      maxItems: 50,
      uniqueItems: true,
      description: 'Environments in which subjects with such a field may be written or read; all unless given',
    }),
  ),
  projects: Type.Optional(
    Type.Array(ProjectName, {
      maxItems: 200,
      uniqueItems: true,
      description: 'Other projects whose components may; all unless given',
    }),
  ),
}
const Classifications = Type.Object({ classifications: Type.Array(Type.Object(classification)) })

const guard = { object: 'schema/:subject', domain: ':project' } as const
const subject = '/api/v1/projects/:project/subjects/:subject'
const project = '/api/v1/projects/:project'
const list = { action: 'list', object: 'schema', domain: ':project' } as const
const govern = { action: 'approve', object: 'schema', domain: ':project' } as const
const unknown = 'schemas.subject_unknown'

export const schemaGovernanceRoutes = {
  getSubjectGovernance: route({
    method: 'GET',
    path: `${subject}/governance`,
    summary: 'Who answers for a subject, where it is in its life, its tags and those of its fields, who reads it',
    permission: { action: 'get', ...guard },
    params: SubjectParams,
    response: { 200: SubjectGovernance },
    errors: [unknown],
  }),
  updateSubjectGovernance: route({
    method: 'PATCH',
    versionOf: 'getSubjectGovernance',
    path: `${subject}/governance`,
    summary: 'Set the owner, the description or the tags; what is not named stays. `owner: null` takes it away',
    permission: { action: 'update', ...guard },
    params: SubjectParams,
    body: Closed({
      owner: Type.Optional(Type.Union([SubjectOwner, Type.Null()])),
      description: Type.Optional(Prose(4_000)),
      tags: Type.Optional(Tags),
    }),
    response: { 200: SubjectGovernance },
    errors: [unknown, 'provisioning.component_unknown'],
  }),
  setSubjectFieldTags: route({
    method: 'PUT',
    versionOf: 'getSubjectGovernance',
    path: `${subject}/governance/fields`,
    summary: 'Set the tags of fields: all that are not written into the schema itself',
    permission: { action: 'update', ...guard },
    params: SubjectParams,
    body: Closed({ fields: Type.Array(Closed({ path: FieldPath, tags: Tags }), { maxItems: 1_000 }) }),
    response: { 200: SubjectGovernance },
    errors: [unknown, 'schemas.field_unknown'],
  }),
  setSubjectLifecycle: route({
    method: 'PUT',
    versionOf: 'getSubjectGovernance',
    path: `${subject}/governance/lifecycle`,
    summary: 'draft, active, deprecated, retired: step by step; a retired subject takes no new version',
    permission: { action: 'update', ...guard },
    params: SubjectParams,
    body: Closed({
      state: Lifecycle,
      retireOn: Type.Optional(Type.String({ pattern: '^20[0-9]{2}-[01][0-9]-[0-3][0-9]$' })),
      replacement: Type.Optional(Type.String({ maxLength: 260, pattern: '^(?:[a-z][a-z0-9-]*/)?[A-Za-z0-9][A-Za-z0-9._-]*$' })),
      note: Type.Optional(Prose(2_000)),
    }),
    response: { 200: SubjectGovernance },
    errors: [unknown, 'schemas.lifecycle_refused'],
  }),
  listSchemaRules: route({
    method: 'GET',
    path: `${project}/schema-rules`,
    summary: 'The lint rules and how severe each is in the project and its environments',
    permission: list,
    params: ProjectParams,
    response: { 200: SchemaRules },
  }),
  setSchemaRules: route({
    method: 'PUT',
    versionOf: 'listSchemaRules',
    path: `${project}/schema-rules`,
    summary: 'Set all that differs from the default: in the project, or in one of its environments',
    permission: govern,
    params: ProjectParams,
    body: Closed({
      rules: Type.Array(
        Closed(setting),
        { maxItems: 500 },
      ),
    }),
    response: { 200: SchemaRules },
    errors: ['schemas.project_empty', 'schemas.rule_unknown'],
  }),
  lintSchema: route({
    method: 'POST',
    path: `${subject}/lint`,
    summary: 'What the rules say of a schema, in the project or in an environment; registers nothing',
    permission: { action: 'get', ...guard },
    params: SubjectParams,
    query: Closed({ environment: Type.Optional(EnvironmentName) }),
    body: NewSchema,
    response: { 200: Type.Object({ accepted: Type.Boolean(), findings: Type.Array(LintFinding) }) },
    errors: ['schemas.schema_invalid'],
  }),
  listSchemaClassifications: route({
    method: 'GET',
    path: `${project}/schema-classifications`,
    summary: 'Tags that restrict where data of this project may go',
    permission: list,
    params: ProjectParams,
    response: { 200: Classifications },
  }),
  setSchemaClassifications: route({
    method: 'PUT',
    versionOf: 'listSchemaClassifications',
    path: `${project}/schema-classifications`,
    summary: 'Say where data with a tag may be written and read; the deployment gate keeps it',
    permission: govern,
    params: ProjectParams,
    body: Closed({ classifications: Type.Array(Closed(classification), { maxItems: 50 }) }),
    response: { 200: Classifications },
    errors: ['schemas.project_empty'],
  }),
} // prettier-ignore

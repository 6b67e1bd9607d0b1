import { Type } from 'typebox'
import { Closed, Page, pageQuery, ProjectName, ProjectParams, SubjectName } from '../core/common.ts'
import { route } from '../core/route.ts'
import { Lifecycle, SchemaTag, SubjectOwner } from './governance-routes.ts'
import { AffectedUse, DiffLine } from './review-routes.ts'
import { Incompatibility, Reference, SchemaType, SubjectParams } from './shared.ts'

const VersionText = Type.String({ pattern: '^(?:latest|[1-9][0-9]{0,8})$' })
const filters = {
  ...pageQuery,
  q: Type.Optional(Type.String({ maxLength: 200, description: 'Words or their beginnings; all of them must be there' })),
  tag: Type.Optional(SchemaTag),
  owner: Type.Optional(SubjectOwner),
  lifecycle: Type.Optional(Lifecycle),
  type: Type.Optional(SchemaType),
} // prettier-ignore

export const SchemaHit = Type.Object({
  project: Type.String(),
  subject: Type.String(),
  version: Type.Integer({ description: 'The newest' }),
  type: SchemaType,
  title: Type.Optional(Type.String()),
  doc: Type.Optional(Type.String({ description: '300 characters at most' })),
  owner: Type.Optional(Type.String()),
  lifecycle: Lifecycle,
  tags: Type.Array(Type.String(), { description: 'Of the subject and of its fields' }),
  matches: Type.Array(
    Type.Object({
      in: Type.Enum(['subject', 'title', 'doc', 'owner', 'tag', 'field', 'field-doc']),
      path: Type.Optional(Type.String({ description: 'Of a field' })),
      text: Type.String(),
    }),
    { description: 'Where the words were found; 10 at most' },
  ),
})

export const DocumentedField = Type.Object({
  path: Type.String(),
  type: Type.String(),
  required: Type.Boolean(),
  doc: Type.Optional(Type.String()),
  default: Type.Optional(Type.String()),
  tags: Type.Array(Type.String()),
})

export const SchemaDocumentation = Type.Object({
  project: Type.String(),
  subject: Type.String(),
  version: Type.Integer(),
  latest: Type.Integer(),
  id: Type.Integer(),
  type: SchemaType,
  title: Type.Optional(Type.String()),
  doc: Type.Optional(Type.String()),
  owner: Type.Optional(Type.String()),
  lifecycle: Lifecycle,
  tags: Type.Array(Type.String()),
  fields: Type.Array(DocumentedField, { description: '5,000 at most' }),
  references: Type.Array(Reference),
  usedBy: Type.Array(Type.Omit(AffectedUse, ['breaks', 'message']), { description: 'Deployed now, with any version' }),
})

const Direction = Type.Object({ compatible: Type.Boolean(), incompatibilities: Type.Array(Incompatibility) })
export const SchemaDifference = Type.Object({
  project: Type.String(),
  subject: Type.String(),
  from: Type.Object({ version: Type.Integer(), type: SchemaType, schema: Type.String() }),
  to: Type.Object({ version: Type.Integer(), type: SchemaType, schema: Type.String() }),
  fields: Type.Array(
    Type.Object({
      path: Type.String(),
      change: Type.Enum(['added', 'removed', 'changed']),
      before: Type.Optional(DocumentedField),
      after: Type.Optional(DocumentedField),
      changed: Type.Array(Type.Enum(['type', 'required', 'doc', 'default', 'tags'])),
    }),
  ),
  lines: Type.Array(DiffLine, { description: 'Both laid out line by line; 5,000 lines at most' }),
  linesTruncated: Type.Boolean(),
  backward: Type.Object({ ...Direction.properties }, { description: 'Who has `to` reads what `from` wrote' }),
  forward: Type.Object({ ...Direction.properties }, { description: 'Who has `from` reads what `to` writes' }),
})

const subject = '/api/v1/projects/:project/subjects/:subject'
const guard = { action: 'get', object: 'schema/:subject', domain: ':project' } as const
const errors = ['schemas.subject_unknown', 'schemas.version_unknown'] as const

export const schemaSearchRoutes = {
  searchSchemas: route({
    method: 'GET',
    path: '/api/v1/schemas',
    summary: 'Find subjects by name, title, documentation, field, tag or owner, in all projects whose schemas one may list',
    permission: 'authenticated',
    scopes: 'service',
    query: Closed({ ...filters, project: Type.Optional(ProjectName) }),
    response: { 200: Page(SchemaHit) },
  }),
  searchProjectSchemas: route({
    method: 'GET',
    path: '/api/v1/projects/:project/schemas',
    summary: 'Find subjects of a project by name, title, documentation, field, tag or owner',
    permission: { action: 'list', object: 'schema', domain: ':project' },
    params: ProjectParams,
    query: Closed(filters),
    response: { 200: Page(SchemaHit) },
  }),
  getSchemaDocumentation: route({
    method: 'GET',
    path: `${subject}/versions/:version/documentation`,
    summary: 'A version as documentation: its fields, what it refers to, who uses it',
    permission: guard,
    params: Closed({ project: ProjectName, subject: SubjectName, version: VersionText }),
    response: { 200: SchemaDocumentation },
    errors,
  }),
  diffSchemaVersions: route({
    method: 'GET',
    path: `${subject}/diff`,
    summary: 'Two versions side by side: fields, text, and whether each reads what the other writes',
    permission: guard,
    params: SubjectParams,
    query: Closed({ from: VersionText, to: Type.Optional(VersionText) }),
    response: { 200: SchemaDifference },
    errors,
  }),
} // prettier-ignore

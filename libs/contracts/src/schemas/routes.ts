import { Type } from 'typebox'
import {
  Closed,
  ComponentName,
  EnvironmentParams,
  Items,
  Page,
  pageQuery,
  ProjectName,
  ProjectParams,
  SubjectName,
} from '../core/common.ts'
import { route } from '../core/route.ts'
import { GateVerdict } from '../provisioning/shared.ts'
import {
  CompatibilityLevelName,
  Deployed,
  NewSchema,
  RegisteredVersion,
  SchemaUse,
  SchemaVersion,
  Subject,
  SubjectParams,
  Verdict,
} from './shared.ts'

const guard = { object: 'schema/:subject', domain: ':project' } as const
const base = '/api/v1/projects/:project/subjects'

export const schemasRoutes = {
  listSubjects: route({
    method: 'GET',
    path: base,
    summary: 'Schema subjects of a project',
    permission: { action: 'list', object: 'schema', domain: ':project' },
    params: ProjectParams,
    query: Closed({ ...pageQuery }),
    response: { 200: Page(Subject) },
  }),
  getSubject: route({
    method: 'GET',
    path: `${base}/:subject`,
    summary: 'A schema subject',
    permission: { action: 'get', ...guard },
    params: SubjectParams,
    response: { 200: Subject },
    errors: ['schemas.subject_unknown'],
  }),
  listVersions: route({
    method: 'GET',
    path: `${base}/:subject/versions`,
    summary: 'Versions of a subject, newest first',
    permission: { action: 'get', ...guard },
    params: SubjectParams,
    response: { 200: Items(SchemaVersion) },
    errors: ['schemas.subject_unknown'],
  }),
  getVersion: route({
    method: 'GET',
    path: `${base}/:subject/versions/:version`,
    summary: 'One version; `latest` for the newest',
    permission: { action: 'get', ...guard },
    params: Closed({
      project: ProjectName,
      subject: SubjectName,
      version: Type.String({ pattern: '^(?:latest|[1-9][0-9]{0,8})$' }),
    }),
    response: { 200: SchemaVersion },
    errors: ['schemas.subject_unknown', 'schemas.version_unknown'],
  }),
  registerVersion: route({
    method: 'POST',
    path: `${base}/:subject/versions`,
    summary: 'Register a schema; the same schema again answers the version it has',
    permission: { action: 'create', ...guard },
    params: SubjectParams,
    body: NewSchema,
    response: { 200: RegisteredVersion },
    errors: ['schemas.schema_invalid', 'schemas.incompatible', 'schemas.lint_refused', 'schemas.subject_retired'],
  }),
  checkCompatibility: route({
    method: 'POST',
    path: `${base}/:subject/compatibility`,
    summary: 'Would it be accepted? Registers nothing',
    permission: { action: 'get', ...guard },
    params: SubjectParams,
    body: NewSchema,
    response: { 200: Verdict },
    errors: ['schemas.schema_invalid'],
  }),
  setCompatibility: route({
    method: 'PUT',
    versionOf: 'getSubject',
    path: `${base}/:subject/compatibility`,
    summary: 'Set the compatibility that new versions must keep',
    permission: { action: 'update', ...guard },
    params: SubjectParams,
    body: Closed({ compatibility: CompatibilityLevelName }),
    response: { 200: Subject },
    errors: ['schemas.subject_unknown'],
  }),
  getDeployedSchemas: route({
    method: 'GET',
    path: '/api/v1/projects/:project/environments/:environment/contracts',
    summary: 'Which deployed component produces and consumes which version',
    permission: { action: 'list', object: 'schema', domain: ':project/:environment' },
    params: EnvironmentParams,
    response: { 200: Items(Deployed) },
  }),
  checkDeployment: route({
    method: 'POST',
    path: '/api/v1/projects/:project/environments/:environment/gate',
    summary: 'May it be deployed there? Changes nothing',
    permission: { action: 'get', object: 'gate', domain: ':project/:environment' },
    params: EnvironmentParams,
    body: Closed({
      component: ComponentName,
      produces: Type.Array(SchemaUse, { maxItems: 100 }),
      consumes: Type.Array(SchemaUse, { maxItems: 100 }),
    }),
    response: { 200: GateVerdict },
  }),
}

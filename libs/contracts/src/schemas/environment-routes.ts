import { Type } from 'typebox'
import { Closed, ComponentName, EnvironmentName, EnvironmentParams, Items, Line, Nothing, Page, pageQuery, ProjectName, ProjectParams, SubjectName } from '../core/common.ts' // prettier-ignore
import { route } from '../core/route.ts'
import { GateOverride, SchemaImpact, Lineage, Promotion, PromotionPlan, SampleReport, SubjectEnvironments, ValidationResult } from './in-use.ts' // prettier-ignore
import { NewSchema, SubjectParams } from './shared.ts'

const guard = { object: 'schema/:subject', domain: ':project' } as const
const guardThere = { object: 'schema/:subject', domain: ':project/:environment' } as const
const gateThere = { object: 'gate', domain: ':project/:environment' } as const
const project = '/api/v1/projects/:project'
const base = `${project}/subjects/:subject`
const there = `${project}/environments/:environment/subjects/:subject`
const overrides = `${project}/environments/:environment/gate/overrides`

const Version = Type.Integer({ minimum: 1, maximum: 999_999_999 })
const PlaceParams = Closed({ project: ProjectName, environment: EnvironmentName, subject: SubjectName })
const Reason = Line(500, 'Why; kept in the ledger')
/** What a message may be; a schema has nothing to say on `null`, which deletes. */
const Payload = Type.Union([
  Type.Record(Type.String(), Type.Unknown()),
  Type.Array(Type.Unknown()),
  Type.String(),
  Type.Number(),
  Type.Boolean(),
])
const payloadsMax = 1000
const samplesMax = 100

export const environmentRoutes = {
  getProjectLineage: route({
    method: 'GET',
    path: `${project}/lineage`,
    summary: 'Which components write and read which versions: of the project and of those who speak with it',
    permission: { action: 'list', object: 'schema', domain: ':project' },
    params: ProjectParams,
    query: Closed({ environment: Type.Optional(EnvironmentName) }),
    response: { 200: Lineage },
  }),
  getSubjectLineage: route({
    method: 'GET',
    path: `${base}/lineage`,
    summary: 'Who writes and reads a subject, over all projects that the caller may see',
    permission: { action: 'get', ...guard },
    params: SubjectParams,
    query: Closed({ environment: Type.Optional(EnvironmentName) }),
    response: { 200: Lineage },
    errors: ['schemas.subject_unknown'],
  }),
  analyzeImpact: route({
    method: 'POST',
    path: `${base}/impact`,
    summary: 'Which running instances would break, whose they are and why; changes nothing',
    permission: { action: 'get', ...guard },
    params: SubjectParams,
    body: Closed({
      schema: Type.Optional(NewSchema),
      version: Type.Optional(Version),
      delete: Type.Optional(Type.Boolean({ description: 'The subject, or `version` of it, is deleted' })),
      environment: Type.Optional(EnvironmentName),
    }),
    response: { 200: SchemaImpact },
    errors: ['schemas.subject_unknown', 'schemas.version_unknown', 'schemas.schema_invalid'],
  }),
  listSchemaEnvironments: route({
    method: 'GET',
    path: `${project}/schema-environments`,
    summary: 'Which version of each subject is current in which environment, and what drifts',
    permission: { action: 'list', object: 'schema', domain: ':project' },
    params: ProjectParams,
    query: Closed({ ...pageQuery, drift: Type.Optional(Type.Boolean({ description: 'Only those that drift' })) }),
    response: { 200: Page(SubjectEnvironments) },
  }),
  getSchemaEnvironments: route({
    method: 'GET',
    path: `${base}/environments`,
    summary: 'Which version of a subject is current in which environment',
    permission: { action: 'get', ...guard },
    params: SubjectParams,
    response: { 200: SubjectEnvironments },
    errors: ['schemas.subject_unknown'],
  }),
  pinSchema: route({
    method: 'PUT',
    path: `${there}/pin`,
    summary: 'Say which version is current there; the gate then lets nobody write a newer one there',
    permission: { action: 'approve', ...guardThere },
    params: PlaceParams,
    body: Closed({ version: Version, reason: Reason }),
    response: { 200: SubjectEnvironments },
    errors: ['schemas.subject_unknown', 'schemas.version_unknown', 'provisioning.environment_unknown'],
  }),
  unpinSchema: route({
    method: 'DELETE',
    path: `${there}/pin`,
    summary: 'Let what is deployed there decide again which version is current',
    permission: { action: 'approve', ...guardThere },
    params: PlaceParams,
    response: { 204: Nothing },
    errors: ['schemas.pin_unknown'],
  }),
  planSchemaPromotion: route({
    method: 'GET',
    path: `${there}/promotion`,
    summary: 'What a promotion to this environment would change, and what the gate says',
    permission: { action: 'get', ...guardThere },
    params: PlaceParams,
    query: Closed({ from: Type.Optional(EnvironmentName), version: Type.Optional(Version) }),
    response: { 200: PromotionPlan },
    errors: ['schemas.subject_unknown', 'schemas.version_unknown', 'schemas.nothing_to_promote', 'provisioning.environment_unknown'], // prettier-ignore
  }),
  promoteSchema: route({
    method: 'POST',
    path: `${there}/promotion`,
    summary: 'Make the version of the environment before this one current here; refused where the gate refuses it',
    permission: { action: 'deploy', ...guardThere },
    params: PlaceParams,
    body: Closed({
      from: Type.Optional(EnvironmentName),
      version: Type.Optional(Version),
      reason: Type.Optional(Reason),
    }),
    response: { 200: PromotionPlan },
    errors: ['schemas.subject_unknown', 'schemas.version_unknown', 'schemas.nothing_to_promote', 'schemas.gate_refused', 'provisioning.environment_unknown'], // prettier-ignore
  }),
  listSchemaPromotions: route({
    method: 'GET',
    path: `${base}/promotions`,
    summary: 'Promotions and pins of a subject, newest first',
    permission: { action: 'get', ...guard },
    params: SubjectParams,
    query: Closed({ ...pageQuery }),
    response: { 200: Page(Promotion) },
    errors: ['schemas.subject_unknown'],
  }),
  listGateOverrides: route({
    method: 'GET',
    path: overrides,
    summary: 'Exceptions from the gate, those in force first',
    permission: { action: 'list', ...gateThere },
    params: EnvironmentParams,
    response: { 200: Items(GateOverride) },
  }),
  createGateOverride: route({
    method: 'POST',
    path: overrides,
    summary: 'Let a component through the gate for a while, against its verdict',
    permission: { action: 'approve', ...gateThere },
    params: EnvironmentParams,
    idempotent: true,
    body: Closed({
      component: ComponentName,
      subject: Type.Optional(SubjectName),
      reason: Type.String({ ...Line(500, 'Why; kept in the ledger'), minLength: 10 }),
      hours: Type.Integer({ minimum: 1, maximum: 168, description: 'Until it ends by itself; at most seven days' }),
    }),
    response: { 201: GateOverride },
    errors: ['provisioning.environment_unknown'],
  }),
  withdrawGateOverride: route({
    method: 'DELETE',
    path: `${overrides}/:override`,
    summary: 'End an exception from the gate now; what runs goes on running',
    permission: { action: 'approve', ...gateThere },
    params: Closed({
      project: ProjectName,
      environment: EnvironmentName,
      override: Type.String({ pattern: '^ovr_[0-9a-z]{1,36}$' }),
    }),
    response: { 204: Nothing },
    errors: ['schemas.override_unknown'],
  }),
  validatePayloads: route({
    method: 'POST',
    path: `${base}/versions/:version/validate`,
    summary: 'Check payloads against a version; each with what is wrong and where',
    permission: { action: 'get', ...guard },
    params: Closed({
      project: ProjectName,
      subject: SubjectName,
      version: Type.String({ pattern: '^(?:latest|[1-9][0-9]{0,8})$' }),
    }),
    body: Closed({ payloads: Type.Array(Payload, { minItems: 1, maxItems: payloadsMax }) }),
    response: { 200: ValidationResult },
    errors: ['schemas.subject_unknown', 'schemas.version_unknown', 'schemas.payloads_unsupported'],
  }),
  sendSamples: route({
    method: 'POST',
    path: `${base}/samples`,
    summary: 'Hand in a sample of what is written or read; counted by the hour, never kept',
    permission: { action: 'create', object: 'telemetry', domain: ':project' },
    params: SubjectParams,
    body: Closed({ version: Version, payloads: Type.Array(Payload, { minItems: 1, maxItems: samplesMax }) }),
    response: {
      200: Type.Object({
        checked: Type.Integer(),
        invalid: Type.Integer(),
        skipped: Type.Integer({ description: 'More than are checked in a minute; send fewer' }),
        sampleRate: Type.Number({ description: 'What part of the messages to send from now on, from 0 to 1' }),
      }),
    },
    errors: ['schemas.subject_unknown', 'schemas.version_unknown', 'schemas.payloads_unsupported'],
  }),
  getSamples: route({
    method: 'GET',
    path: `${base}/samples`,
    summary: 'How much of the sampled traffic fits the versions that it claims, and why not',
    permission: { action: 'get', ...guard },
    params: SubjectParams,
    query: Closed({ hours: Type.Optional(Type.Integer({ minimum: 1, maximum: 720, default: 24 })) }),
    response: { 200: SampleReport },
    errors: ['schemas.subject_unknown'],
  }),
}

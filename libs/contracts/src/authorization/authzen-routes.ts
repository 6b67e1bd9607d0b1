import { Type, type TSchema } from 'typebox'
import { JsonObject } from '../core/common.ts'
import { route } from '../core/route.ts'

/**
 * OpenID AuthZEN Authorization API 1.0. Subject: `{type: 'user'|'group'|'sa'|'job', id}`; action: `{name}`; resource:
 * `{type: <kind>, id, properties: {domain}}`. Open objects: the specification lets callers add members.
 */
const Entity = Type.Object({
  type: Type.String({ minLength: 1, maxLength: 60 }),
  id: Type.String({ minLength: 1, maxLength: 200 }),
  properties: Type.Optional(JsonObject),
})
const Sought = Type.Object({
  type: Type.String({ minLength: 1, maxLength: 60 }),
  id: Type.Optional(Type.String({ maxLength: 200 })),
  properties: Type.Optional(JsonObject),
})
const ActionEntity = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 60 }),
  properties: Type.Optional(JsonObject),
})
const context = Type.Optional(JsonObject)
const page = Type.Optional(
  Type.Object({
    token: Type.Optional(Type.String({ maxLength: 1_000 })),
    limit: Type.Optional(Type.Integer({ minimum: 0, description: 'At most 1000 are given' })),
  }),
)
/** A request body: members that nobody knows are not looked at (section 10.1.1). */
const open = <const P extends Record<string, TSchema>>(properties: P) =>
  Type.Object(properties, { additionalProperties: true })
const DecisionAnswer = Type.Object({ decision: Type.Boolean(), context: Type.Optional(JsonObject) })
const found = <Item extends ReturnType<typeof Type.Object>>(item: Item) =>
  Type.Object({
    page: Type.Optional(Type.Object({ next_token: Type.String(), count: Type.Integer(), total: Type.Integer() })),
    results: Type.Array(item),
  })
// Decided in the service: about oneself anybody may ask; about others those who may `list binding` in the domain.
const asked = {
  permission: 'authenticated',
  scopes: 'service',
  protocol: 'authzen',
  errors: ['gateway.permission_denied', 'platform.request_invalid'],
} as const

export const authzenRoutes = {
  authzenConfiguration: route({
    method: 'GET',
    path: '/.well-known/authzen-configuration',
    summary: 'AuthZEN discovery: where this decision point answers',
    permission: 'public',
    response: { 200: JsonObject },
  }),
  evaluateAccess: route({
    method: 'POST',
    path: '/access/v1/evaluation',
    summary: 'AuthZEN Access Evaluation',
    ...asked,
    body: open({ subject: Entity, action: ActionEntity, resource: Entity, context }),
    response: { 200: DecisionAnswer },
  }),
  evaluateAccesses: route({
    method: 'POST',
    path: '/access/v1/evaluations',
    summary: 'AuthZEN Access Evaluations: all, until the first deny, or until the first permit',
    ...asked,
    body: open({
      subject: Type.Optional(Entity),
      action: Type.Optional(ActionEntity),
      resource: Type.Optional(Entity),
      context,
      // Each as of a request of its own, less what the whole one says already; one that is malformed is a denial.
      evaluations: Type.Optional(Type.Array(JsonObject, { maxItems: 1_000 })),
      options: Type.Optional(
        Type.Object({
          evaluations_semantic: Type.Optional(
            Type.Enum(['execute_all', 'deny_on_first_deny', 'permit_on_first_permit']),
          ),
        }),
      ),
    }),
    response: { 200: Type.Object({ decision: Type.Optional(Type.Boolean()), evaluations: Type.Optional(Type.Array(DecisionAnswer)), context: Type.Optional(JsonObject) }) }, // prettier-ignore
  }),
  searchSubjects: route({
    method: 'POST',
    path: '/access/v1/search/subject',
    summary: 'AuthZEN Subject Search: who may do this',
    ...asked,
    body: open({ subject: Sought, action: ActionEntity, resource: Entity, context, page }),
    response: { 200: found(Type.Object({ type: Type.String(), id: Type.String() })) },
  }),
  searchResources: route({
    method: 'POST',
    path: '/access/v1/search/resource',
    summary: 'AuthZEN Resource Search: on what may he do this; patterns of the policy are answered as they are written',
    ...asked,
    body: open({ subject: Entity, action: ActionEntity, resource: Sought, context, page }),
    response: {
      200: found(Type.Object({ type: Type.String(), id: Type.String(), properties: Type.Optional(JsonObject) })),
    },
  }),
  searchActions: route({
    method: 'POST',
    path: '/access/v1/search/action',
    summary: 'AuthZEN Action Search: what may he do with this',
    ...asked,
    body: open({ subject: Entity, resource: Entity, context, page }),
    response: { 200: found(Type.Object({ name: Type.String() })) },
  }),
}

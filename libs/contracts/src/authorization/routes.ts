import { Type } from 'typebox'
import {
  Closed, DomainName, GroupName, Id, Items, JsonObject, Line, Nothing, Page, pageQuery, Timestamp, UserName,
} from '../core/common.ts'
import { actions, objectKinds } from '../core/permission.ts'
import { route } from '../core/route.ts'

const everywhere = { domain: '*' } as const
const Password = Type.String({ minLength: 12, maxLength: 200 })
const SubjectText = Type.String({
  maxLength: 200,
  pattern: '^(?:user|group|sa|role|job):[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$',
  description: '`user:ana`, `group:payments/leads`, `sa:payments/ledger`, `role:developer`',
})
const RoleText = Type.String({ maxLength: 120, pattern: '^(?:role|group):[a-z](?:[a-z0-9._/-]*[a-z0-9])?$' })

export const Tokens = Type.Object({
  accessToken: Type.String(),
  refreshToken: Type.String(),
  expiresInSeconds: Type.Integer(),
})
export const User = Type.Object({
  username: UserName,
  displayName: Type.String(),
  groups: Type.Array(Type.String()),
  disabled: Type.Boolean(),
  createdAt: Timestamp,
})
export const Group = Type.Object({ name: GroupName, description: Type.String(), members: Type.Array(Type.String()) })
export const Binding = Type.Object({
  id: Id, subject: Type.String(), role: Type.String(), domain: Type.String(),
  expiresAt: Type.Optional(Timestamp), createdAt: Timestamp, createdBy: Type.String(),
})
export const PolicyRule = Type.Object({
  id: Id, subject: Type.String(), domain: Type.String(), object: Type.String(), action: Type.String(),
  effect: Type.Union([Type.Literal('allow'), Type.Literal('deny')]),
})
export const Role = Type.Object({ name: Type.String(), description: Type.String(), rules: Type.Array(PolicyRule) })
export const Me = Type.Object({
  subject: Type.String(),
  username: Type.Optional(Type.String()),
  displayName: Type.String(),
  groups: Type.Array(Type.String()),
  roles: Type.Array(Type.Object({ role: Type.String(), domain: Type.String() })),
})
export const AuditEntry = Type.Object({
  sequence: Type.Integer(), id: Type.String(), source: Type.String(), actor: Type.String(), action: Type.String(),
  project: Type.String(), object: Type.String(), outcome: Type.String(), detail: JsonObject,
  requestId: Type.Optional(Type.String()), occurredAt: Timestamp,
  hash: Type.String({ description: 'SHA-256 over the previous hash and this entry in canonical JSON' }),
})
export const TokenInfo = Type.Object({
  id: Id, name: Type.String(), prefix: Type.String(), createdAt: Timestamp, expiresAt: Timestamp,
  lastUsedAt: Type.Optional(Timestamp),
})

export const authorizationRoutes = {
  createSession: route({
    method: 'POST', path: '/auth/sessions', summary: 'Sign in with a user name and password', permission: 'public',
    body: Closed({ username: Type.String({ maxLength: 200 }), password: Type.String({ maxLength: 200 }) }),
    response: { 201: Tokens }, errors: ['authorization.credentials_wrong', 'authorization.account_locked'],
  }),
  refreshSession: route({
    method: 'POST', path: '/auth/sessions/refresh', summary: 'Trade a refresh token for new tokens; each works once',
    permission: 'public', body: Closed({ refreshToken: Type.String({ maxLength: 500 }) }),
    response: { 200: Tokens }, errors: ['authorization.refresh_token_invalid'],
  }),
  endSession: route({
    method: 'DELETE', path: '/auth/sessions/current', summary: 'Sign out: the session ends everywhere at once',
    permission: 'authenticated', response: { 204: Nothing },
  }),
  jwks: route({
    method: 'GET', path: '/.well-known/jwks.json', summary: 'The keys that verify access tokens', permission: 'public',
    response: { 200: Type.Object({ keys: Type.Array(JsonObject) }) },
  }),
  getMe: route({
    method: 'GET', path: '/api/v1/me', summary: 'Who I am and what roles I hold', permission: 'authenticated',
    response: { 200: Me },
  }),
  listMyTokens: route({
    method: 'GET', path: '/api/v1/me/tokens', summary: 'My personal access tokens', permission: 'authenticated',
    response: { 200: Items(TokenInfo) },
  }),
  createMyToken: route({
    method: 'POST', path: '/api/v1/me/tokens', summary: 'Make a personal access token, for git and programs; shown once',
    permission: 'authenticated', idempotent: true,
    body: Closed({ name: Line(80), expiresInDays: Type.Integer({ minimum: 1, maximum: 365, default: 30 }) }),
    response: { 201: Type.Object({ token: Type.String(), info: TokenInfo }) },
  }),
  deleteMyToken: route({
    method: 'DELETE', path: '/api/v1/me/tokens/:token', summary: 'Withdraw a personal access token',
    permission: 'authenticated', params: Closed({ token: Id }), response: { 204: Nothing },
    errors: ['authorization.token_unknown'],
  }),
  canI: route({
    method: 'POST', path: '/api/v1/access/can-i', summary: 'May I do these things? Answers in order, with the reason',
    permission: 'authenticated',
    body: Closed({
      questions: Type.Array(Closed({ action: Type.Enum([...actions]), object: Type.String({ maxLength: 200 }), domain: DomainName }), { minItems: 1, maxItems: 200 }),
    }),
    response: {
      200: Items(Type.Object({
        allowed: Type.Boolean(), reason: Type.String(),
        grant: Type.Optional(Type.Object({ role: Type.String(), domain: Type.String() })),
      })),
    },
  }),
  whoCan: route({
    method: 'POST', path: '/api/v1/access/who-can', summary: 'Which subjects may do this', permission: { action: 'list', object: 'binding', ...everywhere },
    body: Closed({ action: Type.Enum([...actions]), object: Type.String({ maxLength: 200 }), domain: DomainName }),
    response: { 200: Items(Type.Object({ subject: Type.String() })) },
  }),
  listUsers: route({
    method: 'GET', path: '/api/v1/users', summary: 'Users', permission: { action: 'list', object: 'user', ...everywhere },
    query: Closed({ ...pageQuery }), response: { 200: Page(User) },
  }),
  createUser: route({
    method: 'POST', path: '/api/v1/users', summary: 'Create a local user', idempotent: true,
    permission: { action: 'create', object: 'user', ...everywhere },
    body: Closed({ username: UserName, displayName: Type.Optional(Line(120)), password: Password, groups: Type.Optional(Type.Array(GroupName, { maxItems: 100 })) }),
    response: { 201: User }, errors: ['authorization.user_exists', 'authorization.group_unknown'],
  }),
  updateUser: route({
    method: 'PATCH', path: '/api/v1/users/:username', summary: 'Change a user; a disabled one is signed out at once',
    permission: { action: 'update', object: 'user/:username', ...everywhere }, params: Closed({ username: UserName }),
    body: Closed({ displayName: Type.Optional(Line(120)), password: Type.Optional(Password), disabled: Type.Optional(Type.Boolean()) }),
    response: { 200: User }, errors: ['authorization.user_unknown', 'authorization.lockout_refused'],
  }),
  listGroups: route({
    method: 'GET', path: '/api/v1/groups', summary: 'Groups with their members',
    permission: { action: 'list', object: 'group', ...everywhere }, response: { 200: Items(Group) },
  }),
  createGroup: route({
    method: 'POST', path: '/api/v1/groups', summary: 'Create a group', idempotent: true,
    permission: { action: 'create', object: 'group', ...everywhere },
    body: Closed({ name: GroupName, description: Type.Optional(Line(200)) }),
    response: { 201: Group }, errors: ['authorization.group_exists'],
  }),
  addGroupMember: route({
    method: 'POST', path: '/api/v1/groups/members', summary: 'Add a user to a group',
    permission: { action: 'update', object: 'group', ...everywhere },
    body: Closed({ group: GroupName, username: UserName }),
    response: { 200: Group }, errors: ['authorization.group_unknown', 'authorization.user_unknown', 'authorization.escalation_refused'],
  }),
  removeGroupMember: route({
    method: 'POST', path: '/api/v1/groups/members/remove', summary: 'Take a user out of a group',
    permission: { action: 'update', object: 'group', ...everywhere },
    body: Closed({ group: GroupName, username: UserName }),
    response: { 200: Group }, errors: ['authorization.group_unknown', 'authorization.lockout_refused'],
  }),
  listRoles: route({
    method: 'GET', path: '/api/v1/roles', summary: 'Roles with their rules',
    permission: { action: 'list', object: 'role', ...everywhere }, response: { 200: Items(Role) },
  }),
  listBindings: route({
    method: 'GET', path: '/api/v1/bindings', summary: 'Who holds which role where',
    permission: { action: 'list', object: 'binding', ...everywhere },
    query: Closed({ ...pageQuery, subject: Type.Optional(SubjectText), domain: Type.Optional(DomainName) }),
    response: { 200: Page(Binding) },
  }),
  createBinding: route({
    method: 'POST', path: '/api/v1/bindings', summary: 'Give a role; nobody gives what he does not hold', idempotent: true,
    permission: 'authenticated', // decided in the service, in the domain that the body names
    body: Closed({ subject: SubjectText, role: RoleText, domain: DomainName, expiresAt: Type.Optional(Type.String({ maxLength: 40 })) }),
    response: { 201: Binding },
    errors: ['authorization.binding_exists', 'authorization.role_unknown', 'authorization.escalation_refused'],
  }),
  deleteBinding: route({
    method: 'DELETE', path: '/api/v1/bindings/:binding', summary: 'Take a role away; effective at once',
    permission: 'authenticated', params: Closed({ binding: Id }), response: { 204: Nothing },
    errors: ['authorization.binding_unknown', 'authorization.lockout_refused'],
  }),
  listPolicies: route({
    method: 'GET', path: '/api/v1/policies', summary: 'The rules of the policy',
    permission: { action: 'list', object: 'policy', ...everywhere },
    query: Closed({ ...pageQuery, subject: Type.Optional(SubjectText) }), response: { 200: Page(PolicyRule) },
  }),
  createPolicy: route({
    method: 'POST', path: '/api/v1/policies', summary: 'Add a rule', idempotent: true,
    permission: { action: 'create', object: 'policy', ...everywhere },
    body: Closed({
      subject: SubjectText, domain: DomainName, object: Type.String({ maxLength: 200, description: `A kind (${objectKinds.join(', ')}), kind/id, or with one trailing *` }),
      action: Type.Union([Type.Enum([...actions]), Type.Literal('*')]), effect: Type.Union([Type.Literal('allow'), Type.Literal('deny')]),
    }),
    response: { 201: PolicyRule },
    errors: ['authorization.policy_exists', 'authorization.policy_invalid', 'authorization.lockout_refused', 'authorization.escalation_refused'],
  }),
  deletePolicy: route({
    method: 'DELETE', path: '/api/v1/policies/:policy', summary: 'Remove a rule',
    permission: { action: 'delete', object: 'policy', ...everywhere }, params: Closed({ policy: Id }),
    response: { 204: Nothing }, errors: ['authorization.policy_unknown', 'authorization.lockout_refused'],
  }),
  getRawPolicy: route({
    method: 'GET', path: '/api/v1/policy', summary: 'The policy as Casbin reads it: model.conf and policy.csv',
    permission: { action: 'get', object: 'policy', ...everywhere },
    response: { 200: Type.Object({ revision: Type.Integer(), model: Type.String(), csv: Type.String() }) },
  }),
  listAudit: route({
    method: 'GET', path: '/api/v1/audit', summary: 'The audit ledger, newest first',
    permission: { action: 'list', object: 'audit', ...everywhere },
    query: Closed({ ...pageQuery, project: Type.Optional(Type.String({ maxLength: 40 })), actor: Type.Optional(Type.String({ maxLength: 200 })), action: Type.Optional(Type.String({ maxLength: 80 })) }),
    response: { 200: Page(AuditEntry) },
  }),
  listProjectAudit: route({
    method: 'GET', path: '/api/v1/projects/:project/audit', summary: 'What was done and refused in a project, newest first',
    permission: { action: 'list', object: 'audit', domain: ':project' }, params: Closed({ project: Type.String({ maxLength: 40 }) }),
    query: Closed({ ...pageQuery, actor: Type.Optional(Type.String({ maxLength: 200 })), action: Type.Optional(Type.String({ maxLength: 80 })) }),
    response: { 200: Page(AuditEntry) },
  }),
  verifyAudit: route({
    method: 'GET', path: '/api/v1/audit/verification', summary: 'Walk the hash chain from the first entry to the last',
    permission: { action: 'get', object: 'audit', ...everywhere }, timeoutMs: 120_000,
    response: { 200: Type.Object({ valid: Type.Boolean(), entries: Type.Integer(), head: Type.String(), brokenAt: Type.Optional(Type.Integer()), problem: Type.Optional(Type.String()) }) },
  }),
}


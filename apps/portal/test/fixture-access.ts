import { type Asked, found, page, Problem, text } from './fixture-ask.ts'
import {
  bindings,
  constraints,
  freezes,
  groups,
  keys,
  providers,
  requests,
  review,
  tokens,
  users,
} from './fixture-access-data.ts'
import { ago, type Answer, minute } from './fixture-data.ts'
import { allowed, decisions, denied, rights } from './fixture-explained.ts'
import { policyHandlers } from './fixture-policy.ts'

type Request = Answer<'getAccessRequest'>

const groupOf = ({ body }: Asked) =>
  found(
    groups.find(({ name }) => name === body['group']),
    'authorization.group_unknown',
  )
const userOf = ({ params }: Asked) =>
  found(
    users.find(({ username }) => username === params['username']),
    'authorization.user_unknown',
  )
const requestOf = ({ params }: Asked): Request =>
  found(
    requests.find(({ id }) => id === params['request']),
    'authorization.access_request_unknown',
  )
const account = (project: string, name: string) => ({
  name,
  subject: `sa:${project}/${name}`,
  project,
  description: 'Tags releases from the build farm',
  createdBy: 'user:ana',
  createdAt: ago(900_000),
})
const device = {
  userCode: 'BDFH-KMPR',
  client: 'plinth on build-7',
  address: '10.1.2.3',
  createdAt: ago(20),
  expiresAt: ago(-580),
}
const checkpoint = (sequence: number) => ({
  sequence,
  at: ago((8 - sequence) * 300),
  partitions: ['payments', 'platform', 'shop'].map((partition, index) => ({
    partition,
    entries: sequence * (3 - index) * 10,
    head: `${sequence}${index}`.padEnd(64, 'b7'),
  })),
  entries: sequence * 60,
  root: `${sequence}`.padEnd(64, 'c3'),
  previous: `${sequence - 1}`.padEnd(64, 'd4'),
  keyId: 'audit-1',
  signature: 'AA',
})
const token = ({ body }: Asked) => ({
  token: 'plt_fixture0000000000000000000000000000',
  info: {
    id: 'tok_09',
    name: text(body['name']),
    prefix: 'plt_fixt',
    createdAt: ago(0),
    expiresAt: ago(-30 * 86_400),
  },
})

export const accessHandlers = {
  ...policyHandlers,
  listUsers: ({ query }: Asked) => page(users, query),
  getUser: userOf,
  createUser: ({ body }: Asked) => ({
    username: text(body['username']),
    displayName: text(body['displayName']),
    groups: [],
    disabled: false,
    createdAt: ago(0),
  }),
  updateUser: (asked: Asked) => Object.assign(userOf(asked), { disabled: asked.body['disabled'] === true }),
  endUserSessions: () => ({ sessions: 2, tokens: 1 }),
  listGroups: () => ({ items: groups }),
  createGroup: ({ body }: Asked) => {
    const made = { name: text(body['name']), description: text(body['description']), members: [] }
    groups.push(made)
    return made
  },
  addGroupMember: (asked: Asked) => {
    const group = groupOf(asked)
    group.members = [...new Set([...group.members, text(asked.body['username'])])]
    return group
  },
  removeGroupMember: (asked: Asked) => {
    const group = groupOf(asked)
    group.members = group.members.filter((member) => member !== asked.body['username'])
    return group
  },
  listBindings: ({ query }: Asked) =>
    page(
      bindings.filter(({ subject }) => query['subject'] === undefined || subject === query['subject']),
      query,
    ),
  createBinding: ({ body }: Asked) => {
    const made = {
      id: `bnd_1${bindings.length}00`,
      subject: text(body['subject']),
      role: text(body['role']),
      domain: text(body['domain']),
      createdAt: ago(0),
      createdBy: 'user:ana',
    }
    bindings.push(made)
    return made
  },
  explainAccess: ({ body, subject }: Asked) => {
    const asker = text(body['subject']) || subject
    return asker === 'user:dev' ? denied : allowed
  },
  whatCan: () => ({ items: rights }),
  whoCan: () => ({
    items: [
      { subject: 'user:ana' },
      { subject: 'user:lead' },
      { subject: 'user:lee', conditional: true },
      { subject: 'group:payments/leads' },
      { subject: 'group:payments/on-call', conditional: true },
      { subject: 'role:team-lead' },
    ],
  }),
  unusedGrants: () => ({ days: 30, items: review.filter(({ unused }) => unused) }),
  accessReview: ({ query }: Asked) => ({ days: Number(query['days'] ?? 30), items: review }),
  listFreezes: () => ({ items: freezes }),
  createFreeze: ({ body }: Asked) => {
    const made = {
      id: `frz_0${freezes.length + 1}`,
      domain: text(body['domain']),
      from: text(body['from']) || ago(0),
      until: text(body['until']),
      reason: text(body['reason']),
      createdBy: 'user:ana',
    }
    freezes.push(made)
    return made
  },
  listConstraints: () => ({ items: constraints }),
  createConstraint: () => {
    throw new Problem(409, 'authorization.constraint_refused', 'It is broken already.', {
      errors: [{ path: 'user:lee', message: 'holds role:deployer and role:qa in payments' }],
    })
  },
  listAccessRequests: ({ query, subject }: Asked) =>
    page(
      requests
        .filter((request) => subject !== 'user:dev' || request.subject === subject)
        .map((request) => ({ ...request, mayDecide: request.mayDecide && request.subject !== subject })),
      query,
    ),
  createAccessRequest: ({ body, subject }: Asked) => {
    const breakGlass = body['breakGlass'] === true
    const made: Request = {
      id: `acr_1${requests.length}`,
      subject,
      role: text(body['role']),
      domain: text(body['domain']),
      reason: text(body['reason']),
      breakGlass,
      durationMinutes: Number(body['durationMinutes']),
      state: breakGlass ? 'granted' : 'pending',
      createdAt: ago(0),
      mayDecide: true,
      ...(breakGlass && { expiresAt: ago(-60 * minute) }),
    }
    requests.unshift(made)
    return made
  },
  getAccessRequest: requestOf,
  approveAccessRequest: (asked: Asked) =>
    Object.assign(requestOf(asked), {
      state: 'granted',
      decidedBy: asked.subject,
      decidedAt: ago(0),
      expiresAt: ago(-Number(asked.body['durationMinutes'] ?? 60) * minute),
    }),
  denyAccessRequest: (asked: Asked) =>
    Object.assign(requestOf(asked), {
      state: 'denied',
      decidedBy: asked.subject,
      decidedAt: ago(0),
      decision: text(asked.body['reason']),
    }),
  endAccessRequest: (asked: Asked) => Object.assign(requestOf(asked), { state: 'ended' }),
  listServiceAccounts: ({ params }: Asked) => ({
    items: params['project'] === 'payments' ? [account('payments', 'release-bot')] : [],
  }),
  createServiceAccount: ({ params, body }: Asked) => account(params['project'] ?? '', text(body['name'])),
  listServiceAccountTokens: () => ({ items: tokens.slice(0, 1) }),
  createServiceAccountToken: token,
  listMyTokens: () => ({ items: tokens }),
  createMyToken: token,
  listSignInProviders: () => ({
    password: true,
    items: providers.map(({ name, displayName }) => ({ name, displayName })),
  }),
  getDeviceRequest: () => device,
  listIdentityProviders: () => ({ items: providers }),
  putIdentityProvider: () => found(providers[0], 'authorization.identity_provider_unknown'),
  listSigningKeys: () => ({ items: keys }),
  rotateSigningKeys: () => ({ items: keys }),
  listAuditCheckpoints: ({ query }: Asked) => page([8, 7, 6, 5, 4, 3, 2, 1].map(checkpoint), query),
  queryDecisions: ({ query }: Asked) => ({
    items: decisions.filter(({ allowed: yes }) => query['allowed'] === undefined || String(yes) === query['allowed']),
  }),
}

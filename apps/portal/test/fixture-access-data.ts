import { ago, type Answer, day, hour, minute } from './fixture-data.ts'

/** Who may do what, as the fixture knows it: enough that each page of the area has something to show. */
export const users: Answer<'listUsers'>['items'] = [
  ['ana', 'Ana Duarte', ['payments/leads', 'administrators']],
  ['dev', 'Dev Okafor', ['payments/developers']],
  ['lee', 'Lee Park', ['payments/developers', 'payments/on-call']],
  ['lead', 'Lena Adler', ['payments/leads']],
  ['sam', 'Sam Iyer', []],
].map(([username, displayName, groups], index) => ({
  username: username as string,
  displayName: displayName as string,
  groups: groups as string[],
  disabled: username === 'sam',
  createdAt: ago((90 - index) * day),
}))

export const groups: Answer<'listGroups'>['items'] = [
  { name: 'administrators', description: 'Who runs this platform', members: ['ana'] },
  { name: 'payments/developers', description: 'Who writes the software of payments', members: ['dev', 'lee'] },
  { name: 'payments/leads', description: 'Who decides in payments', members: ['ana', 'lead'] },
  { name: 'payments/on-call', description: 'Who is called at night', members: ['lee'] },
  { name: 'platform/auditors', description: '', members: [] },
]

export const bindings: Answer<'listBindings'>['items'] = [
  { id: 'bnd_0001', subject: 'group:payments/developers', role: 'role:developer', domain: 'payments' },
  { id: 'bnd_0002', subject: 'group:payments/leads', role: 'role:team-lead', domain: 'payments' },
  { id: 'bnd_0003', subject: 'group:platform/auditors', role: 'role:auditor', domain: '*', expiresAt: ago(-30 * day) },
  { id: 'bnd_0004', subject: 'group:administrators', role: 'role:administrator', domain: '*' },
  {
    id: 'bnd_0005',
    subject: 'group:payments/on-call',
    role: 'role:deployer',
    domain: 'payments/production',
    conditions: {
      window: {
        zone: 'Europe/Berlin',
        days: ['mon', 'tue', 'wed', 'thu', 'fri'] as const,
        from: '18:00',
        until: '08:00',
      },
      networks: ['10.0.0.0/8'],
      breakGlass: true as const,
    },
  },
  { id: 'bnd_0006', subject: 'sa:payments/release-bot', role: 'role:qa', domain: 'payments/staging' },
  { id: 'bnd_0007', subject: 'user:dev', role: 'role:deployer', domain: 'payments/staging', expiresAt: ago(-3 * hour) },
].map(({ conditions, ...rest }, index) => ({
  ...rest,
  ...(conditions && {
    conditions: { ...conditions, window: { ...conditions.window, days: [...conditions.window.days] } },
  }),
  createdAt: ago((40 - index) * day),
  createdBy: 'user:ana',
}))

export const requests: Answer<'listAccessRequests'>['items'] = [
  {
    id: 'acr_01',
    subject: 'user:dev',
    role: 'role:deployer',
    domain: 'payments/production',
    reason: 'Roll back ledger: refunds are booked twice, incident 4711',
    breakGlass: false,
    durationMinutes: 60,
    state: 'pending',
    createdAt: ago(4 * minute),
    mayDecide: true,
  },
  {
    id: 'acr_02',
    subject: 'user:lee',
    role: 'role:deployer',
    domain: 'payments/production',
    reason: 'The night pay-out hangs, nobody else is awake',
    breakGlass: true,
    durationMinutes: 30,
    state: 'granted',
    createdAt: ago(12 * minute),
    decidedBy: 'user:lee',
    decidedAt: ago(12 * minute),
    expiresAt: ago(-18 * minute),
    mayDecide: true,
  },
  {
    id: 'acr_03',
    subject: 'user:ana',
    role: 'role:auditor',
    domain: 'shop',
    reason: 'Yearly review of the shop',
    breakGlass: false,
    durationMinutes: 480,
    state: 'pending',
    createdAt: ago(2 * hour),
    mayDecide: false,
  },
  {
    id: 'acr_04',
    subject: 'user:dev',
    role: 'role:team-lead',
    domain: 'payments',
    reason: 'I want to try the settings',
    breakGlass: false,
    durationMinutes: 480,
    state: 'denied',
    createdAt: ago(3 * day),
    decidedBy: 'user:lead',
    decidedAt: ago(3 * day - hour),
    decision: 'Use your own project for that',
    mayDecide: false,
  },
]

export const freezes: Answer<'listFreezes'>['items'] = [
  {
    id: 'frz_01',
    domain: 'payments/production',
    from: ago(5 * hour),
    until: ago(-2 * day),
    reason: 'Black Friday',
    createdBy: 'user:ana',
  },
  {
    id: 'frz_02',
    domain: '*',
    from: ago(-20 * day),
    until: ago(-30 * day),
    reason: 'The last days of the year',
    createdBy: 'user:ana',
  },
]
export const constraints: Answer<'listConstraints'>['items'] = [
  {
    id: 'con_01',
    kind: 'sod',
    roles: ['role:deployer', 'role:auditor'],
    description: 'Who deploys does not audit the deployment',
    createdBy: 'user:ana',
    createdAt: ago(60 * day),
  },
  {
    id: 'con_02',
    kind: 'roleMax',
    roles: ['role:administrator'],
    max: 4,
    description: '',
    createdBy: 'user:ana',
    createdAt: ago(60 * day),
  },
]

export const tokens: Answer<'listMyTokens'>['items'] = [
  {
    id: 'tok_01',
    name: 'git on my laptop',
    prefix: 'plt_4f2c',
    scopes: [
      { action: 'get', object: 'repository', domain: 'payments' },
      { action: 'update', object: 'repository', domain: 'payments' },
    ],
    createdAt: ago(20 * day),
    expiresAt: ago(-10 * day),
    lastUsedAt: ago(2 * hour),
  },
  {
    id: 'tok_02',
    name: 'dashboard on the wall',
    prefix: 'plt_99ab',
    createdAt: ago(80 * day),
    expiresAt: ago(-8 * day),
  },
]

export const review: Answer<'accessReview'>['items'] = bindings.flatMap((binding, index) => {
  const group = groups.find(({ name }) => `group:${name}` === binding.subject)
  const given = {
    role: binding.role,
    domain: binding.domain,
    binding: binding.id,
    createdBy: binding.createdBy,
    createdAt: binding.createdAt,
    unused: index % 3 === 2,
    ...(binding.expiresAt !== undefined && { expiresAt: binding.expiresAt }),
    ...(index % 3 !== 2 && { lastUsedAt: ago((index + 1) * 7 * hour) }),
  }
  if (!group) return [{ subject: binding.subject, through: 'direct', ...given }]
  return group.members.map((member) => ({
    subject: `user:${member}`,
    displayName: users.find(({ username }) => username === member)?.displayName ?? member,
    through: binding.subject,
    ...given,
  }))
})

export const providers: Answer<'listIdentityProviders'>['items'] = [
  {
    name: 'okta',
    displayName: 'Okta',
    issuer: 'https://example.okta.com',
    clientId: '0oa1plinth',
    scopes: ['openid', 'profile', 'groups'],
    usernameClaim: 'preferred_username',
    groupsClaim: 'groups',
    groups: { 'platform-admins': 'administrators', 'pay-devs': 'payments/developers' },
    signUp: true,
    redirectUri: 'http://localhost:8080/auth/oidc/okta/callback',
    updatedAt: ago(12 * day),
  },
]
export const keys: Answer<'listSigningKeys'>['items'] = [
  {
    kid: 'acc-2026-11-b',
    alg: 'EdDSA',
    use: 'access',
    state: 'active',
    createdAt: ago(3 * day),
    signsFrom: ago(3 * day),
  },
  {
    kid: 'acc-2026-11-a',
    alg: 'EdDSA',
    use: 'access',
    state: 'retiring',
    createdAt: ago(33 * day),
    signsFrom: ago(33 * day),
    verifiesUntil: ago(-10 * minute),
  },
  {
    kid: 'idt-2026-10',
    alg: 'RS256',
    use: 'identity',
    state: 'active',
    createdAt: ago(50 * day),
    signsFrom: ago(50 * day),
  },
]

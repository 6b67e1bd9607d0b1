import { ago, type Answer, day, hour } from './fixture-data.ts'

/** What the policy says of somebody, and what was decided by it. */
const link = (subject: string, role: string, domain: string, more = {}) => ({ subject, role, domain, ...more })
const developers = link('user:dev', 'group:payments/developers', '*')

export const denied: Answer<'explainAccess'> = {
  allowed: false,
  reason: 'role:developer is denied deploy on application in payments/production',
  revision: 42,
  matches: [
    {
      rule: {
        subject: 'role:developer',
        domain: 'payments/production',
        object: 'application',
        action: 'deploy',
        effect: 'deny',
      },
      through: [developers, link('group:payments/developers', 'role:developer', 'payments')],
    },
    {
      rule: { subject: 'role:deployer', domain: '*', object: 'application', action: 'deploy', effect: 'allow' },
      through: [link('user:dev', 'role:deployer', 'payments', { expiresAt: ago(-3 * hour) })],
    },
  ],
  unmet: [
    {
      link: {
        subject: 'group:payments/on-call',
        role: 'role:deployer',
        domain: 'payments/production',
        conditions: {
          window: { zone: 'Europe/Berlin', days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '18:00', until: '08:00' },
          networks: ['10.0.0.0/8'],
        },
      },
      why: 'It holds on workdays from 18:00 until 08:00 (Europe/Berlin); it was 11:20 there',
    },
  ],
  frozen: { domain: 'payments/production', until: ago(-2 * day), reason: 'Black Friday' },
  grant: { role: 'role:deployer', domain: 'payments/production' },
}
export const allowed: Answer<'explainAccess'> = {
  allowed: true,
  reason: 'role:team-lead is allowed approve on change-request',
  revision: 42,
  matches: [
    {
      rule: { subject: 'role:team-lead', domain: '*', object: 'change-request', action: 'approve', effect: 'allow' },
      through: [
        link('user:ana', 'group:payments/leads', '*'),
        link('group:payments/leads', 'role:team-lead', 'payments'),
      ],
    },
  ],
  unmet: [],
}

export const rights: Answer<'whatCan'>['items'] = ['get', 'list', 'create', 'update', 'run'].flatMap((action) =>
  ['component', 'pipeline', 'change-request', 'schema'].map((object) => ({
    action,
    object,
    domain: 'payments',
    effect: 'allow' as const,
    through: [developers, link('group:payments/developers', 'role:developer', 'payments')],
  })),
)
rights.push(
  {
    action: 'deploy',
    object: 'application',
    domain: 'payments/production',
    effect: 'deny',
    through: [developers, link('group:payments/developers', 'role:developer', 'payments')],
  },
  {
    action: 'deploy',
    object: 'application',
    domain: 'payments/staging',
    effect: 'allow',
    through: [link('user:dev', 'role:deployer', 'payments/staging', { expiresAt: ago(-3 * hour) })],
  },
)

export const decisions: Answer<'queryDecisions'>['items'] = Array.from({ length: 120 }, (_, index) => {
  const isDenied = index % 4 === 0
  const subject = isDenied ? 'user:dev' : 'user:lead'
  return {
    at: ago(index * 90 + 20),
    subject,
    subjects: [subject, isDenied ? 'group:payments/developers' : 'group:payments/leads'],
    action: isDenied ? 'deploy' : 'approve',
    object: isDenied ? 'application/ledger' : 'change-request',
    domain: 'payments/production',
    allowed: !isDenied,
    ...(!isDenied && { rule: 'p, role:team-lead, *, change-request, approve, allow' }),
    reason: isDenied ? 'no rule allows it' : 'role:team-lead is allowed it',
    revision: 42,
    operation: isDenied ? 'deployApplication' : 'approvePromotion',
    address: '10.1.2.3',
    requestId: `req_${index}x9`,
    weight: isDenied ? 1 : 20,
  }
})

import { type Asked, found, page, Problem, text } from './fixture-ask.ts'
import { ago, type Answer, day, hour } from './fixture-data.ts'
import { bindings } from './fixture-access-data.ts'
import { rules } from './fixture-more.ts'

type ChangeSet = Answer<'getChangeSet'>

export const csv = `${[
  '# what each role may do',
  ...rules.map((rule) => `p, ${rule.subject}, ${rule.domain}, ${rule.object}, ${rule.action}, ${rule.effect}`),
  '',
  '# who holds which',
  ...bindings
    .filter(({ conditions }) => !conditions)
    .map(({ subject, role, domain }) => `g, ${subject}, ${role}, ${domain}`),
].join('\n')}\n`

const rowsOf = (policy: string): string[] =>
  policy.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
const diffOf = (next: string): ChangeSet['diff'] => {
  const [were, are] = [new Set(rowsOf(csv)), new Set(rowsOf(next))]
  return { added: [...are].filter((row) => !were.has(row)), removed: [...were].filter((row) => !are.has(row)) }
}

/** Finds what is wrong as the platform does, by line and column, of the two kinds that the tests type. */
export function validatePolicy({ body }: Asked): Answer<'validatePolicy'> {
  const next = text(body['csv'])
  const problems = next.split('\n').flatMap((line, index): Answer<'validatePolicy'>['problems'] => {
    if (line.trim() === '' || line.startsWith('#')) return []
    const fields = line.split(',').map((field) => field.trim())
    const at = { line: index + 1, severity: 'error' as const }
    if (fields[0] !== 'p' && fields[0] !== 'g')
      return [{ ...at, column: 1, message: `a row starts with p or g, not "${fields[0] ?? ''}"` }]
    if (fields[0] === 'p' && fields.length === 6 && fields[5] !== 'allow' && fields[5] !== 'deny')
      return [
        { ...at, column: line.lastIndexOf(',') + 3, message: `effect is "${fields[5] ?? ''}"; write allow or deny` },
      ]
    return []
  })
  return { valid: problems.length === 0, problems, diff: diffOf(next) }
}

const changeSet = (id: string, title: string, more: Partial<ChangeSet>): ChangeSet => ({
  id,
  title,
  description: '',
  state: 'draft',
  author: 'user:ana',
  baseRevision: 42,
  edit: {},
  diff: { added: [], removed: [] },
  problems: [],
  approvals: [],
  approvalsNeeded: 1,
  createdAt: ago(hour),
  updatedAt: ago(hour),
  ...more,
})

const changeSets: ChangeSet[] = [
  changeSet('chs_01', 'Let QA deploy to staging, and nobody else', {
    description: 'QA tries releases before they are promoted.\nAgreed on with the leads of payments and shop.',
    state: 'proposed',
    author: 'user:lee',
    diff: {
      added: [
        'p, role:qa, payments/staging, application, deploy, allow',
        'p, role:developer, payments/staging, application, deploy, deny',
        'p, role:deployer, *, component, approve, deny',
      ],
      removed: [
        'p, role:deployer, *, component, approve, allow',
        'g, sa:payments/release-bot, role:qa, payments/staging',
      ],
    },
  }),
  changeSet('chs_02', 'Auditors read everything', { state: 'applied', appliedRevision: 41, baseRevision: 40, appliedAt: ago(2 * day), appliedBy: 'user:ana', approvals: [{ by: 'user:lead', at: ago(2 * day) }] }), // prettier-ignore
  changeSet('chs_03', 'Take deploy from the developers of the shop', {
    state: 'rejected',
    author: 'user:dev',
    rejection: { by: 'user:lead', at: ago(3 * day), reason: 'They deploy to development themselves; keep that' },
    diff: { added: ['p, role:developer, shop, application, deploy, deny'], removed: [] },
  }),
]

const found1 = ({ params }: Asked): ChangeSet =>
  found(
    changeSets.find(({ id }) => id === params['changeSet']),
    'authorization.change_set_unknown',
  )
const move = (asked: Asked, more: Partial<ChangeSet>): ChangeSet =>
  Object.assign(found1(asked), more, { updatedAt: ago(0) })

const tests: Answer<'getPolicyTests'> = {
  items: [
    {
      name: 'A developer never deploys to production',
      subjects: ['user:dev', 'group:payments/developers'],
      action: 'deploy',
      object: 'application/ledger',
      domain: 'payments/production',
      expect: 'deny',
    },
    {
      name: 'A lead approves what goes to production',
      subjects: ['user:lead', 'group:payments/leads'],
      action: 'approve',
      object: 'change-request',
      domain: 'payments/production',
      expect: 'allow',
    },
    {
      name: 'QA deploys to staging',
      subjects: ['sa:payments/release-bot'],
      action: 'deploy',
      object: 'application/ledger',
      domain: 'payments/staging',
      expect: 'allow',
    },
  ],
}
const run = (items: readonly Answer<'getPolicyTests'>['items'][number][]): Answer<'runPolicyTests'> => {
  const results = items.map(({ name, expect }, index) => ({
    name,
    passed: index !== 2,
    expected: expect,
    got: index === 2 ? ('deny' as const) : expect,
    reason: index === 2 ? 'no rule allows it' : 'role:team-lead is allowed it',
  }))
  const passed = results.filter((result) => result.passed).length
  return { passed, failed: results.length - passed, items: results }
}

const impact: Omit<Answer<'impactOfChangeSet'>, 'days'> = {
  notes: [],
  revision: 42,
  examined: 12_480,
  changed: 214,
  decisions: [
    ['user:dev', 'deploy', 'application/ledger', 'payments/staging', 'allow', 'deny', 131],
    ['sa:payments/release-bot', 'run', 'pipeline', 'payments/staging', 'allow', 'deny', 62],
    ['user:sam', 'deploy', 'application/invoices', 'payments/staging', 'deny', 'allow', 21],
  ].map(([subject, action, object, domain, before, after, count], index) => ({
    subject: String(subject),
    action: String(action),
    object: String(object),
    domain: String(domain),
    before: before as 'allow' | 'deny',
    after: after as 'allow' | 'deny',
    count: Number(count),
    lastAt: ago((index + 1) * hour),
    reason: after === 'deny' ? 'role:developer is denied it' : 'role:qa is allowed it',
  })),
  subjects: [
    { subject: 'user:dev', gains: [], loses: ['deploy application in payments/staging'] },
    {
      subject: 'user:lee',
      gains: [],
      loses: ['deploy application in payments/staging', 'approve component in payments'],
    },
    { subject: 'user:sam', gains: ['deploy application in payments/staging'], loses: [] },
    {
      subject: 'sa:payments/release-bot',
      gains: [],
      loses: ['run pipeline in payments/staging', 'run job in payments/staging'],
    },
  ],
  tests: run(tests.items),
}

let approvalsNeeded = 1
const settings = () => ({ approvalsNeeded, updatedAt: ago(day), updatedBy: 'user:ana' })
const summaryOf = ({ edit: _edit, diff, problems: _p, approvals: _a, approvalsNeeded: _n, description: _d, rejection: _r, appliedAt: _at, appliedBy: _by, ...rest }: ChangeSet) => ({ ...rest, added: diff.added.length, removed: diff.removed.length }) // prettier-ignore

/** Change sets move as they would, in memory. */
export const policyHandlers = {
  getRawPolicy: () => ({
    revision: 42,
    model:
      '[request_definition]\nr = sub, dom, obj, act\n\n[policy_definition]\np = sub, dom, obj, act, eft\n\n[role_definition]\ng = _, _, _\n',
    csv,
  }),
  validatePolicy,
  convertPolicy: ({ body }: Asked) => ({
    csv: text(body['policy']).replaceAll('applications', 'application'),
    notes: [
      { line: 1, column: 4, severity: 'warning' as const, message: 'projects of Argo CD become domains; say which' },
    ],
  }),
  listPolicyRevisions: ({ query }: Asked) =>
    page(
      Array.from({ length: 42 }, (_, index) => ({
        revision: 42 - index,
        at: ago(index * 9 * hour + 600),
        by: index % 3 === 0 ? 'user:lead' : 'user:ana',
        summary: index === 1 ? 'Auditors read everything' : 'binding.create group:payments/on-call role:deployer payments/production', // prettier-ignore
        ...(index === 1 && { changeSet: 'chs_02' }),
        added: index === 1 ? 3 : 1,
        removed: index === 1 ? 2 : 0,
      })),
      query,
    ),
  diffPolicyRevisions: () => changeSets[0]?.diff ?? { added: [], removed: [] },
  restorePolicyRevision: () => found(changeSets[1], 'authorization.revision_unknown'),
  listChangeSets: ({ query }: Asked) =>
    page(
      changeSets.filter(({ state }) => query['state'] === undefined || state === query['state']).map(summaryOf),
      query,
    ),
  createChangeSet: ({ body, subject }: Asked) => {
    const made = changeSet(`chs_0${changeSets.length + 1}`, text(body['title']), {
      author: subject,
      description: text(body['description']),
      diff: diffOf(text(body['csv'])),
      approvalsNeeded: 0,
    })
    changeSets.unshift(made)
    return made
  },
  getChangeSet: found1,
  updateChangeSet: (asked: Asked) => move(asked, { state: 'draft', diff: diffOf(text(asked.body['csv'])) }),
  impactOfChangeSet: ({ body }: Asked) => ({ ...impact, days: Number(body['days']) }),
  proposeChangeSet: (asked: Asked) =>
    move(asked, { state: found1(asked).approvalsNeeded === 0 ? 'approved' : 'proposed' }),
  approveChangeSet: (asked: Asked) => {
    if (found1(asked).author === asked.subject)
      throw new Problem(403, 'authorization.self_approval_refused', 'Nobody approves what he asked for himself.')
    return move(asked, { state: 'approved', approvals: [{ by: asked.subject, at: ago(0) }] })
  },
  rejectChangeSet: (asked: Asked) =>
    move(asked, {
      state: 'rejected',
      rejection: { by: asked.subject, at: ago(0), reason: text(asked.body['reason']) },
    }),
  applyChangeSet: (asked: Asked) =>
    move(asked, { state: 'applied', appliedRevision: 43, appliedAt: ago(0), appliedBy: asked.subject }),
  discardChangeSet: (asked: Asked) => move(asked, { state: 'discarded' }),
  getPolicySettings: settings,
  updatePolicySettings: ({ body }: Asked) => {
    approvalsNeeded = Number(body['approvalsNeeded'])
    return settings()
  },
  getPolicyTests: () => tests,
  updatePolicyTests: ({ body }: Asked) => Object.assign(tests, body),
  runPolicyTests: ({ body }: Asked) => run(body['tests'] as typeof tests.items),
}

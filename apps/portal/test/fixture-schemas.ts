import { ago, type Answer } from './fixture-data.ts'
import { type Asked, found, page, Problem, text } from './fixture-ask.ts'
import { subjects, versions } from './fixture-more.ts'
import type { OperationName } from '@plinth/contracts'

type Table = { [Op in OperationName]?: (asked: Asked) => Answer<Op> }

const project = 'payments'
const subject = 'ledger.entry-recorded'
const breaks: Answer<'checkCompatibility'>['incompatibilities'] = [
  {
    rule: 'REQUIRED_PROPERTY_REMOVED',
    path: '/properties/amount',
    message: 'amount was always there and is gone; risk reads it',
    edit: 'Keep `amount`, or give readers a default: "amount": {"type": "integer", "default": 0}',
    example: { payload: '{"id":"ent_01","currency":"EUR"}', validUnder: 'writer' },
  },
  {
    rule: 'TYPE_CHANGED',
    path: '/properties/currency/type',
    writerPath: '/properties/currency/type',
    message: 'currency was text and is a number',
  },
]
const lines: Answer<'diffSchemaVersions'>['lines'] = [
  { kind: 'same', before: 1, after: 1, text: '{' },
  { kind: 'same', before: 2, after: 2, text: '  "type": "object",' },
  { kind: 'removed', before: 3, text: '  "required": ["id", "amount"],' },
  { kind: 'added', after: 3, text: '  "required": ["id"],' },
  ...Array.from({ length: 12 }, (_, at) => ({ kind: 'same' as const, before: at + 4, after: at + 4, text: `  "p${at}": {"type": "string"},` })),
  { kind: 'added', after: 16, text: '  "note": {"type": "string"}' },
  { kind: 'same', before: 16, after: 17, text: '}' },
] // prettier-ignore
const fields: Answer<'getSchemaDocumentation'>['fields'] = [
  { path: 'id', type: 'string', required: true, doc: 'Of the entry, for good', tags: [] },
  { path: 'amount', type: 'integer', required: true, doc: 'In the smallest unit of the currency', tags: ['finance'] },
  { path: 'payer.email', type: 'string (email)', required: false, tags: ['PII'] },
  { path: 'lines[].note', type: 'string', required: false, default: '""', doc: 'What the payer wrote', tags: ['PII', 'free-text'] },
] // prettier-ignore
const affected: Answer<'getSchemaReview'>['affected'] = [
  { project: 'risk', environment: 'production', component: 'scoring', deployment: 'dep_31', side: 'consumes', version: 2, breaks: true, message: 'amount would be missing from each message' },
  { project, environment: 'development', component: 'reports', deployment: 'dep_32', side: 'consumes', version: 1, breaks: false },
] // prettier-ignore
const summaryOf = (id: string, state: Answer<'getSchemaReview'>['state']): Answer<'listSchemaReviews'>['items'][number] => ({
  id, project, subject, type: 'JSON', state, against: 2, level: 'BACKWARD', problems: breaks.length,
  summary: breaks[0]?.message ?? '', askedBy: 'user:dev', askedAt: ago(9_000), lastAskedAt: ago(600), attempts: 3,
  url: `/projects/${project}/schemas/${subject}/reviews/${id}`,
}) // prettier-ignore
const reviews = [summaryOf('rvw_01', 'pending'), { ...summaryOf('rvw_00', 'used'), decidedBy: 'user:ana', decidedAt: ago(80_000), reason: 'Nobody reads it yet', version: 2 }] // prettier-ignore
let decided: Partial<Answer<'getSchemaReview'>> = {}

const governance = (name: string): Answer<'getSubjectGovernance'> => ({
  project,
  subject: name,
  owner: 'component:payments/ledger',
  description: 'Each entry of the ledger, once, when it is recorded.',
  lifecycle: { state: 'active', since: ago(800_000), by: 'user:ana' },
  tags: ['finance'],
  fields: fields.filter(({ tags }) => tags.length > 0).map(({ path, tags }) => ({ path, tags, written: [] })),
  consumers: affected.map(({ project: of, environment, component, version }) => ({ project: of, environment, component, version })),
  updatedAt: ago(5_000),
  updatedBy: 'user:ana',
}) // prettier-ignore

const using = (component: string, side: 'produces' | 'consumes', version: number) => ({ project, component, side, version }) // prettier-ignore
const places: Answer<'getSchemaEnvironments'> = {
  project,
  subject,
  latestVersion: 2,
  drift: true,
  drifts: ['production has v1, development has v2'],
  environments: [
    { environment: 'development', version: 2, source: 'deployed', behind: 0, deployed: [using('ledger', 'produces', 2), using('reports', 'consumes', 1)] },
    { environment: 'staging', version: 1, source: 'pinned', behind: 1, pin: { version: 1, reason: 'Until the books are closed', by: 'user:ana', at: ago(70_000) }, deployed: [using('ledger', 'produces', 1)] },
    { environment: 'production', version: 1, source: 'deployed', behind: 1, deployed: [using('ledger', 'produces', 1)] },
  ],
} // prettier-ignore

const lineage: Answer<'getProjectLineage'> = {
  nodes: [
    { id: 'component:payments/ledger', kind: 'component', project, name: 'ledger', owner: 'group:payments/leads' },
    { id: 'component:payments/reports', kind: 'component', project, name: 'reports', owner: 'group:payments/leads' },
    { id: 'component:risk/scoring', kind: 'component', project: 'risk', name: 'scoring', owner: 'group:risk/team' },
    { id: `subject:payments/${subject}`, kind: 'subject', project, name: subject, latestVersion: 2, schemaType: 'JSON' },
    { id: 'subject:payments/payouts.payout-sent', kind: 'subject', project, name: 'payouts.payout-sent', latestVersion: 3, schemaType: 'AVRO' },
  ],
  edges: [
    { from: 'component:payments/ledger', to: `subject:payments/${subject}`, side: 'produces', version: 2, behind: 0, state: 'deployed', environment: 'development', since: ago(3_000) },
    { from: 'component:payments/ledger', to: `subject:payments/${subject}`, side: 'produces', version: 1, behind: 1, state: 'deployed', environment: 'production', since: ago(90_000) },
    { from: `subject:payments/${subject}`, to: 'component:payments/reports', side: 'consumes', version: 1, behind: 1, state: 'deployed', environment: 'development', since: ago(90_000) },
    { from: `subject:payments/${subject}`, to: 'component:risk/scoring', side: 'consumes', version: 2, behind: 0, state: 'deployed', environment: 'production', since: ago(9_000) },
    { from: 'component:payments/reports', to: 'subject:payments/payouts.payout-sent', side: 'produces', version: 3, behind: 0, state: 'declared', since: ago(100) },
    { from: 'subject:payments/payouts.payout-sent', to: 'component:risk/scoring', side: 'consumes', version: 3, behind: 0, state: 'declared', since: ago(100) },
  ],
  hidden: 1,
  truncated: false,
} // prettier-ignore

const rules: Answer<'listSchemaRules'>['rules'] = [
  { rule: 'field-names', title: 'Names of fields', description: 'All fields are named in one style.', types: [], severity: 'warn', environments: { production: 'error' }, style: 'camel-case', styles: ['camel-case', 'snake-case'] },
  { rule: 'docs-required', title: 'Said what it is', description: 'Each field has a sentence that says what it is.', types: [], severity: 'off', environments: {} },
  { rule: 'pii-tagged', title: 'Personal data is tagged', description: 'Fields whose names are of people have a tag.', types: [], severity: 'error', environments: {}, words: ['email', 'phone'] },
] // prettier-ignore
let settings: Answer<'listSchemaRules'>['settings'] = [
  { rule: 'field-names', environment: 'production', severity: 'error' },
]
const rulesNow = (): Answer<'listSchemaRules'> => ({
  settings,
  rules: rules.map((rule) => ({
    ...rule,
    severity: settings.find((one) => one.rule === rule.rule && one.environment === undefined)?.severity ?? rule.severity,
    environments: Object.fromEntries(settings.flatMap((one) => (one.rule === rule.rule && one.environment !== undefined ? [[one.environment, one.severity]] : []))),
  })),
}) // prettier-ignore
let classifications: Answer<'listSchemaClassifications'>['classifications'] = [
  { tag: 'PII', description: 'Agreed with the data protection officer', environments: ['production'], projects: ['risk'] },
] // prettier-ignore

const hits: Answer<'searchProjectSchemas'>['items'] = [
  { project, subject, version: 2, type: 'JSON', doc: 'Each entry of the ledger, once, when it is recorded.', owner: 'component:payments/ledger', lifecycle: 'active', tags: ['finance', 'PII'], matches: [{ in: 'field', path: 'amount', text: 'amount' }, { in: 'field-doc', path: 'lines[].note', text: 'What the payer wrote' }] },
] // prettier-ignore

export const schemaHandlers: Table = {
  getSubject: ({ params }) => found(subjects.find(({ name }) => name === params['subject']), 'schemas.subject_unknown'),
  getVersion: ({ params }) => found(versions.find(({ version }) => params['version'] === 'latest' || String(version) === params['version']), 'schemas.version_unknown'),
  searchProjectSchemas: ({ query }) => page(hits.filter((hit) => JSON.stringify(hit).includes(query['q'] ?? '')), query),
  getSchemaDocumentation: ({ params }) => ({
    project, subject: text(params['subject']), version: 2, latest: 2, id: 17, type: 'JSON', title: 'EntryRecorded', doc: 'Each entry of the ledger, once, when it is recorded.',
    owner: 'component:payments/ledger', lifecycle: 'active', tags: ['finance'], fields, references: [{ name: 'money.json', subject: 'payouts.payout-sent', version: 3 }], usedBy: [],
  }),
  diffSchemaVersions: ({ params, query }) => ({
    project, subject: text(params['subject']),
    from: { version: Number(query['from']), type: 'JSON', schema: '{}' }, to: { version: Number(query['to'] ?? 2), type: 'JSON', schema: '{}' },
    fields: [
      { path: 'note', change: 'added', after: { path: 'note', type: 'string', required: false, tags: [] }, changed: [] },
      { path: 'currency', change: 'changed', before: { path: 'currency', type: 'string', required: true, tags: [] }, after: { path: 'currency', type: 'integer', required: true, tags: [] }, changed: ['type'] },
    ],
    lines, linesTruncated: false,
    backward: { compatible: true, incompatibilities: [] }, forward: { compatible: false, incompatibilities: breaks },
  }),
  getSubjectGovernance: ({ params }) => governance(text(params['subject'])),
  updateSubjectGovernance: ({ params }) => governance(text(params['subject'])),
  setSubjectFieldTags: ({ params }) => governance(text(params['subject'])),
  setSubjectLifecycle: ({ params }) => governance(text(params['subject'])),
  listSchemaReviews: ({ query }) => page(reviews.map((one) => (one.id === 'rvw_01' ? { ...one, ...decided } : one)).filter(({ state }) => query['state'] === undefined || state === query['state']), query),
  getSchemaReview: ({ params }) => ({
    ...found(reviews.find(({ id }) => id === params['review']), 'schemas.review_unknown'), ...decided,
    schema: '{}', references: [], diff: lines, diffTruncated: false, incompatibilities: breaks, askers: ['user:dev', 'job:payments/ledger'], mayDecide: true, hidden: { instances: 2, breaking: 1 }, affected,
  }),
  approveSchemaReview: ({ body, subject: who }) => {
    if (decided.state !== undefined) throw new Problem(409, 'schemas.review_decided', 'It was decided before.')
    decided = { state: 'approved', decidedBy: who, decidedAt: ago(0), reason: text(body['reason']) }
    return { ...summaryOf('rvw_01', 'pending'), ...decided }
  },
  listSchemaEnvironments: ({ query }) => page([places], query),
  getSchemaEnvironments: () => places,
  listSchemaPromotions: ({ query }) => page([{ subject, from: 'development', to: 'staging', version: 1, reason: 'Until the books are closed', by: 'user:ana', at: ago(70_000) }], query),
  planSchemaPromotion: ({ params }) => ({
    project, subject, from: 'development', to: text(params['environment']), version: 2, before: 1,
    diff: [{ path: 'note', change: 'added', after: 'string' }], gate: { allowed: true, reasons: [] },
  }),
  promoteSchema: ({ params }) => ({ project, subject, from: 'development', to: text(params['environment']), version: 2, before: 1, diff: [], gate: { allowed: true, reasons: [] } }),
  getProjectLineage: () => lineage,
  getSubjectLineage: () => lineage,
  listSchemaRules: () => rulesNow(),
  setSchemaRules: ({ body }) => {
    settings = body['rules'] as typeof settings
    return rulesNow()
  },
  listSchemaClassifications: () => ({ classifications }),
  setSchemaClassifications: ({ body }) => {
    classifications = body['classifications'] as typeof classifications
    return { classifications }
  },
} // prettier-ignore

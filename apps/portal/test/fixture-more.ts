import { ago, type Answer, components, sha } from './fixture-data.ts'

export const templates: Answer<'listTemplates'>['items'] = [
  {
    name: 'node-service',
    title: 'Node service',
    description:
      'An HTTP service in TypeScript with a PostgreSQL database, tests, a pipeline, a schema and traces from the first request.',
    tags: ['node', 'postgres', 'http'],
    parameters: {
      type: 'object',
      additionalProperties: false,
      required: ['description'],
      properties: {
        description: {
          type: 'string',
          title: 'What it does',
          description: 'Goes into its README and its API document',
          default: 'A small service',
        },
        database: {
          enum: ['postgres', 'none'],
          title: 'Database',
          description: 'A database and a role of its own in every environment',
          default: 'postgres',
        },
        replicas: {
          type: 'integer',
          minimum: 1,
          maximum: 20,
          default: 1,
          title: 'Replicas',
          description: 'How many run at once',
        },
        tracing: {
          type: 'boolean',
          default: true,
          title: 'Traces',
          description: 'Every request is traced without code',
        },
      },
    },
  },
  {
    name: 'static-site',
    title: 'Static site',
    description: 'Files from a build, served with caching and an address per environment.',
    tags: ['website'],
    parameters: {
      type: 'object',
      properties: { directory: { type: 'string', default: 'dist', description: 'What the build writes' } },
    },
  },
]

const schemaOf = (...properties: string[]): string =>
  JSON.stringify({
    type: 'object',
    required: ['id', 'amount'],
    properties: Object.fromEntries(
      ['id', 'amount', ...properties].map((name) => [name, { type: name === 'amount' ? 'integer' : 'string' }]),
    ),
  })
export const versions: Answer<'listVersions'>['items'] = [
  {
    project: 'payments',
    subject: 'ledger.entry-recorded',
    version: 2,
    id: 17,
    type: 'JSON',
    schema: schemaOf('currency', 'note'),
    createdAt: ago(4_000),
    createdBy: 'job:payments/pip_01',
  },
  {
    project: 'payments',
    subject: 'ledger.entry-recorded',
    version: 1,
    id: 4,
    type: 'JSON',
    schema: schemaOf('currency'),
    createdAt: ago(900_000),
    createdBy: 'user:ana',
  },
]
export const subjects: Answer<'listSubjects'>['items'] = [
  {
    project: 'payments',
    name: 'ledger.entry-recorded',
    type: 'JSON',
    compatibility: 'BACKWARD',
    latestVersion: 2,
    updatedAt: ago(4_000),
  },
  {
    project: 'payments',
    name: 'payouts.payout-sent',
    type: 'AVRO',
    compatibility: 'BACKWARD',
    latestVersion: 3,
    updatedAt: ago(90_000),
  },
]
export const deployed: Answer<'getDeployedSchemas'>['items'] = [
  {
    project: 'payments',
    environment: 'development',
    component: 'ledger',
    deployment: 'dep_01',
    produces: [{ subject: 'ledger.entry-recorded', version: 2 }],
    consumes: [{ subject: 'payouts.payout-sent', version: 2 }],
    since: ago(60),
  },
]

const traceId = '5b8aa5a2d2c872e8321cf37308d69df2'
type Span = Answer<'getTrace'>['items'][number]
const started = Date.now() - 90_000
const span = (
  spanId: string,
  parentSpanId: string | undefined,
  name: string,
  kind: string,
  offsetMs: number,
  durationMs: number,
  more: Partial<Span> = {},
): Span => ({
  traceId,
  spanId,
  name,
  kind,
  service: 'ledger',
  environment: 'development',
  workload: 'ledger',
  deployment: 'dep_01',
  startTime: new Date(started + offsetMs).toISOString(),
  durationMs,
  status: 'UNSET',
  attributes: { 'http.request.method': 'POST', 'server.address': 'ledger' },
  ...(parentSpanId !== undefined && { parentSpanId }),
  ...more,
})
export const trace: Answer<'getTrace'>['items'] = [
  span('a000000000000001', undefined, 'POST /entries', 'SERVER', 0, 184),
  span('a000000000000002', 'a000000000000001', 'account lookup', 'INTERNAL', 4, 61),
  span('a000000000000003', 'a000000000000002', 'SELECT accounts', 'CLIENT', 8, 52, {
    attributes: { 'db.system.name': 'postgresql', 'db.query.text': 'select * from accounts where id = $1' },
  }),
  span('a000000000000004', 'a000000000000001', 'INSERT entries', 'CLIENT', 70, 44, {
    status: 'ERROR',
    statusMessage: 'duplicate key',
    attributes: { 'db.system.name': 'postgresql' },
  }),
  span('a000000000000005', 'a000000000000001', 'publish entry-recorded', 'PRODUCER', 120, 12),
]
export const traces: Answer<'queryTraces'>['items'] = Array.from({ length: 60 }, (_, index) => ({
  traceId: index === 0 ? traceId : traceId.slice(0, 29) + String(index).padStart(3, '0'),
  rootName: index % 3 === 0 ? 'POST /entries' : 'GET /entries/:id',
  environment: 'development',
  workload: 'ledger',
  deployment: 'dep_01',
  startTime: ago(90 + index * 40),
  durationMs: 8 + ((index * 37) % 190),
  spans: 5,
  errors: index % 9 === 0 ? 1 : 0,
}))

const words = [
  'GET /entries/1842 200 in 4 ms',
  'POST /entries 201 in 18 ms',
  'Pool has 3 of 10 connections in use',
  'GET /healthz 200 in 1 ms',
  'Entry 1842 was recorded for account 77',
]
export const logRecord = (secondsAgo: number, index: number): Answer<'tailLogs'> => ({
  time: ago(secondsAgo),
  environment: 'development',
  workload: 'ledger',
  deployment: 'dep_01',
  severity: index % 17 === 3 ? 'ERROR' : index % 11 === 5 ? 'WARN' : 'INFO',
  body: index % 17 === 3 ? 'Insert failed: duplicate key value for entry 1842' : (words[index % words.length] ?? ''),
  attributes: { 'process.pid': '4121', replica: '0' },
  ...(index % 4 === 0 && { traceId }),
})
export const logs: Answer<'queryLogs'>['items'] = Array.from({ length: 400 }, (_, index) =>
  logRecord(index * 3 + 1, index),
)

type Series = Answer<'queryMetrics'>['items'][number]
const series = (name: string, unit: string, labels: Record<string, string>, level: number, swing: number): Series => ({
  name,
  unit,
  labels,
  points: Array.from({ length: 61 }, (_, index) => [
    Math.round(Date.now() / 1_000) - (60 - index) * 60,
    Math.max(0, level + Math.sin(index / 6) * swing + Math.sin(index * 1.7) * swing * 0.4),
  ]),
})
export const metrics = (): Series[] => [
  series('Requests', 'req/s', {}, 42, 14),
  series('Errors', 'req/s', {}, 0.3, 0.4),
  series('Latency', 'ms', { quantile: 'p50' }, 8, 2),
  series('Latency', 'ms', { quantile: 'p99' }, 41, 12),
  series('CPU', '%', {}, 18, 6),
  series('Memory', 'By', {}, 92e6, 6e6),
]

const escape = '\u001b'
export const jobLog = [
  `section_start:1763910000:prepare[collapsed=true]\r${escape}[0K${escape}[36;1mPrepare the work folder${escape}[0m`,
  'Fetching 4f2c1a with depth 20',
  'Checked out 4f2c1a as detached HEAD',
  `section_end:1763910001:prepare\r${escape}[0K`,
  `section_start:1763910001:script\r${escape}[0K${escape}[36;1mRun the script${escape}[0m`,
  `${escape}[32;1m$ npm test${escape}[0m`,
  '',
  ...Array.from(
    { length: 300 },
    (_, index) =>
      `${escape}[32m✔${escape}[39m entries › case ${index + 1} holds ${escape}[90m(${(index * 7) % 40} ms)${escape}[39m`,
  ),
  `${escape}[33mwarning${escape}[39m: 1 test is skipped`,
  '<img src=x onerror="alert(1)"> is only text here',
  `section_end:1763910009:script\r${escape}[0K`,
  `${escape}[32;1mJob succeeded${escape}[0m`,
  '',
].join('\n')

type Case = Answer<'listPipelineTests'>['items'][number]
export const tests = (failed: number): Case[] => [
  ...Array.from({ length: failed }, (_, index): Case => ({
    suite: 'payouts',
    name: `a payout that times out is tried again (${index + 1})`,
    status: 'failed',
    durationMs: 31,
    message: 'AssertionError: expected 2 tries, saw 1\n  at test/payouts.test.ts:41:5',
    job: 'unit',
  })),
  ...Array.from({ length: 41 }, (_, index): Case => ({
    suite: 'entries',
    name: `case ${index + 1} holds`,
    status: 'passed',
    durationMs: (index * 13) % 90,
    job: index > 32 ? 'integration' : 'unit',
  })),
]

export const rules: Answer<'listPolicies'>['items'] = [
  'developer',
  'qa',
  'deployer',
  'team-lead',
  'auditor',
  'administrator',
].flatMap((role, group) =>
  ['get', 'list', 'create', 'approve', 'deploy'].slice(0, group + 1).flatMap((action, index) =>
    ['component', 'pipeline', 'change-request'].map((object, at): Answer<'createPolicy'> => ({
      id: `pol_${group}${index}${at}0`,
      subject: `role:${role}`,
      domain: '*',
      object,
      action,
      effect: 'allow',
    })),
  ),
)
rules.push({
  id: 'pol_9999',
  subject: 'role:developer',
  domain: 'payments/production',
  object: 'application',
  action: 'deploy',
  effect: 'deny',
})
const roleNames = ['developer', 'qa', 'deployer', 'team-lead', 'auditor', 'administrator']
export const roles: Answer<'listRoles'>['items'] = roleNames.map((name) => ({
  name,
  description: `What a ${name} does in a day`,
  rules: rules.filter(({ subject }) => subject === `role:${name}`),
}))
export const audit: Answer<'listAudit'>['items'] = Array.from({ length: 240 }, (_, index) => ({
  partition: 'payments',
  sequence: 240 - index,
  id: `aud_${240 - index}x`,
  source: 'gitops',
  actor: index % 5 === 1 ? 'user:dev' : 'user:lead',
  action: index % 5 === 1 ? 'change-request.approve' : 'application.deploy',
  project: 'payments',
  object: index % 5 === 1 ? 'change-request/4' : `application/${components[index % 4]?.name ?? 'ledger'}`,
  outcome: index % 5 === 1 ? 'denied' : 'success',
  detail: { environment: 'production', revision: sha('4f2c1a') },
  requestId: `req_${index}k2m`,
  occurredAt: ago(index * 700 + 20),
  hash: sha(String(index)).padEnd(64, 'a'),
}))

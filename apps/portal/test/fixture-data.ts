import type { OperationName, Operations, ResponseOf } from '@plinth/contracts'

export type Answer<Op extends OperationName> = ResponseOf<Operations[Op]>
type Application = Answer<'getApplication'>
type Component = Answer<'getComponent'>
type Pipeline = Answer<'getPipeline'>
type Job = Answer<'getJob'>

export const ago = (seconds: number): string => new Date(Date.now() - seconds * 1_000).toISOString()
export const sha = (start: string): string => start.padEnd(40, '7c3e90d1b54fa286')
export const minute = 60
export const hour = 3_600
export const day = 86_400

export const projects: Answer<'getProject'>[] = [
  {
    name: 'payments',
    description: 'Money in, money out, and the ledger between',
    createdAt: ago(90 * day),
    createdBy: 'user:ana',
  },
  { name: 'shop', description: 'What customers see', createdAt: ago(60 * day), createdBy: 'user:ana' },
  { name: 'warehouse', description: 'Stock and shipping', createdAt: ago(30 * day), createdBy: 'user:lee' },
]

export const environments: Answer<'listEnvironments'>['items'] = [
  { name: 'development', tier: 'development', position: 1, automatic: true, createdAt: ago(90 * day) },
  { name: 'staging', tier: 'staging', position: 2, automatic: false, createdAt: ago(90 * day) },
  { name: 'production', tier: 'production', position: 3, automatic: false, createdAt: ago(90 * day) },
]

const component = (project: string, name: string, description: string, more: Partial<Component> = {}): Component => ({
  project,
  name,
  kind: 'service',
  template: 'node-service',
  description,
  owner: 'group:payments/leads',
  lifecycle: 'production',
  tags: ['node', 'postgres'],
  repository: name,
  state: 'ready',
  createdAt: ago(40 * day),
  createdBy: 'user:ana',
  ...more,
})

export const components: Component[] = [
  component('payments', 'ledger', 'Double-entry bookkeeping for every payment'),
  component('payments', 'invoices', 'Turns orders into invoices and sends them'),
  component('payments', 'payouts', 'Pays merchants every night', { tags: ['node', 'cron'] }),
  component('payments', 'fraud-check', 'Scores each payment before it goes through', {
    lifecycle: 'experimental',
    tags: ['node'],
  }),
  component('shop', 'storefront', 'The shop itself', { kind: 'website', owner: 'group:shop/web' }),
  ...Array.from({ length: 2_400 }, (_, index) =>
    component('warehouse', `stock-${String(index).padStart(4, '0')}`, `Keeps the stock of shelf ${index}`, {
      owner: `group:warehouse/team-${index % 7}`,
      kind: index % 3 === 0 ? 'worker' : 'service',
      tags: [`shelf-${index % 5}`],
      createdBy: 'user:lee',
    }),
  ),
]

export const newest = sha('4f2c1a')
export const older = sha('3be019')
export const commits: Answer<'listCommits'>['items'] = [
  {
    id: newest,
    title: 'Reject negative amounts',
    message: 'Reject negative amounts\n\nA refund is a payment of its own.',
    author: 'Ana Duarte',
    authoredAt: ago(4 * minute),
    parents: [older],
  },
  {
    id: older,
    title: 'Answer 409 when an entry exists',
    message: 'Answer 409 when an entry exists',
    author: 'Lee Park',
    authoredAt: ago(2 * day),
    parents: [sha('91ac02')],
  },
  {
    id: sha('91ac02'),
    title: 'Add the entries table',
    message: 'Add the entries table',
    author: 'Ana Duarte',
    authoredAt: ago(5 * day),
    parents: [],
  },
]

const application = (name: string, environment: string, position: number, more: Partial<Application>): Application => ({
  project: 'payments',
  environment,
  component: name,
  repository: name,
  sync: 'Synced',
  health: 'Healthy',
  automatic: position === 1,
  position,
  url: `http://${name}.${environment}.payments.localhost:8081`,
  ...more,
})
const synced = (
  id: string,
  revision: string,
  seconds: number,
  reason: string,
  more: Partial<NonNullable<Application['lastSync']>> = {},
): NonNullable<Application['lastSync']> => ({
  id,
  revision,
  state: 'succeeded',
  actor: 'user:ana',
  reason,
  startedAt: ago(seconds + 6),
  finishedAt: ago(seconds),
  ...more,
})
const at = (revision: string) => ({ targetRevision: revision, liveRevision: revision })

export const applications: Application[] = [
  application('ledger', 'development', 1, { ...at(newest), lastSync: synced('syn_0a1', newest, minute, 'release') }),
  application('ledger', 'staging', 2, { ...at(older), lastSync: synced('syn_0a2', older, 2 * day, 'promotion #3') }),
  application('ledger', 'production', 3, {
    ...at(older),
    lastSync: synced('syn_0a3', older, 2 * day - hour, 'promotion #4', { actor: 'user:lead' }),
  }),
  application('invoices', 'development', 1, {
    ...at(sha('b81d2e')),
    health: 'Progressing',
    sync: 'OutOfSync',
    lastSync: {
      id: 'syn_0b1',
      revision: sha('c02f77'),
      state: 'running',
      actor: 'user:lee',
      reason: 'release',
      startedAt: ago(8),
    },
  }),
  application('invoices', 'staging', 2, {
    ...at(sha('b81d2e')),
    lastSync: synced('syn_0b2', sha('b81d2e'), 5 * day, 'promotion #2'),
  }),
  application('invoices', 'production', 3, {
    ...at(sha('a7710c')),
    lastSync: synced('syn_0b3', sha('a7710c'), 9 * day, 'promotion #1', { actor: 'user:lead' }),
  }),
  application('payouts', 'development', 1, {
    ...at(sha('77ab30')),
    health: 'Degraded',
    detail: '1 of 2 replicas ready: the other restarts every 20 s, exit code 1',
    lastSync: synced('syn_0c1', sha('77ab30'), 3 * hour, 'release'),
  }),
  application('payouts', 'staging', 2, {
    ...at(sha('60fe12')),
    lastSync: synced('syn_0c2', sha('60fe12'), 4 * day, 'promotion #7'),
  }),
  application('payouts', 'production', 3, {
    ...at(sha('60fe12')),
    lastSync: synced('syn_0c3', sha('60fe12'), 3 * day, 'promotion #8', { actor: 'user:lead' }),
  }),
  application('fraud-check', 'development', 1, { sync: 'Unknown', health: 'Missing' }),
  application('fraud-check', 'staging', 2, { sync: 'Unknown', health: 'Missing' }),
  application('fraud-check', 'production', 3, { sync: 'Unknown', health: 'Missing' }),
]

const job = (name: string, stage: string, more: Partial<Job> = {}): Job => ({
  id: `job_${name.replace(/[^a-z0-9]/g, '')}01`,
  project: 'payments',
  pipeline: 'pip_01',
  name,
  stage,
  status: 'success',
  needs: [],
  allowFailure: false,
  when: 'on_success',
  attempt: 1,
  exitCode: 0,
  runner: 'runner-1',
  queuedAt: ago(200),
  startedAt: ago(198),
  finishedAt: ago(194),
  ...more,
})
const base = (
  id: string,
  number: number,
  repository: string,
  revision: string,
  title: string,
  more: Partial<Pipeline>,
): Pipeline => ({
  id,
  project: 'payments',
  repository,
  number,
  ref: 'refs/heads/main',
  revision,
  title,
  author: 'Ana Duarte',
  source: 'push',
  status: 'success',
  problems: [],
  createdAt: ago(200),
  startedAt: ago(198),
  finishedAt: ago(186),
  stages: ['check', 'test', 'package', 'publish'],
  jobs: [],
  ...more,
})

export const pipelines: Pipeline[] = [
  base('pip_01', 7, 'ledger', newest, 'Reject negative amounts', {
    tests: { passed: 41, failed: 0, skipped: 1, durationMs: 3_120 },
    jobs: [
      job('lint', 'check'),
      job('types', 'check'),
      job('schema-check', 'check', {
        allowFailure: true,
        status: 'failed',
        exitCode: 1,
        reason: 'The script ended with exit code 1; the job may fail',
      }),
      job('unit', 'test', {
        needs: ['lint', 'types'],
        tests: { passed: 33, failed: 0, skipped: 1, durationMs: 1_200 },
      }),
      job('integration', 'test', { needs: ['types'], tests: { passed: 8, failed: 0, skipped: 0, durationMs: 1_920 } }),
      job('package', 'package', {
        needs: ['unit', 'integration'],
        artifact: { id: 'art_01', job: 'job_package01', sha256: sha('9ad5').repeat(2).slice(0, 64), sizeBytes: 84_213 },
      }),
      job('publish', 'publish'),
      job('docs', 'publish', {
        status: 'manual',
        when: 'manual',
        reason: 'Waits for somebody to start it',
        exitCode: 0,
      }),
    ],
  }),
  base('pip_02', 12, 'invoices', sha('c02f77'), 'Send invoices in the language of the customer', {
    author: 'Lee Park',
    createdAt: ago(40),
    startedAt: ago(38),
    status: 'running',
    jobs: [
      job('lint', 'check', { id: 'job_lint02', pipeline: 'pip_02' }),
      job('unit', 'test', { id: 'job_unit02', pipeline: 'pip_02', status: 'running', startedAt: ago(20) }),
      job('package', 'package', { id: 'job_package02', pipeline: 'pip_02', status: 'created' }),
    ],
  }),
  base('pip_03', 19, 'payouts', sha('d0ffe1'), 'Retry payouts that time out', {
    author: 'Lee Park',
    createdAt: ago(2 * hour),
    status: 'failed',
    tests: { passed: 22, failed: 2, skipped: 0, durationMs: 900 },
    jobs: [
      job('lint', 'check', { id: 'job_lint03', pipeline: 'pip_03' }),
      job('unit', 'test', {
        id: 'job_unit03',
        pipeline: 'pip_03',
        status: 'failed',
        exitCode: 1,
        reason: 'The script ended with exit code 1',
        tests: { passed: 22, failed: 2, skipped: 0, durationMs: 900 },
      }),
      job('package', 'package', {
        id: 'job_package03',
        pipeline: 'pip_03',
        status: 'skipped',
        reason: 'A job before it failed',
      }),
    ],
  }),
  base('pip_04', 18, 'payouts', sha('e11aa0'), 'Tidy the configuration', {
    author: 'Lee Park',
    createdAt: ago(5 * hour),
    status: 'failed',
    stages: [],
    problems: [
      {
        file: '.gitlab-ci.yml',
        line: 12,
        column: 5,
        message: "jobs:unit:needs names 'lnt', which no job is called; did you mean 'lint'?",
      },
    ],
  }),
]
delete pipelines[1]?.finishedAt

import { Type } from 'typebox'
import {
  Closed,
  Id,
  Items,
  Line,
  Nothing,
  Page,
  pageQuery,
  ProjectName,
  RepositoryName,
  Timestamp,
} from '../core/common.ts'
import { route } from '../core/route.ts'
import { CoverageSummary, findingSeverities } from './reports.ts'
import { PipelineParams } from './shared.ts'

const RepositoryParams = Closed({ project: ProjectName, repository: RepositoryName })
const TestParams = Closed({ project: ProjectName, repository: RepositoryName, test: Id })
const testStatus = Type.Enum(['passed', 'failed', 'skipped'])

/** By what a test is known again from run to run. */
const testName = {
  id: Id,
  suite: Type.String({ description: 'Its class, or the suite where it has none' }),
  within: Type.Optional(Type.String({ description: 'The suite, where `suite` is a class of another name' })),
  name: Type.String(),
  file: Type.Optional(Type.String()),
}

const quarantine = {
  id: Id,
  owner: Type.String({ description: 'Who sees to it: user:ana, group:payments/leads' }),
  reason: Type.String(),
  createdBy: Type.String(),
  createdAt: Timestamp,
  expiresAt: Timestamp,
}

export const RepositoryTest = Type.Object({
  ...testName,
  firstSeenAt: Timestamp,
  lastSeenAt: Timestamp,
  meanMs: Type.Optional(Type.Integer({ description: 'Of passing runs, the newest counting most' })),
  failingSince: Type.Optional(Timestamp),
  failingJobs: Type.Array(Type.String(), { description: 'Jobs whose newest run of it on the default branch failed' }),
  flaky: Type.Boolean({
    description: 'Two runs at one commit disagreed in the last 14 days, and it has not passed five times since',
  }),
  disagreedAt: Type.Optional(Timestamp),
  /** Of the last 14 days, on all branches. */
  runs: Type.Integer(),
  failures: Type.Integer(),
  quarantine: Type.Optional(Type.Object(quarantine)),
})

const TestRun = Type.Object({
  pipeline: Id,
  job: Id,
  jobName: Type.String(),
  attempt: Type.Integer(),
  ref: Type.String(),
  revision: Type.String(),
  status: testStatus,
  durationMs: Type.Integer(),
  ranAt: Timestamp,
})

const ComparedTest = Type.Object({
  ...testName,
  job: Type.String(),
  status: testStatus,
  durationMs: Type.Integer(),
  before: Type.Optional(Type.Enum(['passed', 'failed'])),
  targetMs: Type.Optional(Type.Integer({ description: 'The median of its last ten passing runs on the target' })),
  targetFailures: Type.Integer({ description: 'Failures on the target in the last 14 days' }),
  flaky: Type.Boolean(),
  quarantined: Type.Boolean(),
})
const Compared = Type.Object({ count: Type.Integer(), items: Type.Array(ComparedTest) })

export const testRoutes = {
  listRepositoryTests: route({
    method: 'GET',
    path: '/api/v1/projects/:project/repositories/:repository/tests',
    summary:
      'Tests of a repository: those that fail on the default branch, the slowest, flaky or quarantined ones, or all',
    permission: { action: 'list', object: 'pipeline', domain: ':project' },
    params: RepositoryParams,
    query: Closed({
      ...pageQuery,
      show: Type.Optional(Type.Enum(['failing', 'slow', 'flaky', 'quarantined', 'all'])),
    }),
    response: { 200: Page(RepositoryTest) },
    errors: ['pipelines.repository_unknown'],
  }),
  getRepositoryTest: route({
    method: 'GET',
    path: '/api/v1/projects/:project/repositories/:repository/tests/:test',
    summary: 'A test with its last runs, newest first',
    permission: { action: 'get', object: 'pipeline', domain: ':project' },
    params: TestParams,
    response: { 200: Type.Object({ ...RepositoryTest.properties, history: Type.Array(TestRun) }) },
    errors: ['pipelines.test_unknown'],
  }),
  comparePipelineTests: route({
    method: 'GET',
    path: '/api/v1/projects/:project/pipelines/:pipeline/test-comparison',
    summary:
      'The tests of a pipeline against their last runs on the target branch: newly failed, still failing, fixed, slower',
    permission: { action: 'get', object: 'pipeline', domain: ':project' },
    params: PipelineParams,
    response: {
      200: Type.Object({
        target: Type.String({ description: 'The ref that it was compared with' }),
        compared: Type.Integer({ description: 'Tests that ran here' }),
        newFailures: Compared,
        stillFailing: Compared,
        fixed: Compared,
        slower: Compared,
      }),
    },
    errors: ['pipelines.pipeline_unknown'],
  }),
  listPipelineFindings: route({
    method: 'GET',
    path: '/api/v1/projects/:project/pipelines/:pipeline/findings',
    summary: 'What code quality and SARIF reports of a pipeline found, the worst first, 2,000 at the most',
    permission: { action: 'get', object: 'pipeline', domain: ':project' },
    params: PipelineParams,
    response: {
      200: Items(
        Type.Object({
          tool: Type.String(),
          rule: Type.String(),
          severity: Type.Enum([...findingSeverities]),
          message: Type.String(),
          path: Type.String(),
          line: Type.Integer({ description: '0 where it is of the file as a whole' }),
          fingerprint: Type.String(),
        }),
      ),
    },
    errors: ['pipelines.pipeline_unknown'],
  }),
  listPipelineCoverage: route({
    method: 'GET',
    path: '/api/v1/projects/:project/pipelines/:pipeline/coverage',
    summary: 'What the tests of a pipeline ran, by file; the files with most lines that were not run first',
    permission: { action: 'get', object: 'pipeline', domain: ':project' },
    params: PipelineParams,
    response: { 200: Items(Type.Object({ path: Type.String(), ...CoverageSummary.properties })) },
    errors: ['pipelines.pipeline_unknown'],
  }),
  createTestQuarantine: route({
    method: 'POST',
    path: '/api/v1/projects/:project/repositories/:repository/test-quarantines',
    summary: 'Let failures of a test pass for a time; with an owner who sees to it',
    idempotent: true,
    permission: { action: 'approve', object: 'gate', domain: ':project' },
    params: RepositoryParams,
    body: Closed({
      test: Id,
      reason: Type.String({ ...Line(500), minLength: 3 }),
      owner: Type.Optional(
        Type.String({
          maxLength: 120,
          pattern: '^(?:user|group|sa):[a-z0-9][a-z0-9._/-]*$',
          description: 'user:ana, group:payments/leads; whoever asks unless given',
        }),
      ),
      days: Type.Optional(Type.Integer({ minimum: 1, maximum: 90, default: 14 })),
    }),
    response: { 201: Type.Object({ ...quarantine, test: Id }) },
    errors: ['pipelines.test_unknown', 'pipelines.test_quarantined'],
  }),
  deleteTestQuarantine: route({
    method: 'DELETE',
    path: '/api/v1/projects/:project/repositories/:repository/test-quarantines/:quarantine',
    summary: 'Let failures of a test count again',
    permission: { action: 'approve', object: 'gate', domain: ':project' },
    params: Closed({ project: ProjectName, repository: RepositoryName, quarantine: Id }),
    response: { 204: Nothing },
    errors: ['pipelines.quarantine_unknown'],
  }),
}

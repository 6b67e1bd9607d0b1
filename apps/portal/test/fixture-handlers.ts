import type { OperationName } from '@plinth/contracts'
import { accessHandlers } from './fixture-access.ts'
import { judge } from './fixture-judge.ts'
import { type Change, changes } from './fixture-changes.ts'
import { type Asked, found, inProject, named, page, Problem, text } from './fixture-ask.ts'
import {
  ago,
  applications,
  commits,
  components,
  environments,
  pipelines,
  projects,
  sha,
  type Answer,
} from './fixture-data.ts'
import {
  deliveryLine,
  workloads,
  decide,
  promotion,
  merge,
  applicationOf,
  pipelineOf,
  jobOf,
  workloadOf,
  operation,
  createComponent,
} from './fixture-delivery.ts'
import { schemaHandlers } from './fixture-schemas.ts'
import {
  audit,
  deployed,
  logs,
  metrics,
  roles,
  rules,
  subjects,
  templates,
  tests,
  trace,
  traces,
  versions,
} from './fixture-more.ts'

type Table = { [Op in OperationName]?: (asked: Asked) => Answer<Op> }

/** What the platform would answer, kept in memory. Each answer is checked against its contract before it is sent. */
export const handlers: Table = {
  getMe: ({ subject }) => ({
    subject,
    username: subject.slice(5),
    displayName: subject === 'user:dev' ? 'Dev Okafor' : 'Ana Duarte',
    groups: subject === 'user:dev' ? ['payments/developers'] : ['payments/leads'],
    roles: [{ role: subject === 'user:dev' ? 'developer' : 'team-lead', domain: 'payments' }],
  }),
  listProjects: ({ query }) => page(projects, query),
  createProject: ({ body }) => ({
    name: text(body['name']),
    description: text(body['description']),
    createdAt: ago(0),
    createdBy: 'user:ana',
  }),
  getProject: ({ params }) =>
    found(
      projects.find(({ name }) => name === params['project']),
      'provisioning.project_unknown',
    ),
  listEnvironments: () => ({ items: environments }),
  listTemplates: () => ({ items: templates }),
  listCatalog: ({ query }) => page(components.filter(named(query['search'])), query),
  listComponents: ({ params, query }) =>
    page(components.filter(inProject(params['project'])).filter(named(query['search'])), query),
  getComponent: ({ params }) =>
    found(
      components.find((one) => one.project === params['project'] && one.name === params['component']),
      'provisioning.component_unknown',
    ),
  planComponent: ({ body }) => {
    if (components.some((one) => one.project === 'payments' && one.name === body['name']))
      throw new Problem(409, 'provisioning.component_exists', 'A component of this name exists.', {
        errors: [{ path: '/name', message: 'Is taken in this project' }],
      })
    return {
      files: [
        'README.md',
        'score.yaml',
        '.gitlab-ci.yml',
        'catalog-info.yaml',
        'package.json',
        'src/main.ts',
        'src/entries.ts',
        'test/entries.test.ts',
        'schemas/entry-recorded.json',
      ],
      changes: [
        {
          action: 'create',
          kind: 'repository',
          name: text(body['name']),
          summary: 'With 9 files, main is protected',
          fields: [],
        },
        {
          action: 'create',
          kind: 'postgres',
          name: `${text(body['name'])}-db`,
          summary: 'A database and a role in development; staging and production follow with the first promotion',
          fields: [],
        },
        {
          action: 'create',
          kind: 'workload',
          name: text(body['name']),
          summary: '1 replica in development',
          fields: [{ path: 'replicas', after: '1' }],
        },
      ],
    }
  },
  createComponent,
  getOperation: () => operation(4),
  deleteComponent: () => operation(0),
  listWorkloads: workloads,
  getWorkload: workloadOf,
  restartWorkload: workloadOf,
  scaleWorkload: workloadOf,
  stopWorkload: workloadOf,
  startWorkload: workloadOf,
  listRepositories: () => ({
    items: components.slice(0, 4).map(({ project, name }) => ({
      project,
      name,
      defaultBranch: 'main',
      cloneUrl: `http://localhost:8080/git/${project}/${name}.git`,
      protectedBranches: ['main'],
      head: sha('4f2c1a'),
      archived: false,
      createdAt: ago(900),
    })),
  }),
  getRepository: ({ params: { project = '', repository = '' } }) => ({
    project,
    name: repository,
    defaultBranch: 'main',
    cloneUrl: `http://localhost:8080/git/${project}/${repository}.git`,
    protectedBranches: ['main'],
    archived: false,
    createdAt: ago(900),
  }),
  listCommits: ({ query }) => page(commits, query),
  listBranches: () => ({
    items: [
      { name: 'main', revision: sha('4f2c1a'), protected: true },
      { name: 'locale', revision: sha('c02f77'), protected: false },
    ],
  }),
  listChangeRequests: ({ params, query }) =>
    page(
      changes
        .filter(inProject(params['project']))
        .filter(({ state }) => query['state'] === undefined || state === query['state']),
      query,
    ),
  createPromotion: ({ subject, params }) => {
    const made = {
      ...(changes[0] as Change),
      number: 21,
      title: `Promote ledger to ${params['environment'] ?? ''}`,
      environment: params['environment'] ?? '',
      author: subject,
      approvals: [],
    }
    changes.push(made)
    return made
  },
  createChangeRequest: () => changes[2] as Change,
  getChangeRequest: merge,
  getPromotion: promotion,
  approvePromotion: (asked) => decide(promotion(asked), asked, 'approved'),
  closePromotion: (asked) => decide(promotion(asked), asked, 'closed'),
  approveChangeRequest: (asked) => decide(merge(asked), asked, 'approved'),
  mergeChangeRequest: (asked) => decide(merge(asked), asked, 'merged'),
  closeChangeRequest: (asked) => decide(merge(asked), asked, 'closed'),
  listApplications: ({ params, query }) => ({
    items: applications
      .filter(inProject(params['project']))
      .filter(({ component }) => query['component'] === undefined || component === query['component']),
  }),
  getApplication: applicationOf,
  deployApplication: applicationOf,
  syncApplication: applicationOf,
  rollbackApplication: applicationOf,
  listSyncs: (asked) => {
    const { environment, liveRevision = sha('0') } = applicationOf(asked)
    const one = (id: string, revision: string, seconds: number, reason: string) => ({
      id: `syn_${environment}${id}`.replace(/[^a-z0-9_]/g, ''),
      revision,
      deployment: 'dep_02',
      state: 'succeeded' as const,
      actor: 'user:ana',
      reason,
      startedAt: ago(seconds + 5),
      finishedAt: ago(seconds),
    })
    return {
      items: [
        one('2', liveRevision, 1_400, 'release'),
        one('1', sha('91ac02'), 90_000, 'promotion #3'),
        {
          ...one('0', sha('77ab30'), 200_000, 'release'),
          state: 'failed',
          detail: 'No replica became ready within 30 s: exit code 1',
        },
      ],
    }
  },
  getDeliveryLine: deliveryLine,
  listPipelines: ({ params, query }) =>
    page(
      pipelines
        .filter(inProject(params['project']))
        .filter(({ repository }) => query['repository'] === undefined || repository === query['repository'])
        .map(({ stages: _stages, jobs: _jobs, ...rest }) => rest),
      query,
    ),
  createPipeline: () => pipelines[1] as NonNullable<(typeof pipelines)[1]>,
  getPipeline: pipelineOf,
  cancelPipeline: pipelineOf,
  retryPipeline: pipelineOf,
  getJob: jobOf,
  cancelJob: jobOf,
  retryJob: jobOf,
  playJob: jobOf,
  listPipelineTests: (asked) => {
    const { tests: summary } = pipelineOf(asked)
    return {
      summary: summary ?? { passed: 0, failed: 0, skipped: 0, durationMs: 0 },
      items: summary ? tests(summary.failed) : [],
    }
  },
  listSubjects: ({ query }) => page(subjects, query),
  listVersions: () => ({ items: versions }),
  getDeployedSchemas: ({ params }) => ({
    items: deployed.filter(({ environment }) => environment === params['environment']),
  }),
  checkCompatibility: () => ({ compatible: true, level: 'BACKWARD', against: 2, incompatibilities: [] }),
  queryLogs: ({ query }) => ({
    items: logs.filter(
      ({ body, severity, traceId }) =>
        body.toLowerCase().includes((query['search'] ?? '').toLowerCase()) &&
        (query['severity'] === undefined || severity === query['severity']) &&
        (query['traceId'] === undefined || traceId === query['traceId']),
    ),
  }),
  queryTraces: ({ query }) => ({ items: traces.filter(({ errors }) => query['errorsOnly'] !== 'true' || errors > 0) }),
  getTrace: () => ({ items: trace }),
  queryMetrics: () => ({ items: metrics() }),
  canI: ({ subject, body }) => ({
    items: (body['questions'] as { action: string; object: string; domain: string }[]).map((question) =>
      judge(text(body['as']) || subject, question),
    ),
  }),
  listPolicies: ({ query }) => page(rules, query),
  listRoles: () => ({ items: roles }),
  ...schemaHandlers,
  ...accessHandlers,
  listAudit: ({ query }) =>
    page(
      audit.filter(({ actor }) => query['actor'] === undefined || actor === query['actor']),
      query,
    ),
  verifyAudit: () => ({ valid: true, partitions: 3, checkpoints: 8, entries: 480, head: sha('8').padEnd(64, 'a') }),
}

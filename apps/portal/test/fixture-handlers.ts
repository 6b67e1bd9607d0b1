import type { OperationName } from '@plinth/contracts'
import { ago, type Answer, applications, type Change, changes, commits, components, environments, pipelines, projects, sha } from './fixture-data.ts'
import { audit, bindings, deployed, jobLog, logRecord, logs, metrics, roles, rules, subjects, templates, tests, trace, traces, versions } from './fixture-more.ts'

export type Asked = { subject: string; params: Record<string, string>; query: Record<string, string>; body: Record<string, unknown> }
export class Problem extends Error {
  readonly status: number
  readonly document: Record<string, unknown>
  constructor(status: number, code: string, detail: string, more: Record<string, unknown> = {}) {
    super(detail)
    this.status = status
    this.document = { type: `https://plinth.dev/errors/${code}`, title: code, status, code, detail, instance: 'req_01jd9fixture', ...more }
  }
}

const found = <T>(value: T | undefined, code: string): T => {
  if (value === undefined) throw new Problem(404, code, 'No such thing, or none that you may see.')
  return value
}
const page = <T>(all: readonly T[], { limit = '50', cursor = '0' }: Record<string, string>): { items: T[]; nextCursor?: string } => {
  const from = Number(cursor)
  const to = from + Number(limit)
  return { items: all.slice(from, to), ...(to < all.length && { nextCursor: String(to) }) }
}
const named = (text: string | undefined) => (one: { name: string }) => text === undefined || one.name.includes(text)
const inProject = (project: string | undefined) => (one: { project: string }) => one.project === project
const lines = (project: string | undefined, component: string | undefined) => applications.filter((one) => one.project === project && one.component === component)

function deliveryLine({ params: { project = '', component = '' } }: Asked): Answer<'getDeliveryLine'> {
  found(components.find((one) => one.project === project && one.name === component), 'gitops.application_unknown')
  const pipeline = pipelines.find(({ repository }) => repository === component)
  const commit = component === 'fraud-check' || pipeline === undefined ? undefined : { ...(commits[0] as NonNullable<(typeof commits)[0]>), id: pipeline.revision, title: pipeline.title, author: pipeline.author, authoredAt: pipeline.createdAt }
  return {
    project, component, ...(commit && { commit }),
    ...(pipeline && { pipeline: { id: pipeline.id, status: pipeline.status, revision: pipeline.revision, createdAt: pipeline.createdAt, jobs: pipeline.jobs.length, ...(pipeline.status !== 'running' && { durationMs: 12_000 }), ...(pipeline.tests && { tests: pipeline.tests }) } }),
    environments: lines(project, component), waiting: changes.filter((one) => one.component === component && one.state === 'open'),
  }
}

const workloads = ({ params: { environment } }: Asked): Answer<'listWorkloads'> => ({
  items: applications.filter((one) => one.environment === environment && one.liveRevision !== undefined).map((one) => ({
    project: one.project, environment: one.environment, workload: one.component, component: one.component, state: one.health === 'Degraded' ? 'degraded' : one.health === 'Progressing' ? 'starting' : 'running',
    desired: { revision: one.targetRevision ?? sha('0'), deployment: 'dep_02', replicas: 2, running: true }, live: { revision: one.liveRevision ?? sha('0'), deployment: 'dep_02', readyReplicas: one.health === 'Degraded' ? 1 : 2, since: one.lastSync?.startedAt ?? ago(0) },
    ...(one.url !== undefined && { url: one.url }),
    resources: [
      { id: 'res_01db', kind: 'postgres', name: `payments-${one.environment}-${one.component}`, state: 'ready', outputs: { host: '127.0.0.1', port: '5432', database: `payments_${one.environment}_${one.component}` } },
      { id: 'res_02rt', kind: 'route', name: `${one.component}.${one.environment}.payments`, state: 'ready', outputs: { url: one.url ?? '' } },
    ],
    updatedAt: ago(60),
  })),
})

const decide = (change: Change, asked: Asked, state: 'approved' | 'merged' | 'closed'): Answer<'approvePromotion'> => {
  if (state !== 'closed' && asked.subject === change.author) throw new Problem(403, 'gitops.self_approval_refused', 'The author of a change may not approve it.')
  if (state !== 'closed' && asked.subject === 'user:dev') {
    throw new Problem(403, 'gateway.permission_denied', 'The policy does not allow it.', { required: { action: 'approve', object: 'change-request', domain: `payments/${change.environment ?? ''}` }, nearestGrant: { role: 'team-lead', domain: 'payments' } })
  }
  change.state = state
  if (state === 'approved') change.approvals.push({ subject: asked.subject, at: ago(0) })
  return change
}
const promotion = ({ params }: Asked): Change => found(changes.find((one) => one.kind === 'promotion' && one.environment === params['environment'] && one.number === Number(params['number'])), 'gitops.change_request_unknown')
const merge = ({ params }: Asked): Change => found(changes.find((one) => one.kind === 'merge' && one.repository === params['repository'] && one.number === Number(params['number'])), 'gitops.change_request_unknown')
const applicationOf = ({ params: { project, environment, component } }: Asked) => found(lines(project, component).find((one) => one.environment === environment), 'gitops.application_unknown')
const pipelineOf = ({ params }: Asked) => found(pipelines.find(({ id }) => id === params['pipeline']), 'pipelines.pipeline_unknown')
const jobOf = ({ params }: Asked) => found(pipelines.flatMap(({ jobs }) => jobs).find(({ id }) => id === params['job']), 'pipelines.job_unknown')
const workloadOf = (asked: Asked) => found(workloads(asked).items.find(({ workload }) => workload === asked.params['workload']), 'provisioning.workload_unknown')

const operation = (done: number): Answer<'getOperation'> => {
  const names = ['Render the template', 'Make the repository', 'Register in the catalog', 'Push the first commit']
  return {
    id: 'opn_01', project: 'payments', kind: 'scaffold', target: 'component/refunds', state: done >= names.length ? 'succeeded' : 'running', createdAt: ago(3),
    steps: names.map((name, index) => ({ name, state: index < done ? 'done' : index === done ? 'running' : 'waiting', ...(index < done && { startedAt: ago(3), finishedAt: ago(2) }) })),
  }
}

function createComponent({ params, body }: Asked): Answer<'createComponent'> {
  const name = String(body['name'])
  const project = params['project'] ?? ''
  const [model] = components
  if (model) components.unshift({ ...model, project, name, repository: name, description: String(body['description'] ?? '') })
  const revision = sha('a11ce5')
  applications.push(...environments.map((one, index) => ({
    project, environment: one.name, component: name, repository: name, sync: 'Synced' as const, health: index === 0 ? ('Healthy' as const) : ('Missing' as const), automatic: one.automatic, position: one.position,
    ...(index === 0 && { liveRevision: revision, targetRevision: revision, url: `http://${name}.development.${project}.localhost:8081` }),
  })))
  return operation(0)
}

type Table = { [Op in OperationName]?: (asked: Asked) => Answer<Op> }

/** What the platform would answer, kept in memory. Each answer is checked against its contract before it is sent. */
export const handlers: Table = {
  getMe: ({ subject }) => ({ subject, username: subject.slice(5), displayName: subject === 'user:dev' ? 'Dev Okafor' : 'Ana Duarte', groups: subject === 'user:dev' ? ['payments/developers'] : ['payments/leads'], roles: [{ role: subject === 'user:dev' ? 'developer' : 'team-lead', domain: 'payments' }] }),
  listProjects: ({ query }) => page(projects, query),
  createProject: ({ body }) => ({ name: String(body['name']), description: String(body['description'] ?? ''), createdAt: ago(0), createdBy: 'user:ana' }),
  getProject: ({ params }) => found(projects.find(({ name }) => name === params['project']), 'provisioning.project_unknown'),
  listEnvironments: () => ({ items: environments }),
  listTemplates: () => ({ items: templates }),
  listCatalog: ({ query }) => page(components.filter(named(query['search'])), query),
  listComponents: ({ params, query }) => page(components.filter(inProject(params['project'])).filter(named(query['search'])), query),
  getComponent: ({ params }) => found(components.find((one) => one.project === params['project'] && one.name === params['component']), 'provisioning.component_unknown'),
  planComponent: ({ body }) => {
    if (components.some((one) => one.project === 'payments' && one.name === body['name'])) throw new Problem(409, 'provisioning.component_exists', 'A component of this name exists.', { errors: [{ path: '/name', message: 'Is taken in this project' }] })
    return {
      files: ['README.md', 'score.yaml', '.gitlab-ci.yml', 'catalog-info.yaml', 'package.json', 'src/main.ts', 'src/entries.ts', 'test/entries.test.ts', 'schemas/entry-recorded.json'],
      changes: [
        { action: 'create', kind: 'repository', name: String(body['name']), summary: 'With 9 files, main is protected', fields: [] },
        { action: 'create', kind: 'postgres', name: `${String(body['name'])}-db`, summary: 'A database and a role in development; staging and production follow with the first promotion', fields: [] },
        { action: 'create', kind: 'workload', name: String(body['name']), summary: '1 replica in development', fields: [{ path: 'replicas', after: '1' }] },
      ],
    }
  },
  createComponent, getOperation: () => operation(4), deleteComponent: () => operation(0),
  listWorkloads: workloads, getWorkload: workloadOf, restartWorkload: workloadOf, scaleWorkload: workloadOf, stopWorkload: workloadOf, startWorkload: workloadOf,
  listRepositories: () => ({ items: components.slice(0, 4).map(({ project, name }) => ({ project, name, defaultBranch: 'main', cloneUrl: `http://localhost:8080/git/${project}/${name}.git`, protectedBranches: ['main'], head: sha('4f2c1a'), archived: false, createdAt: ago(900) })) }),
  getRepository: ({ params: { project = '', repository = '' } }) => ({ project, name: repository, defaultBranch: 'main', cloneUrl: `http://localhost:8080/git/${project}/${repository}.git`, protectedBranches: ['main'], archived: false, createdAt: ago(900) }),
  listCommits: ({ query }) => page(commits, query),
  listBranches: () => ({ items: [{ name: 'main', revision: sha('4f2c1a'), protected: true }, { name: 'locale', revision: sha('c02f77'), protected: false }] }),
  listChangeRequests: ({ params, query }) => page(changes.filter(inProject(params['project'])).filter(({ state }) => query['state'] === undefined || state === query['state']), query),
  createPromotion: ({ subject, params }) => {
    const made = { ...(changes[0] as Change), number: 21, title: `Promote ledger to ${params['environment'] ?? ''}`, environment: params['environment'] ?? '', author: subject, approvals: [] }
    changes.push(made)
    return made
  },
  createChangeRequest: () => changes[2] as Change, getChangeRequest: merge, getPromotion: promotion,
  approvePromotion: (asked) => decide(promotion(asked), asked, 'approved'), closePromotion: (asked) => decide(promotion(asked), asked, 'closed'),
  approveChangeRequest: (asked) => decide(merge(asked), asked, 'approved'), mergeChangeRequest: (asked) => decide(merge(asked), asked, 'merged'), closeChangeRequest: (asked) => decide(merge(asked), asked, 'closed'),
  listApplications: ({ params, query }) => ({ items: applications.filter(inProject(params['project'])).filter(({ component }) => query['component'] === undefined || component === query['component']) }),
  getApplication: applicationOf, deployApplication: applicationOf, syncApplication: applicationOf, rollbackApplication: applicationOf,
  listSyncs: (asked) => {
    const { environment, liveRevision = sha('0') } = applicationOf(asked)
    const one = (id: string, revision: string, seconds: number, reason: string) => ({ id: `syn_${environment}${id}`.replace(/[^a-z0-9_]/g, ''), revision, deployment: 'dep_02', state: 'succeeded' as const, actor: 'user:ana', reason, startedAt: ago(seconds + 5), finishedAt: ago(seconds) })
    return { items: [one('2', liveRevision, 1_400, 'release'), one('1', sha('91ac02'), 90_000, 'promotion #3'), { ...one('0', sha('77ab30'), 200_000, 'release'), state: 'failed', detail: 'No replica became ready within 30 s: exit code 1' }] }
  },
  getDeliveryLine: deliveryLine,
  listPipelines: ({ params, query }) => page(pipelines.filter(inProject(params['project'])).filter(({ repository }) => query['repository'] === undefined || repository === query['repository']).map(({ stages: _stages, jobs: _jobs, ...rest }) => rest), query),
  createPipeline: () => pipelines[1] as NonNullable<(typeof pipelines)[1]>, getPipeline: pipelineOf, cancelPipeline: pipelineOf, retryPipeline: pipelineOf, getJob: jobOf, cancelJob: jobOf, retryJob: jobOf, playJob: jobOf,
  listPipelineTests: (asked) => {
    const { tests: summary } = pipelineOf(asked)
    return { summary: summary ?? { passed: 0, failed: 0, skipped: 0, durationMs: 0 }, items: summary ? tests(summary.failed) : [] }
  },
  listSubjects: ({ query }) => page(subjects, query), listVersions: () => ({ items: versions }), getDeployedSchemas: ({ params }) => ({ items: deployed.filter(({ environment }) => environment === params['environment']) }),
  checkCompatibility: () => ({ compatible: true, level: 'BACKWARD', against: 2, incompatibilities: [] }),
  queryLogs: ({ query }) => ({ items: logs.filter(({ body, severity, traceId }) => body.toLowerCase().includes((query['search'] ?? '').toLowerCase()) && (query['severity'] === undefined || severity === query['severity']) && (query['traceId'] === undefined || traceId === query['traceId'])) }),
  queryTraces: ({ query }) => ({ items: traces.filter(({ errors }) => query['errorsOnly'] !== 'true' || errors > 0) }), getTrace: () => ({ items: trace }), queryMetrics: () => ({ items: metrics() }),
  canI: ({ subject, body }) => ({ items: (body['questions'] as unknown[]).map(() => (subject === 'user:dev' ? { allowed: false, reason: 'No rule allows it.', grant: { role: 'team-lead', domain: 'payments' } } : { allowed: true, reason: 'role:team-lead allows approve on change-request in payments', grant: { role: 'team-lead', domain: 'payments' } })) }),
  whoCan: () => ({ items: [{ subject: 'user:lead' }, { subject: 'group:payments/leads' }] }),
  listPolicies: ({ query }) => page(rules, query), listRoles: () => ({ items: roles }), listBindings: ({ query }) => page(bindings, query),
  createBinding: ({ body }) => ({ id: 'bnd_0009', subject: String(body['subject']), role: String(body['role']), domain: String(body['domain']), createdAt: ago(0), createdBy: 'user:ana' }),
  getRawPolicy: () => ({ revision: 42, model: '[request_definition]\nr = sub, dom, obj, act', csv: rules.map((rule) => `p, ${rule.subject}, ${rule.domain}, ${rule.object}, ${rule.action}, ${rule.effect}`).join('\n') }),
  listAudit: ({ query }) => page(audit.filter(({ actor }) => query['actor'] === undefined || actor === query['actor']), query), verifyAudit: () => ({ valid: true, entries: 240, head: sha('0').padEnd(64, 'a') }),
}

type Streamed = { id?: string; data: unknown; afterMs: number }

/** The streams: what they send, each after a pause. Those without an end stay open. */
export const streams: { [Op in OperationName]?: (asked: Asked) => { items: readonly Streamed[]; open: boolean } } = {
  followEvents: () => ({ open: true, items: [{ id: '1', afterMs: 20, data: { specversion: '1.0', id: 'evt_1', type: 'dev.plinth.gitops.application.changed.v1', source: 'gitops', time: ago(0), data: {} } }] }),
  followOperation: () => ({ open: false, items: [0, 1, 2, 3, 4].map((done) => ({ id: String(done), afterMs: 150, data: operation(done) })) }),
  followJobLog: (asked) => {
    const { status } = jobOf(asked)
    if (status === 'created' || status === 'manual' || status === 'skipped') return { open: false, items: [] }
    const half = Math.floor(jobLog.length / 2)
    const pieces = status === 'running' ? [jobLog.slice(0, half)] : [jobLog.slice(0, half), jobLog.slice(half)]
    return { open: status === 'running', items: pieces.map((text, index) => ({ id: String(index), afterMs: 10, data: { text } })) }
  },
  tailLogs: () => ({ open: true, items: Array.from({ length: 20 }, (_, index) => ({ afterMs: 100, data: logRecord(0, index) })) }),
}

import { ago, type Answer, applications, commits, components, environments, pipelines, sha } from './fixture-data.ts'
import { type Change, changes } from './fixture-changes.ts'
import { type Asked, found, Problem, text } from './fixture-ask.ts'

export const lines = (project: string | undefined, component: string | undefined) =>
  applications.filter((one) => one.project === project && one.component === component)

export function deliveryLine({ params: { project = '', component = '' } }: Asked): Answer<'getDeliveryLine'> {
  found(
    components.find((one) => one.project === project && one.name === component),
    'gitops.application_unknown',
  )
  const pipeline = pipelines.find(({ repository }) => repository === component)
  const commit =
    component === 'fraud-check' || pipeline === undefined
      ? undefined
      : {
          ...(commits[0] as NonNullable<(typeof commits)[0]>),
          id: pipeline.revision,
          title: pipeline.title,
          author: pipeline.author,
          authoredAt: pipeline.createdAt,
        }
  return {
    project,
    component,
    ...(commit && { commit }),
    ...(pipeline && {
      pipeline: {
        id: pipeline.id,
        status: pipeline.status,
        revision: pipeline.revision,
        createdAt: pipeline.createdAt,
        jobs: pipeline.jobs.length,
        ...(pipeline.status !== 'running' && { durationMs: 12_000 }),
        ...(pipeline.tests && { tests: pipeline.tests }),
      },
    }),
    environments: lines(project, component),
    waiting: changes.filter((one) => one.component === component && one.state === 'open'),
  }
}

export const workloads = ({ params: { environment } }: Asked): Answer<'listWorkloads'> => ({
  items: applications
    .filter((one) => one.environment === environment && one.liveRevision !== undefined)
    .map((one) => ({
      project: one.project,
      environment: one.environment,
      workload: one.component,
      component: one.component,
      state: one.health === 'Degraded' ? 'degraded' : one.health === 'Progressing' ? 'starting' : 'running',
      desired: { revision: one.targetRevision ?? sha('0'), deployment: 'dep_02', replicas: 2, running: true },
      live: {
        revision: one.liveRevision ?? sha('0'),
        deployment: 'dep_02',
        readyReplicas: one.health === 'Degraded' ? 1 : 2,
        since: one.lastSync?.startedAt ?? ago(0),
      },
      ...(one.url !== undefined && { url: one.url }),
      resources: [
        {
          id: 'res_01db',
          kind: 'postgres',
          name: `payments-${one.environment}-${one.component}`,
          state: 'ready',
          outputs: { host: '127.0.0.1', port: '5432', database: `payments_${one.environment}_${one.component}` },
        },
        {
          id: 'res_02rt',
          kind: 'route',
          name: `${one.component}.${one.environment}.payments`,
          state: 'ready',
          outputs: { url: one.url ?? '' },
        },
      ],
      updatedAt: ago(60),
    })),
})

export const decide = (
  change: Change,
  asked: Asked,
  state: 'approved' | 'merged' | 'closed',
): Answer<'approvePromotion'> => {
  if (state !== 'closed' && asked.subject === change.author)
    throw new Problem(403, 'gitops.self_approval_refused', 'The author of a change may not approve it.')
  if (state !== 'closed' && asked.subject === 'user:dev') {
    throw new Problem(403, 'gateway.permission_denied', 'The policy does not allow it.', {
      required: { action: 'approve', object: 'change-request', domain: `payments/${change.environment ?? ''}` },
      nearestGrant: { role: 'team-lead', domain: 'payments' },
    })
  }
  change.state = state
  if (state === 'approved') change.approvals.push({ subject: asked.subject, at: ago(0) })
  return change
}
export const promotion = ({ params }: Asked): Change =>
  found(
    changes.find(
      (one) =>
        one.kind === 'promotion' &&
        one.environment === params['environment'] &&
        one.number === Number(params['number']),
    ),
    'gitops.change_request_unknown',
  )
export const merge = ({ params }: Asked): Change =>
  found(
    changes.find(
      (one) =>
        one.kind === 'merge' && one.repository === params['repository'] && one.number === Number(params['number']),
    ),
    'gitops.change_request_unknown',
  )
export const applicationOf = ({ params: { project, environment, component } }: Asked) =>
  found(
    lines(project, component).find((one) => one.environment === environment),
    'gitops.application_unknown',
  )
export const pipelineOf = ({ params }: Asked) =>
  found(
    pipelines.find(({ id }) => id === params['pipeline']),
    'pipelines.pipeline_unknown',
  )
export const jobOf = ({ params }: Asked) =>
  found(
    pipelines.flatMap(({ jobs }) => jobs).find(({ id }) => id === params['job']),
    'pipelines.job_unknown',
  )
export const workloadOf = (asked: Asked) =>
  found(
    workloads(asked).items.find(({ workload }) => workload === asked.params['workload']),
    'provisioning.workload_unknown',
  )

export const operation = (done: number): Answer<'getOperation'> => {
  const names = ['Render the template', 'Make the repository', 'Register in the catalog', 'Push the first commit']
  return {
    id: 'opn_01',
    project: 'payments',
    kind: 'scaffold',
    target: 'component/refunds',
    state: done >= names.length ? 'succeeded' : 'running',
    createdAt: ago(3),
    steps: names.map((name, index) => ({
      name,
      state: index < done ? 'done' : index === done ? 'running' : 'waiting',
      ...(index < done && { startedAt: ago(3), finishedAt: ago(2) }),
    })),
  }
}

export function createComponent({ params, body }: Asked): Answer<'createComponent'> {
  const name = text(body['name'])
  const project = params['project'] ?? ''
  const [model] = components
  if (model) components.unshift({ ...model, project, name, repository: name, description: text(body['description']) })
  const revision = sha('a11ce5')
  applications.push(
    ...environments.map((one, index) => ({
      project,
      environment: one.name,
      component: name,
      repository: name,
      sync: 'Synced' as const,
      health: index === 0 ? ('Healthy' as const) : ('Missing' as const),
      automatic: one.automatic,
      position: one.position,
      ...(index === 0 && {
        liveRevision: revision,
        targetRevision: revision,
        url: `http://${name}.development.${project}.localhost:8081`,
      }),
    })),
  )
  return operation(0)
}

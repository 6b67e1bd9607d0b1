import pg from 'pg'
import { contracts, type RouteSpec } from '@plinth/contracts'
import { signedIn, type Api } from '../platform/golden-path.ts'
import { databaseRole } from '../platform/services.ts'
import { eventually, openStage, type Stage } from './stage.ts'
import { asker, type Asker } from './hostile-http.ts'
import { user, type User } from './user.ts'

export type Names = Readonly<Record<string, string>>
export type HostileStage = {
  stage: Stage
  ask: Asker
  api: Api
  /** The administrator, and a developer of `shop` who is nobody in `vault`. */
  admin: { token: string; gitToken: string }
  dev: { token: string }
  /** Has no role at all. */
  outsider: { token: string }
  git: User
  /** What a path parameter of each name is there. */
  shop: Names
  vault: Names
  count(only?: string): Promise<Record<string, number>>
  close(): Promise<void>
}

/** In every text of the foreign project: nobody else may ever see it. */
export const marker = 'zebrafish-7431'

/** Each route of the platform under its name. */
export const routes: readonly (readonly [operation: string, spec: RouteSpec])[] = Object.values(contracts).flatMap(
  ({ routes: served }) => Object.entries<RouteSpec>(served),
)

const tables: Readonly<Record<string, readonly string[]>> = {
  authorization: ['users', 'groups', 'group_members', 'roles', 'policy_rules', 'bindings', 'tokens'],
  provisioning: ['projects', 'environments', 'components', 'operations'],
  gitops: ['repositories', 'change_requests', 'approvals'],
  schemas: ['subjects', 'versions'],
  pipelines: [],
}

/** Opens a client for each database and counts what requests make: things, and not what is noted about requests. */
async function counter(postgresUrl: string): Promise<{ count: HostileStage['count']; close(): Promise<void> }> {
  const clients = new Map<string, pg.Client>()
  for (const service of Object.keys(tables)) {
    const url = new URL(postgresUrl)
    url.pathname = `/${databaseRole(service)}`
    const client = new pg.Client({ connectionString: url.href })
    await client.connect()
    clients.set(service, client)
  }
  const rows = async (service: string, table: string): Promise<number> => {
    const found = await clients.get(service)?.query<{ count: number }>(`select count(*)::int as count from ${table}`)
    return found?.rows[0]?.count ?? -1
  }
  return {
    count: async (only) => {
      const names =
        only === undefined ? Object.entries(tables).flatMap(([s, of]) => of.map((t) => `${s}.${t}`)) : [only]
      const counted: Record<string, number> = {}
      for (const name of names) counted[name] = await rows(...(name.split('.') as [string, string]))
      return counted
    },
    close: async () => void (await Promise.all([...clients.values()].map((client) => client.end()))),
  }
}

const isSettled = async (api: Api, project: string, operation: string): Promise<true | undefined> => {
  const { state, error } = await api.getOperation({ params: { project, operation } })
  if (state === 'failed') throw new Error(`${project}: ${error?.detail ?? ''}`)
  return state === 'succeeded' ? true : undefined
}

type Furniture = readonly [project: string, component: string, username: string]

/** A project with a component, a schema, a change request's branch and a pipeline in it; what its things are called. */
async function furnish(api: Api, [project, component, username]: Furniture, description: string): Promise<Names> {
  await api.createProject({ body: { name: project, description } })
  const params = { project }
  const body = { name: component, template: 'node-service', description }
  const { id: operation } = await api.createComponent({ params, body })
  const subject = `${component}.recorded`
  const schema = JSON.stringify({ type: 'object', description, properties: {} })
  await api.registerVersion({ params: { project, subject }, body: { type: 'JSON', schema } })
  await eventually(`${project}/${component}`, () => isSettled(api, project, operation))
  const pipeline = await eventually(`the pipeline of ${project}/${component}`, async () => {
    const { items } = await api.listPipelines({ params, query: {} })
    return items[0]?.id
  })
  // It would go on making things while we count them.
  await api.cancelPipeline({ params: { project, pipeline } })
  const jobs = await eventually(`the end of ${pipeline}`, async () => {
    const found = await api.getPipeline({ params: { project, pipeline } })
    return found.jobs.every(({ status }) => !['pending', 'running'].includes(status)) ? found.jobs : undefined
  })
  const binding = await api.createBinding({ body: { subject: 'user:admin', role: 'role:auditor', domain: project } })
  const policies = await api.listPolicies({ query: {} })
  const named = {
    project,
    context: project,
    component,
    repository: component,
    workload: component,
    environment: 'development',
    subject,
  }
  const ids = { operation, pipeline, job: jobs[0]?.id ?? '', binding: binding.id, policy: policies.items[0]?.id ?? '' }
  const unmade = {
    id: '99999',
    guid: '00000000-0000-4000-8000-000000000000',
    artifact: `art_${'0'.repeat(26)}`,
    deadLetter: `dlq_${'0'.repeat(26)}`,
    traceId: '0'.repeat(32),
  }
  return { ...named, ...ids, ...unmade, number: '1', version: '1', username }
}

/** The whole platform with two projects, and a developer who belongs in one of them. */
export async function openHostileStage(): Promise<HostileStage> {
  const stage = await openStage()
  const { platform } = stage
  const counts = await counter(platform.postgresUrl)
  const git = user('admin', platform.url)
  const close = async (): Promise<void> => {
    await counts.close()
    git.forget()
    await stage.close()
  }
  try {
    const api = await signedIn(platform.admin)
    const ask = asker(platform.url)
    const tokenOf = async (username: string, password: string): Promise<string> => {
      const { text } = await ask({ method: 'POST', path: '/auth/sessions', body: { username, password } })
      return (JSON.parse(text) as { accessToken: string }).accessToken
    }
    const password = 'a long password of mallory'
    for (const username of ['mallory', 'bystander']) await api.createUser({ body: { username, password } })
    const [shop, vault] = await Promise.all([
      furnish(api, ['shop', 'front', 'bystander'], 'Sells'),
      furnish(api, ['vault', 'safe', 'admin'], `Keeps ${marker}`),
    ])
    await api.createBinding({ body: { subject: 'user:mallory', role: 'role:developer', domain: 'shop' } })
    const made = await api.createMyToken({ body: { name: 'git', expiresInDays: 1 } })
    const admin = { token: await tokenOf('admin', platform.admin.password), gitToken: made.token }
    const dev = { token: await tokenOf('mallory', password) }
    const outsider = { token: await tokenOf('bystander', password) }
    const known = { shop: { ...shop, token: made.info.id }, vault: { ...vault, token: made.info.id } }
    return { stage, ask, api, admin, dev, outsider, git, ...known, count: counts.count, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Ids of nothing that are of the right form, so that what is refused is the thing and not its spelling. */
const idsOfNothing: Names = {
  changeSet: 'chs_00000',
  constraint: 'con_00000',
  delivery: 'dlv_00000',
  freeze: 'frz_00000',
  hash: '0'.repeat(20),
  override: 'ovr_00000',
  quarantine: 'qtn_00000',
  request: 'acr_00000',
  review: 'rvw_00000',
  run: 'mig_00000',
  test: 'tst_00000',
  webhook: 'whk_00000',
}

/** The path of a route with its parameters filled in; `over` wins. */
export const pathOf = (spec: RouteSpec, names: Names, over: Names = {}): string =>
  spec.path.replaceAll(/:([A-Za-z0-9_]+)/g, (_all, name: string) => {
    const isOfPolicy = name === 'revision' && spec.path.startsWith('/api/v1/policy/')
    return over[name] ?? (isOfPolicy ? '1' : (names[name] ?? idsOfNothing[name] ?? 'missing'))
  })

export const paramsOf = (spec: RouteSpec): readonly string[] =>
  [...spec.path.matchAll(/:([A-Za-z0-9_]+)/g)].map(([, name = '']) => name)

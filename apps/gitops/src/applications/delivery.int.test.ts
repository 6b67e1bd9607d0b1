import {
  componentCreated,
  componentDeleted,
  environmentCreated,
  failure,
  pipelineChanged,
  workloadChanged,
} from '@plinth/contracts'
import { until } from '@plinth/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { clone, startHouse, type House } from '../testing/house.ts'

const audited = 'dev.plinth.gitops.audit.recorded.v1'
const environments = [
  { name: 'development', automatic: true, position: 1 },
  { name: 'staging', automatic: false, position: 2 },
  { name: 'production', automatic: false, position: 3 },
]
let house: House
beforeAll(async () => {
  house = await startHouse()
})
afterAll(() => house.close())
beforeEach(() => {
  delete house.refuse.setWorkload
  delete house.refuse.planWorkload
})

const at = (component: string, environment = 'development', rest = ''): string =>
  `/api/v1/projects/payments/environments/${environment}/applications/${component}${rest}`
const app = async (component: string, environment = 'development') =>
  (await house.call('ana', 'GET', at(component, environment))).body

/** Makes a component with its repository and applications, and three commits to release. */
async function component(name: string): Promise<string[]> {
  const { revision } = await house.seed('payments', name)
  await house.publish(componentCreated, name, { project: 'payments', component: name, repository: name, environments })
  await until(async () => (await house.call('ana', 'GET', at(name, 'production'))).status === 200)
  const work = await clone(house.gitUrl('ana', 'payments', name))
  const later = [await work.commit('a', 'one'), await work.commit('a', 'two')]
  await work.ok('push', '-q', 'origin', 'main')
  await work.remove()
  return [revision, ...later]
}

const passed = (name: string, number: number, revision: string, more: { status?: 'success' | 'failed'; ref?: string } = {}) =>
  house.publish(pipelineChanged, `pip_${name}${number}`, {
    project: 'payments', repository: name, pipeline: `pip_${name}${number}`, number, status: 'success', ref: 'refs/heads/main', revision,
    title: `Commit ${number}`, author: 'Ana', jobs: 3, createdAt: new Date().toISOString(), durationMs: 1000, finished: true,
    tests: { passed: 4, failed: 0, skipped: 1, durationMs: 20 },
    artifacts: [{ name: 'coverage', artifact: { id: 'art_x', job: 'job_x', sha256: 'ff', sizeBytes: 1 } }, { name: 'workload', artifact: { id: `art_${number}`, job: 'job_1', sha256: 'ab', sizeBytes: 10 } }],
    ...more,
  }) // prettier-ignore

type Word = {
  state?: 'running' | 'starting' | 'failed' | 'degraded' | 'stopped'
  live?: boolean
  detail?: string
  drifted?: boolean
  time?: Date
}

/** Provisioning's word on a deployment; by default that it runs. */
function word(
  name: string,
  environment: string,
  { deployment, revision }: { deployment: string; revision: string },
  { state = 'running', live = true, detail, drifted = false, time }: Word = {},
) {
  return house.publish(workloadChanged, `${environment}-${name}`, {
    project: 'payments', environment, workload: name, state, desiredDeployment: deployment, desiredRevision: revision,
    readyReplicas: 1, replicas: 1, drifted, url: `http://${name}.${environment}.payments.localhost:8081`,
    ...(live && { liveDeployment: deployment, liveRevision: revision }), ...(detail !== undefined && { detail }),
  }, time) // prettier-ignore
}

const asked = (name: string, environment: string, revision: string, after = 0) =>
  until(
    () =>
      house.deployments
        .filter((want) => want.component === name && want.environment === environment)
        .slice(after)
        .find((want) => want.revision === revision),
    { what: `a deployment of ${name}` },
  )

/** Waits until it was asked for, and says that it runs. */
async function goesLive(name: string, environment: string, revision: string, after = 0) {
  const want = await asked(name, environment, revision, after)
  await word(name, environment, want)
  await until(async () => (await app(name, environment)).lastSync.state === 'succeeded')
  return want
}
const count = (name: string, environment: string): number =>
  house.deployments.filter((want) => want.component === name && want.environment === environment).length

describe('from a release to what runs', () => {
  test('a passed pipeline of the default branch deploys to development with the workload artifact, and is Synced once it runs', async () => {
    const [first = ''] = await component('ledger')
    expect(await app('ledger')).toMatchObject({ sync: 'Unknown', health: 'Missing', automatic: true, position: 1 })
    await passed('ledger', 1, first)
    const want = await asked('ledger', 'development', first)
    expect(want).toMatchObject({
      score: 'apiVersion: score.dev/v1b1\n',
      artifact: { id: 'art_1' },
      actor: 'system:gitops',
      workload: 'ledger',
    })
    expect(await app('ledger')).toMatchObject({
      sync: 'OutOfSync',
      health: 'Progressing',
      targetRevision: first,
      lastSync: { state: 'running', reason: 'release' },
    })
    await word('ledger', 'development', want, { state: 'starting', live: false })
    await word('ledger', 'development', want)
    await until(async () => (await app('ledger')).sync === 'Synced')
    expect(await app('ledger')).toMatchObject({
      health: 'Healthy',
      liveRevision: first,
      url: 'http://ledger.development.payments.localhost:8081',
      lastSync: { state: 'succeeded' },
    })
    expect(await app('ledger', 'production')).toMatchObject({ health: 'Missing', sync: 'Unknown' })
    const line = (await house.call('ana', 'GET', '/api/v1/projects/payments/components/ledger/delivery')).body
    expect(line).toMatchObject({
      pipeline: { status: 'success', tests: { passed: 4 } },
      environments: [{ environment: 'development' }, { environment: 'staging' }, { environment: 'production' }],
      waiting: [],
    })
    const releases = (await house.call('ana', 'GET', '/api/v1/projects/payments/components/ledger/releases')).body
    expect(releases.items).toMatchObject([{ revision: first, pipeline: 'pip_ledger1', artifact: { id: 'art_1' } }])
  })

  test('failed pipelines, other branches, doubled events and old pipelines that end late deploy nothing', async () => {
    const [first = '', second = '', third = ''] = await component('quiet')
    await passed('quiet', 1, first, { status: 'failed' })
    await passed('quiet', 2, first, { ref: 'refs/heads/topic' })
    await passed('quiet', 5, third)
    await goesLive('quiet', 'development', third)
    await passed('quiet', 5, third)
    await passed('quiet', 4, second)
    await until(
      async () =>
        (await house.call('ana', 'GET', '/api/v1/projects/payments/components/quiet/releases')).body.items.length === 2,
    )
    await house.publish(componentCreated, 'quiet', {
      project: 'payments',
      component: 'quiet',
      repository: 'quiet',
      environments,
    })
    await house.publish(environmentCreated, 'payments-preview', {
      project: 'payments',
      environment: 'preview',
      tier: 'development',
      position: 4,
      automatic: false,
    })
    await until(async () => (await house.call('ana', 'GET', at('quiet', 'preview'))).status === 200)
    expect(count('quiet', 'development')).toBe(1)
    expect(await app('quiet')).toMatchObject({ targetRevision: third, sync: 'Synced' })
  })

  test('words about an earlier deployment, late or doubled, do not confuse what is said of the current one', async () => {
    const [first = '', second = ''] = await component('orders')
    await passed('orders', 1, first)
    const one = await goesLive('orders', 'development', first)
    await passed('orders', 2, second)
    const two = await asked('orders', 'development', second)
    const before = new Date(Date.now() - 60_000)
    await word('orders', 'development', one, { state: 'failed', detail: 'old trouble' })
    await word('orders', 'development', two, { state: 'starting', live: false })
    await word('orders', 'development', two)
    await until(async () => (await app('orders')).sync === 'Synced')
    await word('orders', 'development', two, { state: 'failed', live: false, time: before })
    await word('orders', 'development', one, { time: before })
    const { body } = await house.call('ana', 'GET', at('orders', 'development', '/syncs'))
    expect(body.items).toMatchObject([
      { revision: second, state: 'succeeded' },
      { revision: first, state: 'succeeded' },
    ])
    expect(await app('orders')).toMatchObject({ sync: 'Synced', health: 'Healthy', liveRevision: second })
    expect(count('orders', 'development')).toBe(2)
  })

  test('a refused deployment fails the sync with the reason and every place, and the next one goes on', async () => {
    const [first = '', second = ''] = await component('refused')
    house.refuse.setWorkload = failure('provisioning.score_invalid', {
      detail: 'score.yaml is not valid.',
      problems: [{ path: '/containers', message: 'is missing.' }],
    })
    await passed('refused', 1, first)
    await until(async () => (await app('refused')).lastSync?.state === 'failed')
    expect(await app('refused')).toMatchObject({
      sync: 'OutOfSync',
      detail: 'score.yaml is not valid. /containers is missing.',
    })
    delete house.refuse.setWorkload
    await passed('refused', 2, second)
    await goesLive('refused', 'development', second)
    expect(await app('refused')).toMatchObject({ sync: 'Synced', health: 'Healthy' })
  })

  test('while provisioning is away the sync waits, and goes through by the same deployment id', async () => {
    const [first = ''] = await component('patient')
    house.refuse.setWorkload = failure('platform.unavailable')
    await passed('patient', 1, first)
    await until(async () => (await app('patient')).lastSync?.state === 'running')
    const planned = (await house.call('ana', 'GET', at('patient', 'development', '/syncs'))).body.items[0].deployment
    delete house.refuse.setWorkload
    expect((await goesLive('patient', 'development', first)).deployment).toBe(planned)
  })

  test('drift is shown and brought back by a sync of its own', async () => {
    const [first = ''] = await component('drifting')
    await passed('drifting', 1, first)
    const one = await goesLive('drifting', 'development', first)
    await word('drifting', 'development', one, { drifted: true, detail: 'somebody killed it' })
    const again = await asked('drifting', 'development', first, 1)
    expect(again.deployment).not.toBe(one.deployment)
    await word('drifting', 'development', again)
    await until(async () => (await app('drifting')).sync === 'Synced')
    expect(await app('drifting')).toMatchObject({
      lastSync: { reason: 'drift', actor: 'system:gitops', state: 'succeeded' },
    })
  })
})

describe('deploy, sync, rollback', () => {
  test('a rollback goes to the last healthy version, once more to the one before, and a new release goes on', async () => {
    const [first = '', second = '', third = ''] = await component('wallet')
    expect((await house.call('ana', 'POST', at('wallet', 'development', '/rollback'), {})).body).toMatchObject({
      code: 'gitops.rollback_impossible',
    })
    for (const [index, revision] of [first, second].entries()) {
      await passed('wallet', index + 1, revision)
      await goesLive('wallet', 'development', revision)
    }
    await passed('wallet', 3, third)
    await word('wallet', 'development', await asked('wallet', 'development', third), {
      state: 'failed',
      live: false,
      detail: 'it crashes',
    })
    await until(async () => (await app('wallet')).lastSync.state === 'failed')
    expect(await app('wallet')).toMatchObject({ health: 'Degraded', detail: 'it crashes' })
    const rolled = await house.call('lead', 'POST', at('wallet', 'development', '/rollback'), {})
    expect(rolled).toMatchObject({
      status: 202,
      body: { targetRevision: second, lastSync: { reason: 'rollback', actor: 'user:lead' } },
    })
    await goesLive('wallet', 'development', second, 3)
    expect((await house.call('lead', 'POST', at('wallet', 'development', '/rollback'), {})).body).toMatchObject({
      targetRevision: first,
    })
    await goesLive('wallet', 'development', first, 4)
    expect((await house.call('lead', 'POST', at('wallet', 'development', '/rollback'), {})).status).toBe(409)
    const { items } = (await house.call('ana', 'GET', at('wallet', 'development', '/syncs'))).body
    const named = items.find(({ revision }: { revision: string }) => revision === second).id
    expect(
      (await house.call('lead', 'POST', at('wallet', 'development', '/rollback'), { sync: named })).body,
    ).toMatchObject({ targetRevision: second })
    expect(
      (await house.call('lead', 'POST', at('wallet', 'development', '/rollback'), { sync: 'syn_nothing' })).body,
    ).toMatchObject({ code: 'gitops.rollback_impossible' })
    await until(() => house.told(audited).filter(({ action }) => action === 'application.rollback').length === 3)
  })

  test('deploy takes the newest or a named release, sync repeats the target, and unknown ones are refused', async () => {
    const [first = '', second = ''] = await component('direct')
    expect((await house.call('ana', 'POST', at('direct', 'staging', '/deploy'), {})).body).toMatchObject({
      status: 409,
      code: 'gitops.nothing_to_promote',
    })
    expect((await house.call('ana', 'POST', at('direct', 'staging', '/sync'))).body).toMatchObject({
      code: 'gitops.nothing_to_promote',
    })
    await passed('direct', 1, first)
    await passed('direct', 2, second)
    await goesLive('direct', 'development', second)
    expect(
      (await house.call('ana', 'POST', at('direct', 'staging', '/deploy'), { revision: first.slice(0, 10) })).body,
    ).toMatchObject({ targetRevision: first })
    await goesLive('direct', 'staging', first)
    expect((await house.call('ana', 'POST', at('direct', 'staging', '/sync'))).body).toMatchObject({
      lastSync: { reason: 'manual', revision: first },
    })
    await goesLive('direct', 'staging', first, 1)
    for (const revision of ['f'.repeat(40), '%', '--help']) {
      expect((await house.call('ana', 'POST', at('direct', 'staging', '/deploy'), { revision })).body).toMatchObject({
        code: 'gitops.nothing_to_promote',
      })
    }
    expect((await house.call('ana', 'POST', at('nothing', 'staging', '/deploy'), {})).body).toMatchObject({
      code: 'gitops.application_unknown',
    })
  })
})

describe('promotion', () => {
  const promotions = (environment: string, rest = ''): string =>
    `/api/v1/projects/payments/environments/${environment}/promotions${rest}`

  test('a promotion shows diff, plan and checks, is approved by somebody else, deploys, and is merged when it runs', async () => {
    const [first = '', second = ''] = await component('billing')
    await passed('billing', 1, first)
    await goesLive('billing', 'development', first)
    const opened = await house.call(
      'dev',
      'POST',
      promotions('staging'),
      { component: 'billing', description: 'For the fair' },
      { 'idempotency-key': 'promote-1' },
    )
    expect(opened).toMatchObject({
      status: 201,
      body: { kind: 'promotion', state: 'open', environment: 'staging', toRevision: first, author: 'user:dev' },
    })
    const repeat = await house.call(
      'dev',
      'POST',
      promotions('staging'),
      { component: 'billing', description: 'For the fair' },
      { 'idempotency-key': 'promote-1' },
    )
    expect(repeat.body.number).toBe(opened.body.number)
    expect((await house.call('dev', 'POST', promotions('staging'), { component: 'billing' })).body).toMatchObject({
      code: 'gitops.change_request_exists',
    })
    const number = opened.body.number as number
    const detail = (await house.call('lead', 'GET', promotions('staging', `/${number}`))).body
    expect(detail).toMatchObject({
      mergeable: true,
      plan: [{ kind: 'workload' }],
      gate: { allowed: true },
      checks: [{ state: 'success' }],
    })
    expect(detail.diff).toContain('score.yaml')
    expect(detail.commits).toHaveLength(1)

    const own = await house.call('dev', 'POST', promotions('staging', `/${number}/approve`))
    expect(own).toMatchObject({ status: 403, body: { code: 'gitops.self_approval_refused' } })
    await until(() =>
      house.told(audited).find(({ action, outcome }) => action === 'promotion.approve' && outcome === 'denied'),
    )
    expect(count('billing', 'staging')).toBe(0)

    const approved = await house.call('lead', 'POST', promotions('staging', `/${number}/approve`))
    expect(approved).toMatchObject({ status: 200, body: { state: 'approved', approvals: [{ subject: 'user:lead' }] } })
    const want = await goesLive('billing', 'staging', first)
    expect(want.artifact).toMatchObject({ id: 'art_1' })
    expect((await house.call('dev', 'GET', promotions('staging', `/${number}`))).body).toMatchObject({
      state: 'merged',
      result: first,
    })
    expect(await app('billing', 'staging')).toMatchObject({
      lastSync: { reason: `promotion #${number}`, actor: 'user:lead' },
    })
    expect((await house.call('dev', 'POST', promotions('staging'), { component: 'billing' })).body).toMatchObject({
      code: 'gitops.nothing_to_promote',
    })
    await passed('billing', 2, second)
  })

  test('a plan that is refused is shown as a problem, a failed deployment fails the promotion, and it can be asked for again', async () => {
    const [first = ''] = await component('risky')
    await passed('risky', 1, first)
    await goesLive('risky', 'development', first)
    house.refuse.planWorkload = failure('provisioning.plan_refused', {
      detail: 'Schema payments.risky v2 breaks consumer audit.',
    })
    const { number } = (
      await house.call('dev', 'POST', promotions('production'), { component: 'risky', revision: first })
    ).body
    const detail = await house.call('lead', 'GET', promotions('production', `/${number}`))
    expect(detail).toMatchObject({
      status: 200,
      body: { planProblem: 'Schema payments.risky v2 breaks consumer audit.', mergeable: false },
    })
    await house.call('lead', 'POST', promotions('production', `/${number}/approve`))
    await word('risky', 'production', await asked('risky', 'production', first), {
      state: 'failed',
      live: false,
      detail: 'no database',
    })
    await until(
      async () => (await house.call('dev', 'GET', promotions('production', `/${number}`))).body.state === 'failed',
    )
    expect((await house.call('dev', 'GET', promotions('production', `/${number}`))).body).toMatchObject({
      result: 'no database',
    })
    expect((await house.call('lead', 'POST', promotions('production', `/${number}/approve`))).body).toMatchObject({
      code: 'gitops.change_request_closed',
    })
  })

  test('numbers of other environments and projects are unknown, and closing ends it', async () => {
    const [first = ''] = await component('closing')
    await passed('closing', 1, first)
    await goesLive('closing', 'development', first)
    expect((await house.call('dev', 'POST', promotions('production'), { component: 'closing' })).body).toMatchObject({
      code: 'gitops.nothing_to_promote',
    })
    const { number } = (await house.call('dev', 'POST', promotions('staging'), { component: 'closing' })).body
    for (const path of [
      promotions('production', `/${number}`),
      promotions('staging', '/99999999999'),
      `/api/v1/projects/billing/environments/staging/promotions/${number}`,
    ]) {
      expect((await house.call('lead', 'GET', path)).body).toMatchObject({
        status: 404,
        code: 'gitops.change_request_unknown',
      })
    }
    expect((await house.call('dev', 'POST', promotions('staging', `/${number}/close`))).body).toMatchObject({
      state: 'closed',
    })
    expect((await house.call('lead', 'POST', promotions('staging', `/${number}/approve`))).body).toMatchObject({
      code: 'gitops.change_request_closed',
    })
    const listed = (await house.call('dev', 'GET', '/api/v1/projects/payments/change-requests?state=closed')).body
    expect(listed.items.map((item: { number: number }) => item.number)).toContain(number)
  })

  test('a deleted component has no applications any more, and its promotions are closed', async () => {
    const [first = ''] = await component('leaving')
    await passed('leaving', 1, first)
    await goesLive('leaving', 'development', first)
    const { number } = (await house.call('dev', 'POST', promotions('staging'), { component: 'leaving' })).body
    await house.publish(componentDeleted, 'leaving', { project: 'payments', component: 'leaving' })
    await until(async () => (await house.call('ana', 'GET', at('leaving'))).status === 404)
    expect((await house.call('dev', 'GET', promotions('staging', `/${number}`))).body).toMatchObject({
      state: 'closed',
    })
  })
})

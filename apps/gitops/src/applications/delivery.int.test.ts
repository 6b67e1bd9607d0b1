import { archiveRepository, componentCreated, environmentCreated, failure } from '@plinth/contracts'
import { sql } from '@plinth/store'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { deliveryIn, environments } from '../test-support/delivery.ts'
import { startHouse, type House } from '../test-support/house.ts'
import { until } from '../test-support/until.ts'

const audited = 'dev.plinth.gitops.audit.recorded.v1'
let house: House
beforeAll(async () => {
  house = await startHouse()
})
afterAll(() => house.close())
beforeEach(() => {
  delete house.refuse.setWorkload
  delete house.refuse.planWorkload
})

const { at, app, component, passed, word, asked, goesLive, count } = deliveryIn(() => house)

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

  test('a pipeline that passes after its repository was archived is no release of the next one of that name', async () => {
    const [first = ''] = await component('reborn')
    await house.bus.ask(archiveRepository, { project: 'payments', repository: 'reborn', actor: 'user:ana' })
    await passed('reborn', 1, first)
    const line = '/api/v1/projects/payments/components/reborn/delivery'
    await until(async () => JSON.stringify((await house.call('ana', 'GET', line)).body).includes('pip_reborn1'))
    const [again = ''] = await component('reborn')
    await passed('reborn', 2, again)
    await asked('reborn', 'development', again)
    const releases = (await house.call('ana', 'GET', '/api/v1/projects/payments/components/reborn/releases')).body
    expect(releases.items).toMatchObject([{ pipeline: 'pip_reborn2' }])
  })

  test('a component and an environment that are told of at the same moment have an application together', async () => {
    const projects = Array.from({ length: 20 }, (_, index) => `meeting-${index}`)
    const data = { component: 'one', repository: 'one', environments: [] }
    const environment = { environment: 'late', tier: 'staging' as const, automatic: false, position: 9 }
    await Promise.all(
      projects.flatMap((project) => [
        house.publish(componentCreated, 'one', { project, ...data }),
        house.publish(environmentCreated, 'late', { project, ...environment }),
      ]),
    )
    const path = (project: string): string => `/api/v1/projects/${project}/environments/late/applications/one`
    for (const project of projects)
      await until(async () => (await house.call('ana', 'GET', path(project))).status === 200)
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
    const planned = (await house.call('ana', 'GET', at('patient', 'development', '/syncs'))).body.items[0]?.deployment
    delete house.refuse.setWorkload
    expect((await goesLive('patient', 'development', first)).deployment).toBe(planned)
  })

  test('drift that provisioning mends itself makes no deployment of ours', async () => {
    const [first = ''] = await component('mending')
    await passed('mending', 1, first)
    const one = await goesLive('mending', 'development', first)
    await word('mending', 'development', one, { state: 'starting', drifted: true, detail: 'it was killed' })
    await until(async () => (await app('mending')).sync === 'OutOfSync')
    await word('mending', 'development', one)
    await until(async () => (await app('mending')).sync === 'Synced')
    // The look that the drift asked for has happened once its key is gone from the queue.
    await until(
      async () => (await house.store.sql(sql`select 1 from plinth_work_queue where key like '%/mending'`)).length === 0,
    )
    expect(count('mending', 'development')).toBe(1)
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
    await until(async () => (await app('wallet')).lastSync?.state === 'failed')
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
    const named = items.find(({ revision }) => revision === second)?.id
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

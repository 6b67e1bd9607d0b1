import { componentDeleted, failure } from '@plinth/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { deliveryIn } from '../test-support/delivery.ts'
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

const { app, component, passed, word, asked, goesLive, count } = deliveryIn(() => house)

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
    const number = opened.body.number
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

  test('of many approvals at once each counts once, and there is one deployment', async () => {
    const [first = ''] = await component('crowd')
    await passed('crowd', 1, first)
    await goesLive('crowd', 'development', first)
    const { number } = (await house.call('dev', 'POST', promotions('staging'), { component: 'crowd' })).body
    const who = Array.from({ length: 30 }, (_, index) => `lead${index % 3}`)
    const answers = await Promise.all(
      who.map((lead) => house.call(lead, 'POST', promotions('staging', `/${number}/approve`))),
    )
    expect(answers.map(({ status }) => status)).toEqual(who.map(() => 200))
    await goesLive('crowd', 'staging', first)
    expect(count('crowd', 'staging')).toBe(1)
    expect((await house.call('dev', 'GET', promotions('staging', `/${number}`))).body).toMatchObject({
      state: 'merged',
      approvals: [{}, {}, {}],
    })
  })

  test('a deleted component has no applications any more, and its promotions are closed', async () => {
    const [first = ''] = await component('leaving')
    await passed('leaving', 1, first)
    await goesLive('leaving', 'development', first)
    const { number } = (await house.call('dev', 'POST', promotions('staging'), { component: 'leaving' })).body
    await house.publish(componentDeleted, 'leaving', { project: 'payments', component: 'leaving' })
    await until(
      async () =>
        (await house.call('ana', 'GET', '/api/v1/projects/payments/environments/development/applications/leaving'))
          .status === 404,
    )
    expect((await house.call('dev', 'GET', promotions('staging', `/${number}`))).body).toMatchObject({
      state: 'closed',
    })
  })
})

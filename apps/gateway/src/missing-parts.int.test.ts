import { until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { as, codeOf, testPlatform, type TestPlatform } from './test-platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
})
afterAll(() => platform.close())

const project = '/api/v1/projects/payments'

describe('when parts are missing', () => {
  it('answers 503 while a service is down, and goes on when it is back', async () => {
    const gateway = await platform.start({ PLINTH_UPSTREAM_PROVISIONING: 'http://127.0.0.1:9' })
    await until(async () => (await fetch(`${gateway.url}/readyz`)).ok)
    const response = await fetch(`${gateway.url}${project}`, { headers: as('user:dev') })
    expect([response.status, await codeOf(response)]).toEqual([503, 'platform.unavailable'])
    expect(response.headers.get('retry-after')).toBe('2')
    await gateway.close()
  })

  it('keeps deciding by the last policy while authorization is silent, but refuses changes after a while', async () => {
    let skewMs = 0
    const clock = { now: () => new Date(), monotonicMs: () => performance.now() + skewMs }
    const gateway = await platform.start({}, { clock, policyCheckMs: 50 })
    const get = () => fetch(`${gateway.url}${project}`, { headers: as('user:dev') })
    await until(async () => (await get()).status === 200)
    await platform.authorization.worker.stop()
    skewMs = 301_000
    expect((await get()).status).toBe(200)
    const write = await fetch(`${gateway.url}/git/payments/ledger.git/git-receive-pack`, {
      method: 'POST',
      headers: as('user:dev'),
      body: 'x',
    })
    expect([write.status, await codeOf(write)]).toEqual([503, 'platform.unavailable'])
    await platform.authorization.worker.start()
    await gateway.close()
  })

  it('is not ready and decides nothing before it has a policy', async () => {
    await platform.authorization.worker.stop()
    const gateway = await platform.start()
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503)
    expect((await fetch(`${gateway.url}${project}`, { headers: as('user:dev') })).status).toBe(503)
    await platform.authorization.worker.start()
    await until(async () => (await fetch(`${gateway.url}${project}`, { headers: as('user:dev') })).status === 200)
    await gateway.close()
  })
})

import type { DecisionRecord } from '@plinth/contracts'
import { until } from '@plinth/testkit'
import type { Static } from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { as, testPlatform, type TestPlatform } from '../test-platform.ts'

let platform: TestPlatform
const logged: Static<typeof DecisionRecord>[] = []
const audited: string[] = []
const stop = new AbortController()

beforeAll(async () => {
  platform = await testPlatform({ PLINTH_DECISION_SAMPLE: '1000000' })
  await platform.bus.ensureStream('gateway')
  const follow = async (): Promise<void> => {
    for await (const { event } of platform.bus.follow({ sources: ['gateway'], signal: stop.signal })) {
      const data = event.data as { items?: typeof logged; object?: string; project?: string }
      if (event.type.includes('.decisions.')) logged.push(...(data.items ?? []))
      else audited.push(`${data.object} in ${data.project}`)
    }
  }
  follow().catch(() => undefined)
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
  await until(async () => {
    await at(platform.gateway.url, 'warm-up')
    return logged.length > 0
  })
})
afterAll(async () => {
  stop.abort()
  await platform.close()
})

const at = (url: string, project: string, headers = as('user:dev')): Promise<Response> =>
  fetch(`${url}/api/v1/projects/${project}`, { headers })
const domains = (): string[] => logged.map(({ domain }) => domain)

describe('what is decided', () => {
  it('is told: each denial to the ledger and the log, the first use of a right, and of the others a sample', async () => {
    const headers = as('user:dev')
    for (let count = 0; count < 20; count++) await at(platform.gateway.url, 'payments', headers)
    for (let count = 0; count < 3; count++) await at(platform.gateway.url, 'forbidden', headers)
    await until(
      () => domains().filter((domain) => domain === 'forbidden').length === 3 && domains().includes('payments'),
    )
    const [used] = logged.filter(({ domain }) => domain === 'payments')
    expect(logged.filter(({ domain }) => domain === 'payments')).toHaveLength(1)
    expect(used).toMatchObject({
      subject: 'user:dev',
      allowed: true,
      weight: 1,
      operation: 'getProject',
      address: '127.0.0.1',
    })
    expect(used?.rule).toMatch(/^p, role:developer, \*, project, get, allow$/)
    expect(logged.find(({ domain }) => domain === 'forbidden')).toMatchObject({ allowed: false, reason: 'no rule' })
    await until(() => audited.filter((text) => text === 'project in forbidden').length === 3)
  })

  it('is kept each time, where it was a privilege', async () => {
    const headers = { ...as('user:root'), 'content-type': 'application/json' }
    const scale = () =>
      fetch(`${platform.gateway.url}/api/v1/projects/payments/environments/production/workloads/ledger/scale`, {
        method: 'POST', headers, body: '{"replicas":1}',
      }) // prettier-ignore
    for (let count = 0; count < 5; count++) await (await scale()).text()
    await until(() => logged.filter(({ operation }) => operation === 'scaleWorkload').length === 5)
  })

  it('is told once, and in full, when the gateway stops', async () => {
    const gateway = await platform.start()
    await until(async () => (await fetch(`${gateway.url}/readyz`)).ok)
    await Promise.all(Array.from({ length: 50 }, (_, count) => at(gateway.url, `closing-${count}`)))
    await gateway.close()
    await until(() => new Set(domains().filter((domain) => domain.startsWith('closing-'))).size === 50)
  })
})

describe('while the broker is away', () => {
  it('no answer waits, and no denial is lost', async () => {
    await platform.nats.kill()
    const began = performance.now()
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, count) => at(platform.gateway.url, `away-${count}`)),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]))
    expect(performance.now() - began).toBeLessThan(3_000)
    expect((await at(platform.gateway.url, 'payments')).status).toBe(200)
    await platform.nats.start()
    const isTold = () => new Set(domains().filter((domain) => domain.startsWith('away-'))).size === 100
    await until(isTold, { timeoutMs: 15_000 })
    await until(() => new Set(audited.filter((text) => text.includes(' in away-'))).size === 100)
  })

  it('a denial that there is no room for waits with its answer; allows do not', async () => {
    const gateway = await platform.start({}, { decisions: { keptMax: 3 } })
    await until(async () => (await at(gateway.url, 'payments')).status === 200)
    await platform.nats.kill()
    const answers = await Promise.all(Array.from({ length: 3 }, (_, count) => at(gateway.url, `kept-${count}`)))
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403])
    let isAnswered = false
    const waiting = at(gateway.url, 'waits').finally(() => (isAnswered = true))
    for (let count = 0; count < 20; count++) expect((await at(gateway.url, 'payments')).status).toBe(200)
    expect(isAnswered).toBe(false)
    await platform.nats.start()
    expect((await waiting).status).toBe(403)
    await until(() => domains().includes('waits'), { timeoutMs: 15_000 })
    const metrics = await (await fetch(`${gateway.metricsUrl}/metrics`)).text()
    expect(metrics).toMatch(/plinth_gateway_decisions_dropped_total\{kind="denied"\} 0/)
    await gateway.close()
  })
})

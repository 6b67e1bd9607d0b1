import { decisionsRecorded, decisionSummary, subjectOf } from '@plinth/contracts'
import type { Bus } from '@plinth/bus'
import { newId } from '@plinth/kernel'
import { testNats, until, type TestNats } from '@plinth/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTest } from '../test-support/telemetry.ts'
import type { Decision } from './table.ts'

let nats: TestNats
let gateway: Bus
let authorization: Bus
let service: Awaited<ReturnType<typeof startTest>>

beforeAll(async () => {
  nats = await testNats()
  gateway = await nats.bus('gateway')
  authorization = await nats.bus('authorization')
  await gateway.ensureStream('gateway')
  service = await startTest({ connect: () => nats.bus('telemetry') })
})
afterAll(async () => {
  await service?.remove()
  await nats?.close()
})

const decision = (more: Partial<Decision> = {}): Decision => ({
  at: new Date().toISOString(), subject: 'user:ana', subjects: ['user:ana', 'group:leads'], action: 'get', object: 'project',
  domain: 'payments', allowed: true, reason: 'allowed by p, x', rule: 'p, x', revision: 7, operation: 'getProject',
  address: '127.0.0.1', requestId: 'req_1', weight: 1, ...more,
}) // prettier-ignore

async function tell(items: Decision[], id: string = newId('evt')): Promise<string> {
  const body = JSON.stringify({
    specversion: '1.0', id, source: '/plinth/gateway', type: decisionsRecorded.type, time: new Date().toISOString(), subject: 'gw',
    datacontenttype: 'application/json', plinthproject: 'platform', data: { instance: 'gw', items },
  }) // prettier-ignore
  // Another message id each time: the broker does not see the repeat, and the store has to.
  await gateway.publish([
    { id: newId('evt'), key: 'gw', subject: subjectOf(decisionsRecorded.type, 'platform', 'gw'), body },
  ])
  return id
}
const asked = (query = ''): Promise<Decision[]> => service.items<Decision>(`/api/v1/decisions${query}`)

test('what the gateway decided is stored once, however often it is told, and comes back as it was', async () => {
  const hostile = decision({
    subject: "user:o'hara\\",
    object: 'component/x\u0000\n{"a":1}',
    traceId: 'ab'.repeat(16),
    weight: 100,
  })
  const id = await tell([decision(), hostile])
  await tell([decision(), hostile], id)
  await tell([decision({ subject: 'user:last' })])
  await until(async () => (await asked('?subject=user:last')).length === 1)
  expect(await asked('?subject=user:ana')).toEqual([decision({ at: expect.any(String) as string })])
  expect(await asked(`?subject=${encodeURIComponent(hostile.subject)}`)).toEqual([hostile])
})

test('is asked by time, domain and outcome, newest first', async () => {
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
  await tell([
    decision({ subject: 'user:bea', at: at(50), domain: 'orders/production', allowed: false, reason: 'no rule' }),
    decision({ subject: 'user:bea', at: at(10), domain: 'orders' }),
    decision({ subject: 'user:bea', at: at(90), domain: 'orders-too' }),
  ])
  await until(async () => (await asked('?subject=user:bea')).length === 3)
  const found = async (query: string) => (await asked(`?subject=user:bea&${query}`)).map(({ domain }) => domain)
  expect(await found('')).toEqual(['orders', 'orders/production', 'orders-too'])
  expect(await found('domain=orders')).toEqual(['orders', 'orders/production'])
  expect(await found('allowed=false')).toEqual(['orders/production'])
  expect(await found('since=60m&until=20m')).toEqual(['orders/production'])
  expect((await service.get('/api/v1/decisions?since=never')).status).toBe(400)
})

test('equal ones are counted together by their weight, the most frequent first, and a cut is said', async () => {
  await tell([decision({ subject: 'user:sum', weight: 100 }), decision({ subject: 'user:sum', weight: 100 })])
  await until(async () => (await asked('?subject=user:sum')).length === 2)
  const { complete, items } = await authorization.ask(decisionSummary, { days: 30, limit: 1_000 })
  expect(complete).toBe(true)
  const of = items.filter(({ subject }) => subject === 'user:sum')
  expect(of).toMatchObject([{ count: 200, subjects: ['user:ana', 'group:leads'], allowed: true, domain: 'payments' }])
  expect(items.map(({ count }) => count)).toEqual(items.map(({ count }) => count).sort((one, other) => other - one))
  expect(await authorization.ask(decisionSummary, { days: 30, limit: 1 })).toMatchObject({
    complete: false,
    items: [{}],
  })
})

test('what was decided while the service was away is taken in when it is back', async () => {
  await service.close()
  await tell([decision({ subject: 'user:away' })])
  service = await startTest({ dataDir: service.dataDir, connect: () => nats.bus('telemetry') })
  await until(async () => (await asked('?subject=user:away')).length === 1, { timeoutMs: 12_000 })
})

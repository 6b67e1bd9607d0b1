import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { projectCreated, schemaRegistered, subjectOf } from '@plinth/contracts'
import { newId } from '@plinth/kernel'
import { until } from '@plinth/testkit'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { refusal, testApp, type TestApp } from '../test-app.ts'

type Got = { headers: IncomingMessage['headers']; body: string }

let app: TestApp
let receiver: Server
let url: string
const got: Got[] = []
let answer: { status: number; headers?: Record<string, string> } = { status: 200 }

beforeAll(async () => {
  app = await testApp()
  const keep = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    got.push({ headers: req.headers, body: await text(req) })
    res.writeHead(answer.status, answer.headers).end()
  }
  receiver = createServer((req, res) => void keep(req, res)).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks?key=hidden`
  await app.bus.ensureStream('schemas')
  await app.project('payments')
})
afterAll(async () => {
  receiver.close()
  await app.close()
})
afterEach(async () => {
  // Also after a failed test: a webhook that stays would take the events of the next one.
  await app.rows('delete from webhook_deliveries')
  await app.rows('delete from webhooks')
  got.length = 0
  answer = { status: 200 }
})

const ana = () => app.as('user:ana')
const params = { project: 'payments' }

/** As the outbox of another service would; returns the event's id. */
async function publish(spec: typeof projectCreated | typeof schemaRegistered): Promise<string> {
  const id = newId('evt')
  const body = JSON.stringify({
    specversion: '1.0', id, source: '/plinth/test', type: spec.type, time: new Date().toISOString(), subject: id,
    datacontenttype: 'application/json', plinthproject: 'payments', data: spec.example,
  }) // prettier-ignore
  await app.bus.publish([{ id, key: id, subject: subjectOf(spec.type, 'payments', id), body }])
  return id
}
const register = () => publish(schemaRegistered)
const make = async (types: string[] = ['dev.plinth.schemas.']) => ana().createWebhook({ params, body: { url, types } })
const deliveries = (webhook: string) => ana().listWebhookDeliveries({ params: { ...params, webhook }, query: {} })

describe('a webhook', () => {
  it('gets each event that it wants once, signed so that the reference library verifies it', async () => {
    const { webhook, secret } = await make()
    const id = await register()
    await publish(projectCreated)
    await until(() => got.length > 0, { what: 'the delivery' })
    const [{ headers, body }] = got as [Got]
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
      specversion: '1.0',
      id,
      type: schemaRegistered.type,
      plinthproject: 'payments',
    })
    expect(headers['webhook-id']).toBe(id)
    const delivery = await until(async () => {
      const [found] = (await deliveries(webhook.id)).items
      return found?.state === 'delivered' && found
    })
    expect(delivery).toMatchObject({ eventId: id, state: 'delivered', attempts: 1, status: 200 })
    expect(got).toHaveLength(1)
  })

  it('gets the signatures of both secrets for a day after they were changed', async () => {
    const { webhook, secret } = await make()
    const rotated = await ana().rotateWebhookSecret({ params: { ...params, webhook: webhook.id } })
    await register()
    await until(() => got.length > 0)
    const [{ headers, body }] = got as [Got]
    for (const one of [secret, rotated.secret])
      expect(() => new Webhook(one).verify(body, headers as Record<string, string>)).not.toThrow()
  })

  it('is tried again where it did not take an event, and says why', async () => {
    const { webhook } = await make()
    answer = { status: 503, headers: { 'retry-after': '3600' } }
    await register()
    const waiting = await until(async () => {
      const [found] = (await deliveries(webhook.id)).items
      return found?.attempts === 1 && found
    })
    expect(waiting).toMatchObject({ state: 'waiting', status: 503, error: 'answered 503' })
    expect(Date.parse(waiting.nextAttemptAt ?? '')).toBeGreaterThan(Date.now() + 3_500_000)
    answer = { status: 204 }
    await ana().replayWebhookDelivery({ params: { ...params, webhook: webhook.id, delivery: waiting.id } })
    await until(async () => (await deliveries(webhook.id)).items[0]?.state === 'delivered')
    expect(new Set(got.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  })

  it('that is gone for good (410) gets nothing more until it is resumed', async () => {
    const { webhook } = await make()
    answer = { status: 410 }
    await register()
    await until(async () => (await ana().listWebhooks({ params })).items[0]?.state === 'failing')
    const missed = await register()
    await until(async () => (await app.rows('select 1 from plinth_inbox where event_id = $1', [missed])).length > 0)
    answer = { status: 200 }
    const resumed = await ana().updateWebhook({ params: { ...params, webhook: webhook.id }, body: { state: 'active' } })
    expect(resumed.state).toBe('active')
    const id = await register()
    await until(() => got.some(({ headers }) => headers['webhook-id'] === id))
    expect(got).toHaveLength(2)
  })

  it('does not follow a redirect', async () => {
    const { webhook } = await make()
    answer = { status: 302, headers: { location: 'http://169.254.169.254/latest/meta-data' } }
    await register()
    const [failed] = await until(async () => {
      const { items } = await deliveries(webhook.id)
      return items[0]?.attempts === 1 && items
    })
    expect(failed?.error).toContain('redirects are not followed')
  })

  it('gets nothing that its owner may not see any more', async () => {
    const { webhook } = await make()
    await app.rows(`update webhooks set owner = 'user:nobody' where id = $1`, [webhook.id])
    await register()
    await make()
    const id = await register()
    await until(() => got.some(({ headers }) => headers['webhook-id'] === id))
    expect((await deliveries(webhook.id)).items).toEqual([])
  })

  it('keeps its deliveries over a restart of the service', async () => {
    const { webhook } = await make()
    answer = { status: 500 }
    const id = await register()
    await until(() => got.length > 0)
    answer = { status: 200 }
    await app.restart()
    await until(async () => (await deliveries(webhook.id)).items[0]?.state === 'delivered', { timeoutMs: 15_000 })
    expect(got.every(({ headers }) => headers['webhook-id'] === id)).toBe(true)
  })
})

describe('what is refused', () => {
  it.each([
    ['http to another machine', 'http://example.com/hook'],
    ['the metadata address', 'https://169.254.169.254/latest'],
    ['a private address', 'https://10.0.0.1/hook'],
    ['an address in IPv6 that is one of the inside', 'https://[::ffff:10.0.0.1]/hook'],
    ['another scheme', 'gopher://example.com/'],
    ['a password in the address', 'https://user:secret@example.com/'],
  ])('%s', async (_, address) => {
    expect(await refusal(ana().createWebhook({ params, body: { url: address } }))).toMatchObject({
      status: 422,
      code: 'authorization.webhook_refused',
    })
    expect(await app.rows(`select 1 from webhooks where url = $1`, [address])).toEqual([])
  })

  it('one of another project is not found', async () => {
    const { webhook } = await make()
    const there = { project: 'billing', webhook: webhook.id }
    expect(await refusal(ana().updateWebhook({ params: there, body: { state: 'paused' } }))).toMatchObject({
      status: 404,
    })
    expect(await refusal(ana().deleteWebhook({ params: there }))).toMatchObject({
      code: 'authorization.webhook_unknown',
    })
  })

  it('neither secret nor the path of the address is in the ledger or the database in clear', async () => {
    const { webhook, secret } = await make()
    const entries = await app.ledger('webhook.create')
    expect(JSON.stringify(entries)).not.toContain('hidden')
    const [row] = await app.rows<{ secret: string }>(`select secret from webhooks where id = $1`, [webhook.id])
    expect(row?.secret).toMatch(/^v1\./)
    expect(JSON.stringify(entries) + row?.secret).not.toContain(secret)
  })
})

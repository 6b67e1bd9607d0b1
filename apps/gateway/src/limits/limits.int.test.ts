import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Gateway } from '../app.ts'
import { as, codeOf, testPlatform, type TestPlatform } from '../test-platform.ts'

const project = '/api/v1/projects/payments'
const audit = '/api/v1/projects/payments/audit'
let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
})
afterAll(() => platform.close())

const started = async (environment: Record<string, string>): Promise<Gateway> => {
  const gateway = await platform.start(environment)
  await until(async () => (await fetch(`${gateway.url}/readyz`)).ok)
  return gateway
}
const get = ({ url }: Gateway, subject: string, path = project, headers: Record<string, string> = {}) =>
  fetch(`${url}${path}`, { headers: { ...as(subject), ...headers } })
const statusOf = async (asked: Promise<Response>): Promise<number> => {
  const response = await asked
  await response.body?.cancel()
  return response.status
}

describe('by subject', () => {
  it('answers so many at once, says what is left and when to come back, and leaves others alone', async () => {
    const gateway = await started({ PLINTH_READS_PER_SECOND: '1' })
    const first = await get(gateway, 'user:dev')
    expect(Object.fromEntries([...first.headers].filter(([name]) => name.startsWith('ratelimit')))).toEqual({
      ratelimit: '"reading";r=9;t=1',
      'ratelimit-policy': '"reading";q=10;w=10',
      'ratelimit-limit': '10',
      'ratelimit-remaining': '9',
      'ratelimit-reset': '1',
    })
    const statuses: number[] = []
    for (let at = 0; at < 12; at++) statuses.push(await statusOf(get(gateway, 'user:dev')))
    expect(statuses.slice(0, 9)).toEqual(statuses.slice(0, 9).map(() => 200))
    expect(statuses.at(-1)).toBe(429)
    const refused = await get(gateway, 'user:dev')
    expect([refused.headers.get('retry-after'), refused.headers.get('ratelimit-remaining')]).toEqual(['1', '0'])
    expect(await codeOf(refused)).toBe('platform.rate_limited')
    expect(await statusOf(get(gateway, 'user:root'))).toBe(200)
    await gateway.close()
  })

  it('counts what is denied too, and all credentials of a subject together', async () => {
    const gateway = await started({ PLINTH_READS_PER_SECOND: '1' })
    for (let at = 0; at < 10; at++) await statusOf(get(gateway, 'user:nobody'))
    expect(await statusOf(get(gateway, 'user:nobody'))).toBe(429)
    await gateway.close()
  })

  it('keeps reading, writing and streams apart', async () => {
    const gateway = await started({ PLINTH_WRITES_PER_SECOND: '1' })
    const write = () =>
      statusOf(
        fetch(`${gateway.url}/git/payments/ledger.git/git-receive-pack`, {
          method: 'POST', headers: as('user:dev'), body: 'x',
        }), // prettier-ignore
      )
    for (let at = 0; at < 10; at++) await write()
    expect([await write(), await statusOf(get(gateway, 'user:dev'))]).toEqual([429, 200])
    await gateway.close()
  })

  it('lets only so many streams be open, and another once one is closed', async () => {
    const gateway = await started({ PLINTH_STREAMS_MAX: '2' })
    const stops: AbortController[] = []
    const open = async (): Promise<number> => {
      const stop = new AbortController()
      stops.push(stop)
      return (await fetch(`${gateway.url}/events`, { headers: as('user:dev'), signal: stop.signal })).status
    }
    expect([await open(), await open(), await open()]).toEqual([200, 200, 429])
    expect(await statusOf(get(gateway, 'user:dev'))).toBe(200)
    stops[0]?.abort()
    await until(async () => (await open()) === 200)
    for (const stop of stops) stop.abort()
    await gateway.close()
  })
})

describe('by address', () => {
  it('refuses whoever asks too often before asking who he is', async () => {
    const gateway = await started({ PLINTH_REQUESTS_PER_SECOND: '3' })
    const statuses: number[] = []
    for (let at = 0; at < 40; at++) statuses.push(await statusOf(fetch(`${gateway.url}${project}`)))
    expect(new Set(statuses)).toEqual(new Set([401, 429]))
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200)
    await gateway.close()
  })

  it('takes the word of a trusted proxy for it, and of nobody else', async () => {
    const signIn = ({ url }: Gateway, forwarded: string) =>
      statusOf(
        fetch(`${url}/auth/sessions`, {
          method: 'POST',
          body: '{"username":"a","password":"b"}',
          headers: { 'content-type': 'application/json', 'x-forwarded-for': forwarded },
        }),
      )
    const one = { PLINTH_SIGN_INS_PER_MINUTE: '1' }
    const behind = await started({ ...one, PLINTH_TRUSTED_PROXIES: '127.0.0.0/8,::1' })
    expect([
      await signIn(behind, '198.51.100.1'),
      await signIn(behind, '198.51.100.2'),
      await signIn(behind, '198.51.100.9, 198.51.100.1'),
    ]).toEqual([201, 201, 429])
    platform.seen.splice(0)
    await get(behind, 'user:dev', project, { 'x-forwarded-for': '203.0.113.7' })
    expect(platform.seen[0]?.who.address).toBe('203.0.113.7')
    await behind.close()
    const alone = await started(one)
    expect([await signIn(alone, '198.51.100.1'), await signIn(alone, '198.51.100.2')]).toEqual([201, 429])
    await alone.close()
  })
})

/** A service that answers by its bare socket, or not at all. */
describe('a service that fails', () => {
  let answer: (socket: Socket, text: string) => void
  let requests: string[]
  let service: Server
  let gateway: Gateway
  const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'
  beforeAll(async () => {
    requests = []
    service = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (data) => {
          requests.push(String(data))
          answer(socket, String(data))
        })
    }).listen(0, '127.0.0.1')
    await once(service, 'listening')
    const { port } = service.address() as AddressInfo
    gateway = await started({ PLINTH_UPSTREAM_PROVISIONING: `http://127.0.0.1:${port}` })
  })
  afterAll(async () => {
    await gateway.close()
    service.close()
  })

  it('is told how long the caller still waits, and not by him', async () => {
    answer = (socket) => void socket.write(ok)
    await statusOf(get(gateway, 'user:dev', project, { 'x-plinth-timeout-ms': '99999999' }))
    const [, said = ''] = /\r\nx-plinth-timeout-ms: (\d+)\r\n/.exec(requests.at(-1) ?? '') ?? []
    expect(Number(said)).toBeGreaterThan(29_000)
    expect(Number(said)).toBeLessThanOrEqual(30_000)
    expect(requests.at(-1)?.match(/x-plinth-timeout-ms/g)).toHaveLength(1)
  })

  it('gets no more than a tenth more to do, is then left alone, and comes back by one request; others never notice', async () => {
    for (let at = 0; at < 100; at++) await statusOf(get(gateway, 'user:dev'))
    answer = (socket) => void socket.destroy()
    requests.length = 0
    const codes: string[] = []
    // The first half of all that is counted went well.
    for (let at = 0; at < 150; at++) codes.push(await codeOf(await get(gateway, 'user:dev')))
    expect(new Set(codes)).toEqual(new Set(['platform.unavailable', 'gateway.upstream_failing']))
    const failed = codes.filter((code) => code === 'platform.unavailable').length
    expect(requests.length).toBeLessThanOrEqual(failed * 1.1 + 10)
    const open = await get(gateway, 'user:dev')
    expect([open.status, open.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await statusOf(get(gateway, 'user:root', audit))).not.toBe(503)
    answer = (socket) => void socket.write(ok)
    requests.length = 0
    await until(async () => (await statusOf(get(gateway, 'user:dev'))) === 200)
    expect(requests).toHaveLength(1)
    expect(await statusOf(get(gateway, 'user:dev'))).toBe(200)
  })

  it('is never sent a change twice', async () => {
    answer = (socket) => void socket.destroy()
    requests.length = 0
    const path = `${gateway.url}${project}/components`
    const post = { method: 'POST', headers: { ...as('user:dev'), 'content-type': 'application/json' }, body: '{}' }
    expect(await statusOf(fetch(path, post))).toBe(503)
    expect(requests.filter((text) => text.startsWith('POST'))).toHaveLength(1)
  })
})

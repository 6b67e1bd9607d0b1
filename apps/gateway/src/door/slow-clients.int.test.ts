import { connect, type Socket } from 'node:net'
import { until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessToken, as, testCalls, testPlatform, type TestPlatform } from '../test-platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
  await platform.authorization.change(() =>
    platform.authorization.links.push({ subject: 'user:ops', role: 'role:administrator', domain: 'payments' }),
  )
  await until(async () => (await at(project, { headers: as('user:ops') })).status === 200)
})
afterAll(() => platform.close())

const { at } = testCalls(() => platform)
const project = '/api/v1/projects/payments'
const scale = `${project}/environments/development/workloads/ledger/scale`
const open = (): Socket => {
  const { hostname, port } = new URL(platform.gateway.url)
  return connect(Number(port), hostname).on('error', () => undefined)
}

/** Sends the head and then a piece ten times a second; what it was answered until it was cut off, and after how long. */
const drip = (head: string, piece: string): Promise<{ status: string; ms: number }> =>
  new Promise((resolve) => {
    const startedMs = performance.now()
    const socket = open()
    let said = ''
    socket.write(head)
    const timer = setInterval(() => socket.write(piece), 100)
    socket.setEncoding('latin1').on('data', (data) => (said += String(data)))
    socket.on('close', () => {
      clearInterval(timer)
      resolve({ status: said.slice(9, 12), ms: performance.now() - startedMs })
    })
  })

const json = `host: a\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n`
const chunked = `host: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n`
const ops = () => `authorization: Bearer ${accessToken('user:ops')}\r\n`
const slow: readonly (readonly [what: string, make: () => [head: string, piece: string]])[] = [
  ['a header byte at a time', () => [`GET ${project} HTTP/1.1\r\nhost: a\r\nx-a: `, 'a']],
  ['header after header', () => [`GET ${project} HTTP/1.1\r\nhost: a\r\n`, 'x-a: b\r\n']],
  ['nothing at all', () => ['', '']],
  ['empty lines', () => ['\r\n', '\r\n']],
  ['a body byte at a time', () => [`POST ${scale} HTTP/1.1\r\n${json}${ops()}\r\n`, '1']],
  ['a chunk byte at a time', () => [`POST ${scale} HTTP/1.1\r\n${chunked}${ops()}\r\n`, '1\r\n1\r\n']],
  ['a body to sign in with', () => [`POST /auth/portal-session HTTP/1.1\r\n${json}\r\n`, '1']],
]

describe('who is slow', () => {
  /** All at once, since each takes its time. */
  let under: ReadonlyMap<string, ReturnType<typeof drip>>
  beforeAll(() => {
    under = new Map(slow.map(([what, make]) => [what, drip(...make())]))
  })

  it('to read makes nobody else wait, and the gateway keeps little for him', async () => {
    const rssBefore = process.memoryUsage().rss
    const sockets = Array.from({ length: 20 }, open)
    const ask = `GET /api/openapi.json HTTP/1.1\r\nhost: a\r\n\r\n`
    for (const socket of sockets) socket.pause().write(ask.repeat(100))
    const startedMs = performance.now()
    expect((await at(project, { headers: as('user:dev') })).status).toBe(200)
    // Long before a slow one is cut off, on a busy machine too.
    expect(performance.now() - startedMs).toBeLessThan(5_000)
    // All of it would be some 800 MB.
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(200 * 1_048_576)
    for (const socket of sockets) socket.destroy()
  })

  it.each(slow)('with %s is cut off in ten seconds', { timeout: 15_000 }, async (what) => {
    const { status, ms } = (await under.get(what)) ?? { status: 'none', ms: 0 }
    expect(status).toBe('408')
    expect(ms).toBeLessThan(11_000)
  })
})

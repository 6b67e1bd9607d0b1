import { quietLogger, until } from '@plinth/testkit'
import { once } from 'node:events'
import { createServer, request as httpRequest, type RequestListener, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { request } from 'undici'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startEdge, type Edge } from './server.ts'
import { edgeTable, type EdgeTable } from './table.ts'

let table: EdgeTable
let edge: Edge
let servers: Server[] = []

beforeEach(async () => {
  table = edgeTable()
  edge = await startEdge({ table, host: '127.0.0.1', port: 0, logger: quietLogger })
})
afterEach(async () => {
  for (const server of servers) server.close().closeAllConnections()
  servers = []
  await table.close()
  await edge.close()
})

const replica = async (listener: RequestListener): Promise<{ id: string; port: number; server: Server }> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { id: `run_${port}`, port, server }
}
const host = 'ledger.development.payments.localhost'
const serve = (...replicas: { id: string; port: number }[]): void =>
  table.publish('w', { hosts: [host], replicas: replicas.map(({ id, port }) => ({ id, port })) })
const ask = (
  path = '/',
  options: { method?: string; body?: string; headers?: Record<string, string>; to?: string } = {},
) =>
  request(`http://127.0.0.1:${edge.port}${path}`, {
    method: options.method ?? 'GET',
    headers: { host: options.to ?? `${host}:8081`, ...options.headers },
    ...(options.body !== undefined && { body: options.body }),
  })
/** A port on which nobody listens: the one of a replica that has just died. */
const deadPort = async (): Promise<{ id: string; port: number }> => {
  const { id, port, server } = await replica(() => undefined)
  server.close()
  await once(server, 'close')
  return { id, port }
}

test('an unknown host is told so: a page for a browser, a problem document for a program', async () => {
  const page = await ask('/', { to: 'nobody.localhost', headers: { accept: 'text/html' } })
  expect(page.statusCode).toBe(404)
  expect(page.headers['content-type']).toContain('text/html')
  expect(await page.body.text()).toContain('nobody.localhost')
  const problem = await ask('/', { to: '<script>', headers: { accept: '*/*' } })
  expect(problem.headers['content-type']).toBe('application/problem+json')
  expect(await problem.body.json()).toMatchObject({ status: 404, code: 'runner.workload_unknown' })
})

test('a host without a ready replica answers 503 with Retry-After', async () => {
  serve()
  const answer = await ask()
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBe('2')
  expect(await answer.body.json()).toMatchObject({ status: 503, code: 'platform.unavailable' })
})

test('a request goes on to another replica when the first cannot be reached, its body with it', async () => {
  const dead = await deadPort()
  const alive = await replica((req, res) => void req.pipe(res))
  serve(dead, alive)
  for (let count = 0; count < 10; count++) {
    const answer = await ask('/', { method: 'POST', body: `body ${count}` })
    expect([answer.statusCode, await answer.body.text()]).toEqual([200, `body ${count}`])
  }
  serve(dead)
  expect((await ask()).statusCode).toBe(503)
})

test('a request that a replica has begun with is not repeated unless that is safe', async () => {
  let posts = 0
  const breaking = await replica((req) => {
    if (req.method === 'POST') posts++
    req.socket.destroy()
  })
  const alive = await replica((_req, res) => res.end('ok'))
  serve(breaking, alive)
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask()))
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 10 }, () => 200))
  serve(breaking)
  const answer = await ask('/', { method: 'POST', body: 'x' })
  expect(answer.statusCode).toBe(502)
  expect(posts).toBe(1)
})

test('what belongs to one connection, and what the client claims about itself, does not get to the workload', async () => {
  const echo = await replica((req, res) => {
    res.setHeader('connection', 'x-secret-hop')
    res.setHeader('x-secret-hop', '1')
    res.setHeader('set-cookie', ['a=1', 'b=2'])
    res.end(JSON.stringify(req.headers))
  })
  serve(echo)
  const answer = await ask('/', {
    headers: {
      'x-forwarded-for': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
      'proxy-authorization': 'x',
      te: 'trailers',
      'x-own': 'stays',
    },
  })
  const seen = (await answer.body.json()) as Record<string, string>
  expect(seen).toMatchObject({
    host: `${host}:8081`,
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-own': 'stays',
  })
  expect(seen).not.toHaveProperty('forwarded')
  expect(seen).not.toHaveProperty('te')
  expect(seen).not.toHaveProperty('proxy-authorization')
  expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2'])
  expect(answer.headers).not.toHaveProperty('x-secret-hop')
})

test('bytes stream both ways while the request is still being sent', async () => {
  const echo = await replica((req, res) => void req.pipe(res))
  serve(echo)
  const req = httpRequest({ port: edge.port, host: '127.0.0.1', method: 'POST', headers: { host } })
  req.write('first')
  const [res] = (await once(req, 'response')) as [NodeJS.ReadableStream]
  const [piece] = (await once(res, 'data')) as [Buffer]
  expect(piece.toString()).toBe('first')
  req.end('second')
  const [rest] = (await once(res, 'data')) as [Buffer]
  expect(rest.toString()).toBe('second')
})

test('a WebSocket is passed through, and counts as under way until it ends', async () => {
  const sockets = await replica(() => undefined)
  sockets.server.on('upgrade', (_req, socket: Duplex) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n')
    socket.pipe(socket)
  })
  serve(sockets)
  const req = httpRequest({
    port: edge.port,
    host: '127.0.0.1',
    headers: { host, connection: 'Upgrade', upgrade: 'websocket' },
  })
  req.end()
  const [res, socket] = (await once(req, 'upgrade')) as [{ statusCode: number }, Duplex]
  expect(res.statusCode).toBe(101)
  socket.write('ping')
  expect(String(((await once(socket, 'data')) as [Buffer])[0])).toBe('ping')
  let isIdle = false
  serve()
  const idle = table.whenIdle(sockets.id, 5_000).then(() => (isIdle = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(isIdle).toBe(false)
  socket.end()
  await idle
})

test('requests under way finish at the replica that has left the table; new ones go to the next', async () => {
  const finish: (() => void)[] = []
  const old = await replica((_req, res) => void finish.push(() => res.end('old')))
  const next = await replica((_req, res) => res.end('next'))
  serve(old)
  const slow = ask()
  await until(() => finish.length === 1)
  serve(next)
  const idle = table.whenIdle(old.id, 5_000)
  expect(await (await ask()).body.text()).toBe('next')
  finish[0]?.()
  expect(await (await slow).body.text()).toBe('old')
  await idle
})

test('requests, errors and durations are counted per workload', async () => {
  serve(await replica((req, res) => res.writeHead(req.url === '/bad' ? 500 : 200).end()))
  await (await ask()).body.dump()
  await (await ask('/bad')).body.dump()
  await until(() => table.measuresOf('w')?.requests === 2)
  expect(table.measuresOf('w')?.errors).toBe(1)
  expect(table.measuresOf('w')?.takePercentiles()?.p99).toBeGreaterThan(0)
  expect(table.measuresOf('w')?.takePercentiles()).toBeUndefined()
})

import { createServer } from 'node:http'
import { createServer as createNetServer, type Server } from 'node:net'
import httpProxy from '@fastify/http-proxy'
import { createLogger } from '@plinth/service'
import { testKeys, testNats } from '@plinth/testkit'
import fastify from 'fastify'
import { startGateway } from '../../apps/gateway/src/app.ts'
import { gatewayConfig, upstreamNames } from '../../apps/gateway/src/config.ts'
import { knownHead, rememberHead } from '../../apps/gateway/src/door/known-head.ts'
import { bufferedLines } from '../../apps/gateway/src/door/log-lines.ts'
import { forwarder } from '../../apps/gateway/src/forward/forward.ts'
import { requestFields } from '../../apps/gateway/src/forward/headers.ts'
import { upstreams } from '../../apps/gateway/src/forward/upstreams.ts'
import { accessToken, testAuthorization } from '../../apps/gateway/src/test-platform.ts'

/** What stands between the load and the service, each in a process of its own. */
export type Variant = 'plinth' | 'own proxy, no checks' | '@fastify/http-proxy'

export type Started = { url: string; token?: string; privateKey?: string; natsUrl?: string }
const body = JSON.stringify({ name: 'payments', description: 'x'.repeat(1_000), createdAt: '2026-01-01T00:00:00.000Z' })
const localhost = { host: '127.0.0.1', port: 0 }

/**
 * A service that does nothing but answer 1 KB, so that all that is measured is the way to it: not even the request is
 * parsed, since nobody pipelines and none has a body.
 */
async function service(): Promise<Started> {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
  const answer = Buffer.from(head + body)
  const server = createNetServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (data) => void (data.subarray(-4).toString('latin1') === '\r\n\r\n' && socket.write(answer)))
  })
  await new Promise<void>((resolve) => server.listen(0, localhost.host, resolve))
  return { url: urlOf(server.address()) }
}

const urlOf = (address: ReturnType<Server['address']>): string =>
  `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`

/** The broker, and what authorization answers. */
async function authorization(): Promise<Started> {
  const nats = await testNats()
  const bus = await nats.bus('test')
  await bus.ensureStream('authorization')
  await testAuthorization(bus).worker.start()
  process.once('disconnect', () => void nats.close().then(() => process.exit(0)))
  return { url: '', natsUrl: nats.url, token: accessToken('user:dev', { exp: Math.floor(Date.now() / 1_000) + 3_500 }) }
}

async function plinth(serviceUrl: string, natsUrl: string): Promise<Started> {
  const config = gatewayConfig({
    PLINTH_PORT: '0',
    PLINTH_CONNECTIONS_MAX: '20000',
    PLINTH_METRICS_PORT: '0',
    // The limits are asked and told as ever; only so high that one caller may be the whole load.
    PLINTH_READS_PER_SECOND: '100000',
    PLINTH_REQUESTS_PER_SECOND: '100000',
    PLINTH_REQUESTS_AT_ONCE_MAX: '20000',
    PLINTH_NATS_URL: natsUrl,
    PLINTH_NATS_USER: 'gateway',
    PLINTH_NATS_PASSWORD: 'test',
    PLINTH_IDENTITY_PRIVATE_KEY: testKeys.privateKey,
    ...Object.fromEntries(upstreamNames.map((name) => [`PLINTH_UPSTREAM_${name.toUpperCase()}`, serviceUrl])),
  })
  return { url: (await startGateway(config, createLogger({ service: 'gateway' }, bufferedLines()))).url }
}

/** Our own forwarding alone: no look at the target, no route, no token, no decision, no log, no metrics. */
async function ownProxy(serviceUrl: string): Promise<Started> {
  const all = Object.fromEntries(upstreamNames.map((name) => [name, serviceUrl])) as Parameters<typeof upstreams>[0]
  const spec = { method: 'GET', path: '/*', summary: '', permission: 'public', response: {} } as const
  const forward = forwarder(spec, upstreams(all).of('provisioning'))
  const own = { identity: '', requestId: '', traceparent: '' }
  const done = (): void => undefined
  const server = createServer({ noDelay: true, optimizeEmptyRequests: true }, (request, response) => {
    const startedAtMs = performance.now()
    if (knownHead(request) === undefined) rememberHead(request)
    const fields = requestFields(request, own)
    const forwarded = forward({ request, response, fields, requestId: '', startedAtMs, done })
    response.on('close', () => forwarded.closed())
  })
  server.keepAliveTimeout = 72_000
  await new Promise<void>((resolve) => server.listen(0, localhost.host, resolve))
  return { url: urlOf(server.address()) }
}

/** The plugin as its README registers it. */
async function pluginProxy(serviceUrl: string): Promise<Started> {
  const app = fastify({ logger: false })
  await app.register(httpProxy, { upstream: serviceUrl })
  return { url: await app.listen(localhost) }
}

const [part = '', serviceUrl = '', natsUrl = ''] = process.argv.slice(2)
const parts: Record<string, () => Promise<Started>> = {
  service,
  authorization,
  plinth: () => plinth(serviceUrl, natsUrl),
  'own proxy, no checks': () => ownProxy(serviceUrl),
  '@fastify/http-proxy': () => pluginProxy(serviceUrl),
}
const start = parts[part]
if (process.send !== undefined && start !== undefined) {
  process.send({ started: await start() })
  process.on('message', (asked) => {
    if (asked === 'memory') globalThis.gc?.()
    process.send?.(asked === 'memory' ? { memory: process.memoryUsage() } : { cpu: process.cpuUsage() })
  })
  if (part !== 'authorization') process.once('disconnect', () => process.exit(0))
}

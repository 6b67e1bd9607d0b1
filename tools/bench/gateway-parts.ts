import { createServer } from 'node:http'
import httpProxy from '@fastify/http-proxy'
import { createLogger } from '@plinth/service'
import { testKeys, testNats } from '@plinth/testkit'
import fastify from 'fastify'
import { startGateway } from '../../apps/gateway/src/app.ts'
import { gatewayConfig, upstreamNames } from '../../apps/gateway/src/config.ts'
import { bufferedLines } from '../../apps/gateway/src/door/log-lines.ts'
import { forwarder } from '../../apps/gateway/src/forward/forward.ts'
import { upstreams } from '../../apps/gateway/src/forward/upstreams.ts'
import { accessToken, testAuthorization } from '../../apps/gateway/src/test-platform.ts'

/** What stands between the load and the service, each in a process of its own. */
export const variants = ['plinth', 'own proxy, no checks', '@fastify/http-proxy'] as const
export type Variant = (typeof variants)[number]

export type Started = { url: string; token?: string; privateKey?: string; natsUrl?: string }
const body = JSON.stringify({ name: 'payments', description: 'x'.repeat(1_000), createdAt: '2026-01-01T00:00:00.000Z' })
const localhost = { host: '127.0.0.1', port: 0 }

/** A service that does nothing but answer 1 KB, so that all that is measured is the way to it. */
async function service(): Promise<Started> {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, localhost.host, resolve))
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` }
}

/** The broker, and what authorization answers. */
async function authorization(): Promise<Started> {
  const nats = await testNats()
  const bus = await nats.bus('test')
  await bus.ensureStream('authorization')
  await testAuthorization(bus).worker.start()
  process.once('disconnect', () => void nats.close().then(() => process.exit(0)))
  return { url: '', natsUrl: nats.url, token: accessToken('user:dev') }
}

async function plinth(serviceUrl: string, natsUrl: string): Promise<Started> {
  const config = gatewayConfig({
    PLINTH_PORT: '0',
    PLINTH_NATS_URL: natsUrl,
    PLINTH_NATS_USER: 'gateway',
    PLINTH_NATS_PASSWORD: 'test',
    PLINTH_IDENTITY_PRIVATE_KEY: testKeys.privateKey,
    ...Object.fromEntries(upstreamNames.map((name) => [`PLINTH_UPSTREAM_${name.toUpperCase()}`, serviceUrl])),
  })
  return { url: (await startGateway(config, createLogger({ service: 'gateway' }, bufferedLines()))).url }
}

/** Our own forwarding alone: no look at the target, no token, no decision, no log, no metrics. */
async function ownProxy(serviceUrl: string): Promise<Started> {
  const app = fastify({ logger: false })
  const all = Object.fromEntries(upstreamNames.map((name) => [name, serviceUrl])) as Parameters<typeof upstreams>[0]
  const upstream = upstreams(all).of('provisioning')
  const forward = forwarder({ method: 'GET', path: '/*', summary: '', permission: 'public', response: {} })
  app.get('/*', (request, reply) => {
    reply.hijack()
    const { connection: _hop, host: _host, ...headers } = request.raw.headers
    const sent = headers as Record<string, string | string[]>
    forward({
      request: request.raw,
      response: reply.raw,
      upstream,
      headers: sent,
      requestId: '',
      done: () => undefined,
    })
  })
  return { url: await app.listen(localhost) }
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
  process.on('message', () => process.send?.({ cpu: process.cpuUsage() }))
  if (part !== 'authorization') process.once('disconnect', () => process.exit(0))
}

import type { HealthCheck } from '@plinth/kernel'
import { once } from 'node:events'
import { createServer } from 'node:http'

export type StatusServer = { url: string; close(): Promise<void> }

/**
 * `/healthz`, `/readyz` and `/metrics`, and nothing else: the runner has no routes of its own, so it needs neither the
 * gateway's identity nor the rest of a service.
 */
export async function startStatus(o: {
  host: string
  port: number
  checks(): HealthCheck[]
  metrics(): string
}): Promise<StatusServer> {
  const server = createServer({ requestTimeout: 5_000 }, (req, res) => {
    const send = (status: number, body: string, type = 'application/json'): void => {
      res.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
    }
    if (req.url === '/healthz') return send(200, '{"status":"ok"}')
    if (req.url === '/metrics') return send(200, o.metrics(), 'text/plain; version=0.0.4')
    if (req.url !== '/readyz') return send(404, '{"status":"unknown"}')
    void readiness(o.checks()).then((failed) =>
      send(failed.length === 0 ? 200 : 503, JSON.stringify({ ready: failed.length === 0, failed })),
    )
  })
  server.listen(o.port, o.host)
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : o.port
  return {
    url: `http://${o.host}:${port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function readiness(checks: HealthCheck[]): Promise<{ name: string; reason: string }[]> {
  const signal = AbortSignal.timeout(2_000)
  const outcomes = await Promise.all(
    checks.map(async ({ name, check }) => {
      try {
        await check(signal)
        return []
      } catch {
        return [{ name, reason: 'not reachable or not ready' }]
      }
    }),
  )
  return outcomes.flat()
}

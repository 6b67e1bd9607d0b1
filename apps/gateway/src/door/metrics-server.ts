import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RequestLog } from './request-log.ts'

export type MetricsServer = { readonly url: string; close(): Promise<void> }

type Where = { readonly metricsHost: string; readonly metricsPort: number }

/**
 * `/metrics` on a port of its own: what it tells (operations, how busy, which version) is for those who run the
 * platform, and whoever comes through the front door has no business with it.
 */
export async function serveMetrics(log: RequestLog, { metricsHost, metricsPort }: Where): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    request.resume()
    if (request.url !== '/metrics') return void response.writeHead(404).end()
    log.metrics().then(
      (text) => response.writeHead(200, { 'content-type': log.metricsType }).end(text),
      () => response.writeHead(500).end(),
    )
  })
  server.maxConnections = 64
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(metricsPort, metricsHost, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${metricsHost}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

import type { Logger } from '@plinth/kernel'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { forward } from './forward.ts'
import { hostOf } from './host.ts'
import { sendNotice, unknownHost } from './pages.ts'
import type { EdgeTable } from './table.ts'
import { upgrade } from './upgrade.ts'

export type Edge = { port: number; close(): Promise<void> }

/**
 * The front of all workloads of this runner. It needs the table in memory and the replicas, nothing else: with the
 * control plane down, requests go on as before.
 */
export async function startEdge(o: { table: EdgeTable; host: string; port: number; logger: Logger }): Promise<Edge> {
  const server = createServer({
    // A client that sends its head or its body by drops is cut off; the body's time is long for slow uploads.
    headersTimeout: 15_000,
    requestTimeout: 300_000,
    keepAliveTimeout: 60_000,
    maxHeaderSize: 32 * 1024,
  })
  server.on('request', (req, res) => {
    const host = hostOf(req)
    const route = o.table.find(host)
    req.on('error', () => res.destroy())
    res.on('error', () => res.destroy())
    if (route === undefined) return sendNotice(req, res, unknownHost(host))
    forward(req, res, route).catch((error: unknown) => {
      o.logger.error({ err: error, workload: route.workload }, 'a request could not be forwarded')
      res.destroy()
    })
  })
  server.on('upgrade', (req, socket, head) => upgrade(o.table, req, socket, head))
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    else socket.destroy()
  })
  server.listen(o.port, o.host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The edge has no port')
  o.logger.info({ host: o.host, port: address.port }, 'the edge listens')
  return {
    port: address.port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      const force = setTimeout(() => server.closeAllConnections(), 5_000)
      await closed
      clearTimeout(force)
    },
  }
}

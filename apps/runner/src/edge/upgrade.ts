import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { requestHeaders } from './headers.ts'
import { enter, pick, type EdgeTable } from './table.ts'
import { hostOf } from './host.ts'

const refuse = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

/**
 * An upgrade (WebSocket, RFC 6455) is handed over whole: the replica answers it, and from then on bytes go both ways
 * untouched. It counts as a request under way until either side ends it.
 */
export function upgrade(table: EdgeTable, req: IncomingMessage, socket: Duplex, head: Buffer): void {
  const route = table.find(hostOf(req))
  if (route === undefined) return refuse(socket, '404 Not Found')
  const target = pick(route.targets, [])
  if (target === undefined) return refuse(socket, '503 Service Unavailable')
  const leave = enter(target)
  const replica: Socket = connect({ port: target.port, host: '127.0.0.1' })
  replica.setTimeout(2_000, () => replica.destroy(new Error('The replica did not take the connection.')))
  const end = (): void => {
    leave()
    replica.destroy()
    socket.destroy()
  }
  replica.once('connect', () => {
    replica.setTimeout(0)
    replica.setNoDelay(true)
    replica.write(requestText(req))
    if (head.length > 0) replica.write(head)
    socket.pipe(replica).pipe(socket)
  })
  replica.once('error', () => {
    if (replica.bytesRead === 0) refuse(socket, '502 Bad Gateway')
  })
  replica.once('close', end)
  socket.once('close', end)
  socket.once('error', end)
}

function requestText(req: IncomingMessage): string {
  const pairs = requestHeaders(req)
  const lines = [`${req.method} ${req.url} HTTP/1.1`]
  for (let index = 0; index < pairs.length; index += 2) lines.push(`${pairs[index]}: ${pairs[index + 1]}`)
  lines.push('connection: Upgrade', `upgrade: ${req.headers.upgrade ?? 'websocket'}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

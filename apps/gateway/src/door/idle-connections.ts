import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { isAnswering } from './problems.ts'

type Watched = { readonly socket: Socket; moved: number; sinceMs: number }

export type IdleLimits = {
  /** How long a connection is kept that has no request under way. */
  readonly keptMs: number
  /** How long one is on which nothing moves in either direction, although an answer is under way. */
  readonly stillMs: number
  readonly everyMs: number
}

/**
 * Closes connections that are idle for too long, by a look at all of them now and then. Node would set, move and take
 * away timers for each request of each connection: a fortieth of all that a request costs here.
 */
export function closeIdleConnections(server: Server, { keptMs, stillMs, everyMs }: IdleLimits): void {
  const all = new Set<Watched>()
  server.on('connection', (socket) => {
    const watched: Watched = { socket, moved: 0, sinceMs: performance.now() }
    all.add(watched)
    socket.once('close', () => all.delete(watched))
    // What Node's server calls before and after each request.
    socket.setTimeout = () => socket
  })
  const timer = setInterval(() => {
    const nowMs = performance.now()
    for (const watched of all) {
      const { socket, moved, sinceMs } = watched
      const movedNow = movedBytes(socket)
      if (movedNow !== moved) {
        watched.moved = movedNow
        watched.sinceMs = nowMs
      } else if (nowMs - sinceMs >= (isAnswering(socket) ? stillMs : keptMs)) socket.destroy()
    }
  }, everyMs).unref()
  server.once('close', () => clearInterval(timer))
}

/** What came in, and what of that which is to go out the other side has taken. */
const movedBytes = ({ bytesRead, bytesWritten, writableLength }: Socket): number =>
  bytesRead + bytesWritten - writableLength

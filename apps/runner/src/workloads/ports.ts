import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the range that the system takes for outgoing connections, so that none of those sits on a port of ours. */
const lowest = 20_000
const count = 10_000

/** A free loopback port that is none of `taken`. Throws where 200 tries found none. */
export async function freePort(taken: ReadonlySet<number>): Promise<number> {
  const first = Math.floor(Math.random() * count)
  for (let step = 0; step < 200; step++) {
    const port = lowest + ((first + step * 37) % count)
    if (!taken.has(port) && (await canListen(port))) return port
  }
  throw new Error('This machine has no free port for another replica.')
}

async function canListen(port: number): Promise<boolean> {
  const probe = createServer()
  try {
    probe.listen({ port, host: '127.0.0.1', exclusive: true })
    await once(probe, 'listening')
    probe.close()
    await once(probe, 'close')
    return true
  } catch {
    return false
  }
}

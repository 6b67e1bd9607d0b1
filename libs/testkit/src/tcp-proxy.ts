import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

export type Toxics = {
  /** Delay of every chunk in each direction, in milliseconds; order is kept. */
  latencyMs?: number
  /** Up to this much more, at random for each chunk. */
  jitterMs?: number
  /** Takes bytes and connections, and forwards none: what a broken network or a stopped peer looks like. */
  blackhole?: boolean
}

export type TcpProxy = {
  host: string
  port: number
  /** The same URL, through the proxy. */
  through(url: string): string
  /** Replaces what is wrong with the line, for connections that stand as well; `{}` heals it. */
  set(toxics: Toxics): void
  /** Ends every connection with a TCP reset; new ones are taken. */
  reset(): void
  /** Refuses new connections and resets the others, until `enable`. */
  disable(): Promise<void>
  enable(): Promise<void>
  /** How many connections stand. */
  connections(): number
  close(): Promise<void>
}

/** A TCP proxy on a free loopback port, in front of `target`, whose line a test can make bad. */
export async function tcpProxy(target: { host?: string; port: number } | string): Promise<TcpProxy> {
  const to = typeof target === 'string' ? portOf(target) : { host: target.host ?? '127.0.0.1', port: target.port }
  const sockets = new Set<Socket>()
  let toxics: Toxics = {}
  let pairs = 0

  const carry = (from: Socket, onto: Socket): void => {
    let line: Promise<void> = Promise.resolve()
    from.on('data', (chunk) => {
      line = line.then(async () => {
        await healthy(() => toxics, from)
        const delayMs = (toxics.latencyMs ?? 0) + Math.random() * (toxics.jitterMs ?? 0)
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
        if (!onto.destroyed) onto.write(chunk)
      })
    })
    from.on('end', () => void line.then(() => onto.end()))
    from.on('error', () => onto.destroy())
    from.on('close', () => {
      sockets.delete(from)
      void line.then(() => onto.destroy())
    })
  }

  const open = async (port: number): Promise<Server> => {
    const listening = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
      const far = connect({ ...to, allowHalfOpen: true, noDelay: true })
      pairs++
      near.on('close', () => pairs--)
      for (const socket of [near, far]) sockets.add(socket)
      carry(near, far)
      carry(far, near)
    })
    listening.listen(port, '127.0.0.1')
    await once(listening, 'listening')
    return listening
  }

  let server: Server | undefined = await open(0)
  const { port } = server.address() as AddressInfo
  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  const disable = async (): Promise<void> => {
    const closing = server
    server = undefined
    const closed = closing === undefined ? undefined : once(closing, 'close')
    closing?.close()
    reset()
    await closed
  }
  return {
    host: '127.0.0.1',
    port,
    through(url) {
      const changed = new URL(url)
      changed.hostname = '127.0.0.1'
      changed.port = String(port)
      return changed.href
    },
    set(wanted) {
      toxics = wanted
    },
    reset,
    disable,
    async enable() {
      server ??= await open(port)
    },
    connections: () => pairs,
    close: disable,
  }
}

/** Resolves once the line is no blackhole, or its socket is gone. */
async function healthy(toxics: () => Toxics, socket: Socket): Promise<void> {
  while (toxics().blackhole === true && !socket.destroyed) await new Promise((resolve) => setTimeout(resolve, 10))
}

function portOf(url: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(url)
  const usual: Record<string, number> = { 'postgres:': 5432, 'postgresql:': 5432, 'nats:': 4222, 'http:': 80 }
  return { host: hostname, port: port === '' ? (usual[protocol] ?? 0) : Number(port) }
}

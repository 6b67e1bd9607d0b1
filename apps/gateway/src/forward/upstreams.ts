import { failure } from '@plinth/contracts'
import { Pool, type Dispatcher } from 'undici'
import type { UpstreamName } from '../config.ts'

const inFlightMax = 2_000

/** The connections to one service. Streams without an end have a pool of their own, so they can't use up the other. */
export type Upstream = {
  readonly name: string
  readonly quick: Dispatcher
  readonly long: Dispatcher
  /** Counts a request in, or refuses it where the service has far more under way than it can do. */
  enter(): void
  leave(): void
}

export type Upstreams = { of(name: UpstreamName): Upstream; close(): Promise<void> }

const pool = (origin: string, connections: number): Pool =>
  new Pool(origin, {
    connections,
    pipelining: 1,
    connect: { timeout: 2_000 },
    // Shorter than the services keep theirs (72 s), so that none is used in the moment in which it is closed.
    keepAliveTimeout: 30_000,
    keepAliveMaxTimeout: 60_000,
    // Each request has its own deadline, from the contract.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: 32_768,
  })

export function upstreams(urls: Readonly<Record<UpstreamName, string>>): Upstreams {
  const all = new Map<string, Upstream & { pools: Pool[] }>()
  for (const [name, url] of Object.entries(urls)) {
    const { origin } = new URL(url)
    const pools = { quick: pool(origin, 128), long: pool(origin, 4_096) }
    let inFlight = 0
    all.set(name, {
      name,
      ...pools,
      pools: [pools.quick, pools.long],
      enter() {
        if (inFlight >= inFlightMax)
          throw failure('platform.unavailable', { detail: `${name} has too much to do just now; try again.` })
        inFlight++
      },
      leave: () => void inFlight--,
    })
  }
  return {
    of(name) {
      const upstream = all.get(name)
      if (upstream === undefined) throw new Error(`No address is configured for ${name}`)
      return upstream
    },
    async close() {
      await Promise.all([...all.values()].flatMap(({ pools }) => pools.map((one) => one.destroy())))
    },
  }
}

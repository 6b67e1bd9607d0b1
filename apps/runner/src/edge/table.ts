import { Pool } from 'undici'
import { measures, type Measures } from './measures.ts'

export type Target = { id: string; port: number; pool: Pool; inFlight: number; wake: (() => void) | undefined }

export type Route = { workload: string; targets: readonly Target[]; measures: Measures }

export type Published = { hosts: readonly string[]; replicas: readonly { id: string; port: number }[] }

export type EdgeTable = {
  find(host: string): Route | undefined
  /** Replaces the route of a workload: requests that come after this call see the new one, and none sees half of it. */
  publish(workload: string, wanted: Published): void
  withdraw(workload: string): void
  /** Resolves once no request is under way to a replica that has left the table, or after the time. */
  whenIdle(replica: string, timeoutMs: number): Promise<void>
  measuresOf(workload: string): Measures | undefined
  hosts(): string[]
  close(): Promise<void>
}

const poolOptions = {
  connections: 256,
  pipelining: 1,
  connect: { timeout: 2_000 },
  // The workload says how long it takes: the edge waits for its first byte, and then between bytes.
  headersTimeout: 120_000,
  bodyTimeout: 300_000,
  // Shorter than the 5 s after which a Node server closes an idle connection, so that the edge closes first.
  keepAliveTimeout: 3_000,
  keepAliveMaxTimeout: 30_000,
}

/** By Host header to the replicas that are ready. Held in memory, fed by the supervisor of this same process alone. */
export function edgeTable(): EdgeTable {
  const published = new Map<string, Published>()
  const figures = new Map<string, Measures>()
  const targets = new Map<string, Target>()
  let routes: ReadonlyMap<string, Route> = new Map()

  const targetOf = ({ id, port }: { id: string; port: number }): Target => {
    const known = targets.get(id)
    if (known) return known
    const target = { id, port, pool: new Pool(`http://127.0.0.1:${port}`, poolOptions), inFlight: 0, wake: undefined }
    targets.set(id, target)
    return target
  }
  const swap = (): void => {
    const next = new Map<string, Route>()
    for (const [workload, { hosts, replicas }] of published) {
      const own = figures.get(workload) ?? measures()
      figures.set(workload, own)
      const route = { workload, targets: replicas.map(targetOf), measures: own }
      for (const host of hosts) next.set(host.toLowerCase(), route)
    }
    routes = next
  }
  const retire = async (target: Target): Promise<void> => {
    targets.delete(target.id)
    await target.pool.destroy()
  }

  return {
    find: (host) => routes.get(host),
    publish(workload, wanted) {
      const before = published.get(workload)
      if (before && JSON.stringify(before) === JSON.stringify(wanted)) return
      published.set(workload, wanted)
      swap()
    },
    withdraw(workload) {
      published.delete(workload)
      figures.delete(workload)
      swap()
    },
    async whenIdle(replica, timeoutMs) {
      const target = targets.get(replica)
      if (target === undefined) return
      if (target.inFlight > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs)
          target.wake = () => (clearTimeout(timer), resolve())
        })
      }
      await retire(target)
    },
    measuresOf: (workload) => figures.get(workload),
    hosts: () => [...routes.keys()],
    async close() {
      await Promise.all([...targets.values()].map(retire))
    },
  }
}

/** Of those that are left, the one with the fewest requests under way; the first of equals by turns. */
let turn = 0
export function pick(targets: readonly Target[], tried: readonly Target[]): Target | undefined {
  let best: Target | undefined
  turn = (turn + 1) % 1_000_000
  for (let index = 0; index < targets.length; index++) {
    const target = targets[(index + turn) % targets.length]
    if (target === undefined || tried.includes(target)) continue
    if (best === undefined || target.inFlight < best.inFlight) best = target
  }
  return best
}

export const enter = (target: Target): (() => void) => {
  target.inFlight++
  let isInside = true
  return () => {
    if (!isInside) return
    isInside = false
    target.inFlight--
    if (target.inFlight === 0) target.wake?.()
  }
}

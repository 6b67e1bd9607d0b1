import { failure } from '@plinth/contracts'
import { Pool, type Dispatcher } from 'undici'
import type { UpstreamName } from '../config.ts'
import { CircuitBreaker, type Ending } from '../limits/circuit-breaker.ts'
import { RetryBudget } from '../limits/retry-budget.ts'
import { ConnectionPool } from './connection-pool.ts'
import { Deadlines } from './deadlines.ts'

/** The connections to one service. Streams without an end have a pool of their own, so they can't use up the other. */
export type Upstream = {
  readonly name: string
  /** What follows on a request's target: the end of its line, and the `Host` field without the end of its line. */
  readonly lineEnd: string
  readonly deadlines: Deadlines
  connections(isLong: boolean): ConnectionPool
  /** For the few questions of the gateway's own. */
  readonly quick: Dispatcher
  /** Counts a request in, or refuses it: where far more is under way than the service can do, or where it fails. */
  enter(isLong: boolean, nowMs: number): void
  /** Each that was counted in is counted out, once. */
  leave(isLong: boolean, ending: Ending): void
  /** It has begun a stream. */
  answered(): void
  /** Whether a request may be sent once more. */
  mayRepeat(): boolean
}

export type Upstreams = { of(name: UpstreamName): Upstream; close(): Promise<void> }

/** More under way at once, to one service, than it could answer within its deadlines. Streams are limited by subject. */
const inFlightMax = 2_000

export function upstreams(urls: Readonly<Record<UpstreamName, string>>): Upstreams {
  const deadlines = new Deadlines()
  const all = new Map<string, OneUpstream>()
  for (const [name, url] of Object.entries(urls)) all.set(name, new OneUpstream(name, new URL(url), deadlines))
  return {
    of(name) {
      const upstream = all.get(name)
      if (upstream === undefined) throw new Error(`No address is configured for ${name}`)
      return upstream
    },
    async close() {
      deadlines.close()
      await Promise.all([...all.values()].map((one) => one.close()))
    },
  }
}

class OneUpstream implements Upstream {
  readonly name: string
  readonly lineEnd: string
  readonly deadlines: Deadlines
  readonly quick: Pool
  readonly #short: ConnectionPool
  readonly #long: ConnectionPool
  readonly #breaker = new CircuitBreaker()
  readonly #retries = new RetryBudget()
  #inFlight = 0

  constructor(name: string, url: URL, deadlines: Deadlines) {
    if (url.protocol !== 'http:') throw new Error(`The address of ${name} must begin with http://, not ${url.protocol}`)
    this.name = name
    this.lineEnd = ` HTTP/1.1\r\nhost: ${url.host}`
    this.deadlines = deadlines
    this.quick = new Pool(url.origin, { connections: 8, pipelining: 1, connect: { timeout: 2_000 } })
    this.#short = new ConnectionPool(url, 128)
    this.#long = new ConnectionPool(url, 4_096)
  }

  connections(isLong: boolean): ConnectionPool {
    return isLong ? this.#long : this.#short
  }

  enter(isLong: boolean, nowMs: number): void {
    if (!isLong && this.#inFlight >= inFlightMax)
      throw failure('gateway.overloaded', { detail: `${this.name} has too much to do just now; try again.` })
    const waitMs = this.#breaker.waitMs(nowMs)
    if (waitMs > 0) throw failing(this.name, waitMs)
    this.#retries.earn()
    if (!isLong) this.#inFlight++
  }

  leave(isLong: boolean, ending: Ending): void {
    if (!isLong) this.#inFlight--
    this.#breaker.ended(ending, performance.now())
  }

  answered(): void {
    this.#breaker.ended('answered', performance.now())
  }

  mayRepeat(): boolean {
    return this.#retries.spend()
  }

  async close(): Promise<void> {
    this.#short.close()
    this.#long.close()
    await this.quick.destroy()
  }
}

const failing = (name: string, waitMs: number) =>
  failure('gateway.upstream_failing', {
    detail: `${name} fails too often just now and is left alone for a moment.`,
    retryAfterSeconds: waitMs / 1_000,
  })

import { Connection, type Exchanging } from './connection.ts'

const sweepMs = 500

/** The connections to one service: the one used last is used next, so that those that nobody needs grow old. */
export class ConnectionPool {
  readonly #host: string
  readonly #port: number
  readonly #connectionsMax: number
  readonly #all = new Set<Connection>()
  #idle: Connection[] = []
  /** In the order in which they came. Whoever counts requests in keeps it short. */
  readonly #waiting = new Set<Exchanging>()
  #timer: NodeJS.Timeout | undefined

  constructor(url: URL, connectionsMax: number) {
    this.#host = url.hostname.replace(/^\[|\]$/g, '')
    this.#port = url.port === '' ? 80 : Number(url.port)
    this.#connectionsMax = connectionsMax
  }

  /** Gives the exchange a connection: at once where there is or may be one, else as soon as one is free. */
  run(exchange: Exchanging, nowMs: number, isFreshWanted = false): void {
    const connection = isFreshWanted ? undefined : this.#usable(nowMs)
    if (connection !== undefined) return connection.begin(exchange, nowMs)
    if (this.#all.size >= this.#connectionsMax) return void this.#waiting.add(exchange)
    this.#open().begin(exchange, nowMs)
  }

  /** It no longer wants one. */
  giveUp(exchange: Exchanging): void {
    this.#waiting.delete(exchange)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    for (const exchange of this.#waiting) exchange.onBroken(new Error('the gateway stops'))
    this.#waiting.clear()
    for (const connection of this.#all) connection.giveUp()
  }

  free(connection: Connection): void {
    const next = this.#next()
    if (next === undefined) this.#idle.push(connection)
    else connection.begin(next, performance.now())
  }

  gone(connection: Connection): void {
    this.#all.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
    const next = this.#next()
    if (next !== undefined) this.run(next, performance.now())
  }

  #open(): Connection {
    this.#timer ??= setInterval(this.#sweep, sweepMs).unref()
    const connection = new Connection(this.#host, this.#port, this)
    this.#all.add(connection)
    return connection
  }

  #usable(nowMs: number): Connection | undefined {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.isUsable(nowMs)) return connection
      connection.destroy()
    }
    return undefined
  }

  #next(): Exchanging | undefined {
    if (this.#waiting.size === 0) return undefined
    const [next] = this.#waiting
    if (next !== undefined) this.#waiting.delete(next)
    return next
  }

  /** Closes what is idle, or not connected, for too long. */
  readonly #sweep = (): void => {
    const nowMs = performance.now()
    for (const connection of this.#all) if (connection.isOverdue(nowMs)) connection.giveUp()
    if (this.#all.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

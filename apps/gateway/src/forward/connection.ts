import { connect, type Socket } from 'node:net'
import { AnswerReader, type AnswerTaker } from './answer-reader.ts'

const connectMs = 2_000
/** Shorter than the services keep theirs (72 s), so that none is used in the moment in which it is closed. */
const idleMs = 30_000
/** How much earlier than a service says it closes an idle connection we no longer use it. */
const idleMarginMs = 2_000

/** One request of HTTP/1.1 to a service, and who takes its answer. */
export type Exchanging = AnswerTaker & {
  readonly isHead: boolean
  /** Writes the request; the connection is its own until the answer is over. */
  start(connection: Connection, nowMs: number): void
  /** The connection is gone before the answer was whole, or what came on it is no answer. */
  onBroken(error: Error): void
  /** The connection takes more of the body. */
  onDrain(): void
}

export type Owner = {
  /** The connection may be used for another request. */
  free(connection: Connection): void
  gone(connection: Connection): void
}

/** All connections read into this one: what is in it is the reader's for as long as it is being told of it. */
const shared = Buffer.allocUnsafeSlow(65_536)

/**
 * A connection to a service, for one exchange at a time. Not undici, whose layers cost several times what a small answer
 * takes on its way through; what is in flight is never more than one request, so no answer can be another's.
 */
export class Connection {
  readonly #owner: Owner
  readonly #socket: Socket
  readonly #connectBeforeMs = performance.now() + connectMs
  #exchange: Exchanging | undefined
  #reader: AnswerReader | undefined
  #usableUntilMs = Number.POSITIVE_INFINITY
  #isPaused = false
  /** Whether it has carried an exchange before, and whether anything came in for the one of now. */
  #exchanges = 0
  #hasAnswered = false
  /** Whether the request of now is written to its end. */
  isSent = true

  constructor(host: string, port: number, owner: Owner) {
    this.#owner = owner
    const onread = { buffer: shared, callback: this.#onRead }
    this.#socket = connect({ host, port, noDelay: true, keepAlive: true, onread })
    this.#socket.on('error', this.#onError).on('end', this.#onEnd).on('close', this.#onClose).on('drain', this.#onDrain)
  }

  /** Whether the one of now is the first exchange that it carries. */
  get isFresh(): boolean {
    return this.#exchanges === 1
  }

  get hasAnswered(): boolean {
    return this.#hasAnswered
  }

  isUsable(nowMs: number): boolean {
    return !this.#socket.destroyed && this.#socket.writable && nowMs < this.#usableUntilMs
  }

  /** Whether it has been idle, or about to be made, for too long. */
  isOverdue(nowMs: number): boolean {
    return this.#socket.connecting ? nowMs > this.#connectBeforeMs : nowMs >= this.#usableUntilMs
  }

  begin(exchange: Exchanging, nowMs: number): void {
    this.#exchange = exchange
    this.#reader = new AnswerReader(exchange, exchange.isHead)
    this.#usableUntilMs = Number.POSITIVE_INFINITY
    this.#hasAnswered = false
    this.#exchanges++
    exchange.start(this, nowMs)
  }

  /** Writes latin1 text or bytes; false asks to wait for `onDrain`. */
  write(data: string | Buffer): boolean {
    return typeof data === 'string' ? this.#socket.write(data, 'latin1') : this.#socket.write(data)
  }

  cork(): void {
    this.#socket.cork()
  }

  uncork(): void {
    this.#socket.uncork()
  }

  pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#socket.resume()
  }

  /** Closes it, and says so to whoever waits for it. */
  giveUp(): void {
    this.#break(new Error('no connection in time'))
  }

  /** Closes it, without a word to whoever used it. */
  destroy(): void {
    this.#exchange = undefined
    this.#reader = undefined
    this.#socket.destroy()
  }

  readonly #onRead = (count: number, bytes: Uint8Array): boolean => {
    const reader = this.#reader
    // Nobody has asked for anything: whatever comes now could be taken for the answer to the next request.
    if (reader === undefined) this.#socket.destroy()
    else this.#answer(reader, (bytes as Buffer).subarray(0, count))
    return !this.#isPaused
  }

  #answer(reader: AnswerReader, bytes: Buffer): void {
    this.#hasAnswered = true
    try {
      const read = reader.read(bytes)
      // What took it may have given it up meanwhile.
      if (!reader.isOver || this.#reader !== reader) return
      this.#over(reader, read === bytes.length)
    } catch (error) {
      this.#break(error as Error)
    }
  }

  #over({ head }: AnswerReader, isClean: boolean): void {
    this.#exchange = undefined
    this.#reader = undefined
    this.resume()
    if (head === undefined || !head.isPersistent || !isClean || !this.isSent) return void this.#socket.destroy()
    const saidMs = head.keepAliveSeconds * 1_000 - idleMarginMs
    this.#usableUntilMs = performance.now() + (head.keepAliveSeconds === 0 ? idleMs : Math.min(idleMs, saidMs))
    this.#owner.free(this)
  }

  #break(error: Error): void {
    const exchange = this.#exchange
    this.#exchange = undefined
    this.#reader = undefined
    this.#socket.destroy()
    exchange?.onBroken(error)
  }

  readonly #onDrain = (): void => this.#exchange?.onDrain()

  readonly #onError = (error: Error): void => this.#break(error)

  readonly #onEnd = (): void => {
    try {
      this.#reader?.end()
      this.destroy()
    } catch (error) {
      this.#break(error as Error)
    }
  }

  readonly #onClose = (): void => {
    this.#break(new Error('the connection was closed'))
    this.#owner.gone(this)
  }
}

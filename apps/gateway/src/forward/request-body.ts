import { failure } from '@plinth/contracts'
import type { IncomingMessage } from 'node:http'
import type { Connection } from './connection.ts'

/**
 * The body of a request on its way to a service, with back-pressure. One without a declared length is counted: what is
 * longer than the route takes ends the request.
 */
export class RequestBody {
  readonly isChunked: boolean
  readonly #request: IncomingMessage
  readonly #bytesMax: number
  #bytes = 0
  #connection: Connection | undefined
  #fail: (error: unknown) => void = () => undefined

  constructor(request: IncomingMessage, isChunked: boolean, bytesMax: number) {
    this.#request = request
    this.isChunked = isChunked
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether more of it would be taken if it came. */
  get isAwaited(): boolean {
    return this.#connection !== undefined && !this.isOver && !this.#request.isPaused()
  }

  get isOver(): boolean {
    return this.#connection?.isSent === true
  }

  sendTo(connection: Connection, fail: (error: unknown) => void): void {
    this.#connection = connection
    this.#fail = fail
    connection.isSent = false
    this.#request.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onAborted)
  }

  resume(): void {
    if (this.#connection !== undefined) this.#request.resume()
  }

  /** Nobody takes any more of it. What still comes is thrown away, so that the caller gets to read our answer. */
  stop(): void {
    if (this.#connection === undefined) return
    this.#connection = undefined
    this.#request.off('data', this.#onData).off('end', this.#onEnd)
    if (!this.#request.readableEnded) this.#request.resume()
  }

  readonly #onData = (data: Buffer): void => {
    const connection = this.#connection
    if (connection === undefined) return
    this.#bytes += data.length
    if (this.#bytes > this.#bytesMax) return this.#fail(failure('platform.body_too_large'))
    if (!this.isChunked) {
      if (!connection.write(data)) this.#request.pause()
      return
    }
    connection.cork()
    connection.write(`${data.length.toString(16)}\r\n`)
    connection.write(data)
    const mayGoOn = connection.write('\r\n')
    connection.uncork()
    if (!mayGoOn) this.#request.pause()
  }

  /** The caller went away: nobody is there to be told anything. */
  readonly #onAborted = (): void => this.#fail(undefined)

  readonly #onEnd = (): void => {
    const connection = this.#connection
    if (connection === undefined) return
    if (this.isChunked) connection.write('0\r\n\r\n')
    connection.isSent = true
  }
}

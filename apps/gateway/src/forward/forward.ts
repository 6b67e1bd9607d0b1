import { failure, type RouteSpec } from '@plinth/contracts'
import { deadlineHeader } from '@plinth/service'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Ending } from '../limits/circuit-breaker.ts'
import { untilClose, type AnswerHead } from './answer-head.ts'
import type { Connection, Exchanging } from './connection.ts'
import type { Due } from './deadlines.ts'
import { addOwnAnswerHeaders } from './headers.ts'
import { RequestBody } from './request-body.ts'
import type { Upstream } from './upstreams.ts'

const timeoutMsDefault = 30_000
const bodyBytesMaxDefault = 1_048_576

export type Forwarding = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The fields that the service is told, between the first and the last line of the head, with its line breaks. */
  readonly fields: string
  readonly requestId: string
  readonly startedAtMs: number
  /** Called once: with an error where nothing was answered yet, so that the caller of this can say it. */
  done(error: unknown): void
}

/** What ends a forwarded request from outside: the shutdown, or a right that is gone; or a caller who went away. */
export type Forwarded = {
  stop(): void
  /** To be called when the response is closed, however that came. */
  closed(): void
}

/**
 * Makes the function that forwards the requests of one route: the target byte by byte as it came, both bodies as
 * streams, with back-pressure. A caller who goes away ends the upstream's request, and the other way round.
 */
export function forwarder(spec: RouteSpec, upstream: Upstream): (forwarding: Forwarding) => Forwarded {
  const timeoutMs = spec.kind === 'sse' ? 0 : (spec.timeoutMs ?? timeoutMsDefault)
  const bodyBytesMax = spec.bodyLimitBytes ?? bodyBytesMaxDefault
  return (forwarding) => {
    const { request } = forwarding
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers
    if (length !== undefined && Number(length) > bodyBytesMax) throw failure('platform.body_too_large')
    if (coding !== undefined && coding.toLowerCase() !== 'chunked')
      throw failure('platform.request_invalid', { detail: 'The body has a transfer coding other than `chunked`.' })
    const nowMs = performance.now()
    upstream.enter(timeoutMs === 0, nowMs)
    const hasBody = coding !== undefined || (length !== undefined && length !== '0')
    const body = hasBody ? new RequestBody(request, coding !== undefined, bodyBytesMax) : undefined
    const patience = spec.kind === 'raw' ? patienceForFiles : patienceForDocuments
    const exchange = new Exchange(forwarding, upstream, body, timeoutMs, patience)
    exchange.begin(nowMs)
    return exchange
  }
}

/** How slowly a body may come in: less than `bytesMin` in `everyMs` and nobody waits for the rest. */
type Patience = { readonly everyMs: number; readonly bytesMin: number }
const patienceForDocuments: Patience = { everyMs: 5_000, bytesMin: 500 }
/** git may think for long before it sends, and a file may come by a bad line. */
const patienceForFiles: Patience = { everyMs: 60_000, bytesMin: 1 }

const expectsBody: Readonly<Record<string, true>> = { POST: true, PUT: true, PATCH: true }

/** One request on its way, and its answer on the way back. */
class Exchange implements Exchanging, Due, Forwarded {
  readonly isHead: boolean
  /** When it is looked at next: while its body comes in, in between, too. */
  dueAtMs: number
  place = -1
  readonly #endAtMs: number
  readonly #patience: Patience
  #bodyBytes = 0
  readonly #forwarding: Forwarding
  readonly #upstream: Upstream
  readonly #body: RequestBody | undefined
  readonly #isLong: boolean
  #connection: Connection | undefined
  /** A connection that could not be made, or was closed unused, has done nothing: a read is sent once more. */
  #mayRepeat: boolean
  #isOver = false

  constructor(
    forwarding: Forwarding,
    upstream: Upstream,
    body: RequestBody | undefined,
    timeoutMs: number,
    patience: Patience,
  ) {
    const { method } = forwarding.request
    this.#forwarding = forwarding
    this.#upstream = upstream
    this.#body = body
    this.#isLong = timeoutMs === 0
    this.isHead = method === 'HEAD'
    this.#mayRepeat = body === undefined && (this.isHead || method === 'GET')
    this.#patience = patience
    this.#endAtMs = this.#isLong ? Number.POSITIVE_INFINITY : forwarding.startedAtMs + timeoutMs
    this.dueAtMs =
      body === undefined ? this.#endAtMs : Math.min(this.#endAtMs, forwarding.startedAtMs + patience.everyMs)
  }

  begin(nowMs: number): void {
    if (!this.#isLong) this.#upstream.deadlines.add(this)
    this.#upstream.connections(this.#isLong).run(this, nowMs)
  }

  late(): void {
    const nowMs = performance.now()
    if (nowMs >= this.#endAtMs) return this.#fail(failure('platform.timeout'), 'failed')
    const body = this.#body
    // What waits for the service to take it, or for a connection, is not late by its own fault.
    const isAwaited = body?.isAwaited === true
    if (isAwaited && body.bytes - this.#bodyBytes < this.#patience.bytesMin)
      return this.#fail(failure('platform.request_too_slow', { detail: 'The body came in too slowly.' }))
    this.#bodyBytes = body?.bytes ?? 0
    this.dueAtMs = body?.isOver === true ? this.#endAtMs : Math.min(this.#endAtMs, nowMs + this.#patience.everyMs)
    this.#upstream.deadlines.add(this)
  }

  /** Ends an answer that is under way, cleanly: the caller may come back, and is then told why. */
  stop(): void {
    if (this.#isOver) return
    const { response } = this.#forwarding
    if (response.headersSent) response.end()
    this.#fail(response.headersSent ? undefined : failure('platform.unavailable'))
  }

  start(connection: Connection, nowMs: number): void {
    const { request, fields } = this.#forwarding
    const { method = '', url = '' } = request
    this.#connection = connection
    const body = this.#body
    const length = body === undefined && method in expectsBody && !fields.includes('\r\ncontent-length: ')
    const framing = body?.isChunked === true ? 'transfer-encoding: chunked\r\n' : length ? 'content-length: 0\r\n' : ''
    // So that nobody works on for a caller who is told by then that it took too long.
    const leftMs = Math.max(1, Math.floor(this.#endAtMs - nowMs))
    const deadline = this.#isLong ? '' : `${deadlineHeader}: ${leftMs}\r\n`
    connection.write(`${method} ${url}${this.#upstream.lineEnd}${fields}${deadline}${framing}\r\n`)
    body?.sendTo(connection, (error) => this.#fail(error))
  }

  onHead(head: AnswerHead, whole: Buffer | string | undefined): void {
    if (this.#isOver) return
    const { response, requestId, request } = this.#forwarding
    // A stream may never end, and it has begun: that is all that is asked of the service.
    if (this.#isLong) this.#upstream.answered()
    addOwnAnswerHeaders(head.headers, requestId)
    // What is left of a body that the service did not want must not be taken for the next request.
    if (this.#body?.isOver === false && !request.complete) head.headers.push('connection', 'close')
    response.writeHead(head.status, head.headers)
    if (whole === undefined) {
      response.on('drain', () => this.#connection?.resume())
      if (head.isEventStream || head.bodyBytes === untilClose) response.flushHeaders()
      return
    }
    if (whole.length === 0) response.end()
    else if (typeof whole === 'string') response.end(whole, 'latin1')
    else response.end(whole)
    this.#end(undefined, 'answered')
  }

  onBody(data: Buffer): void {
    if (!this.#isOver && !this.#forwarding.response.write(data)) this.#connection?.pause()
  }

  onEnd(): void {
    if (this.#isOver) return
    this.#forwarding.response.end()
    this.#end(undefined, 'answered')
  }

  onBroken(error: Error): void {
    if (this.#isOver) return
    const connection = this.#connection
    this.#connection = undefined
    if (this.#mayRepeat && connection?.hasAnswered !== true && this.#upstream.mayRepeat()) {
      this.#mayRepeat = false
      return this.#upstream.connections(this.#isLong).run(this, performance.now(), true)
    }
    const detail = `${this.#upstream.name} does not answer just now; try again.`
    this.#end(failure('platform.unavailable', { detail, cause: error }), 'failed')
  }

  onDrain(): void {
    this.#body?.resume()
  }

  closed(): void {
    this.#fail(undefined)
  }

  #fail(error: unknown, ending: Ending = 'left'): void {
    if (this.#isOver) return
    const connection = this.#connection
    this.#end(error, ending)
    if (connection === undefined) this.#upstream.connections(this.#isLong).giveUp(this)
    else connection.destroy()
  }

  #end(error: unknown, ending: Ending): void {
    this.#isOver = true
    const { response } = this.#forwarding
    this.#connection = undefined
    this.#body?.stop()
    this.#upstream.deadlines.delete(this)
    this.#upstream.leave(this.#isLong, this.#isLong && response.headersSent ? 'left' : ending)
    // Too late for an error document: a torn connection is the only honest sign that the answer is not whole.
    if (error !== undefined && response.headersSent && !response.writableEnded) response.destroy()
    this.#forwarding.done(error)
  }
}

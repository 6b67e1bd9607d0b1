import { failure, type RouteSpec } from '@plinth/contracts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dispatcher } from 'undici'
import { limitedBody } from './limited-body.ts'
import { responseHeaders } from './headers.ts'
import type { Upstream } from './upstreams.ts'

const timeoutMsDefault = 30_000
const bodyBytesMaxDefault = 1_048_576

export type Forwarding = {
  request: IncomingMessage
  response: ServerResponse
  upstream: Upstream
  headers: Record<string, string | string[]>
  requestId: string
  /** Called once: with an error where nothing was answered yet, so that the caller of this can say it. */
  done(error: unknown): void
}

/** What ends a forwarded request from outside: the shutdown, or a right that is gone. */
export type Forwarded = { stop(): void }

type Attempt = { isLast: boolean; send(handler: Dispatcher.DispatchHandler): void }

/**
 * Makes the function that forwards the requests of one route: the target byte by byte as it came, both bodies as
 * streams, with back-pressure. A caller who goes away ends the upstream's request, and the other way round.
 */
export function forwarder(spec: RouteSpec): (forwarding: Forwarding) => Forwarded {
  const timeoutMs = spec.kind === 'sse' ? 0 : (spec.timeoutMs ?? timeoutMsDefault)
  const bodyBytesMax = spec.bodyLimitBytes ?? bodyBytesMaxDefault
  return (forwarding) => {
    const { request, upstream, headers } = forwarding
    const declaredBytes = Number(request.headers['content-length'] ?? 0)
    if (declaredBytes > bodyBytesMax) throw failure('platform.body_too_large')
    const isChunked = request.headers['transfer-encoding'] !== undefined
    upstream.enter()
    const exchange = new Exchange(forwarding, timeoutMs)
    const body = isChunked ? limitedBody(request, bodyBytesMax, exchange.fail) : declaredBytes > 0 ? request : null
    const options = {
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers,
      body,
    }
    const through = timeoutMs === 0 ? upstream.long : upstream.quick
    // A connection that could not be made, or was closed unused, has done nothing: a read is sent once more.
    const mayRepeat = body === null && (options.method === 'GET' || options.method === 'HEAD')
    exchange.begin((attempt) => void through.dispatch(options, attempt), mayRepeat)
    return { stop: exchange.stop }
  }
}

/** One request on its way, and its answer on the way back. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #forwarding: Forwarding
  readonly #timer: NodeJS.Timeout | undefined
  #controller: Dispatcher.DispatchController | undefined
  #send: Attempt['send'] = () => undefined
  #mayRepeat = false
  #isOver = false

  constructor(forwarding: Forwarding, timeoutMs: number) {
    this.#forwarding = forwarding
    if (timeoutMs > 0) this.#timer = setTimeout(() => this.fail(failure('platform.timeout')), timeoutMs)
    forwarding.response.once('close', this.#onClose).on('drain', this.#onDrain)
  }

  begin(send: Attempt['send'], mayRepeat: boolean): void {
    this.#send = send
    this.#mayRepeat = mayRepeat
    this.#attempt()
  }

  readonly fail = (error: unknown): void => {
    if (this.#isOver) return
    this.#end(error)
    this.#controller?.abort(new Error('given up'))
  }

  /** Ends an answer that is under way, cleanly: the caller may come back, and is then told why. */
  readonly stop = (): void => {
    if (this.#isOver) return
    const { response } = this.#forwarding
    if (response.headersSent) response.end()
    this.#end(response.headersSent ? undefined : failure('platform.unavailable'))
    this.#controller?.abort(new Error('the stream is closed by the gateway'))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isOver) controller.abort(new Error('the caller is gone'))
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[]>): void {
    if (status < 200 || this.#isOver) return
    const { response, requestId, request } = this.#forwarding
    const said = responseHeaders(headers, requestId)
    // What is left of a body that the service did not want must not be taken for the next request.
    if (!request.complete) said['connection'] = 'close'
    response.writeHead(status, said)
    if (headers['content-type']?.includes('text/event-stream')) response.flushHeaders()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isOver && !this.#forwarding.response.write(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    if (this.#isOver) return
    this.#forwarding.response.end()
    this.#end(undefined)
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver) return
    const { response, upstream } = this.#forwarding
    if (!response.headersSent && this.#mayRepeat) {
      this.#mayRepeat = false
      this.#attempt()
      return
    }
    this.#end(
      failure('platform.unavailable', {
        detail: `${upstream.name} does not answer just now; try again.`,
        cause: error,
      }),
    )
  }

  #attempt(): void {
    try {
      this.#send(this)
    } catch (error) {
      this.#end(error)
    }
  }

  #onClose = (): void => {
    if (this.#isOver) return
    this.#end(undefined)
    this.#controller?.abort(new Error('the caller is gone'))
  }

  #onDrain = (): void => {
    if (this.#controller?.paused === true) this.#controller.resume()
  }

  #end(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    const { response, upstream, done } = this.#forwarding
    response.off('close', this.#onClose).off('drain', this.#onDrain)
    upstream.leave()
    // Too late for an error document: a torn connection is the only honest sign that the answer is not whole.
    if (error !== undefined && response.headersSent && !response.writableEnded) response.destroy()
    done(error)
  }
}

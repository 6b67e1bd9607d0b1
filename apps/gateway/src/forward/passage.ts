import type { RequestSpan } from '@plinth/service'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { writeProblem } from '../door/problems.ts'
import { freshRequestId } from '../door/request-ids.ts'
import { freshFacts, statusOf, type RequestFacts } from '../door/request-log.ts'
import type { Admitted, Asking } from '../policy/admit.ts'
import type { Forwarded, Forwarding } from './forward.ts'
import { requestFields } from './headers.ts'
import type { ForwardedRoute, Target } from './forward-routes.ts'

/**
 * One request on its way through the gateway to a service. It is let in by the same functions as requests to the
 * gateway itself, which Fastify carries; this one has just the members that they ask for.
 */
export class Passage implements Asking, Forwarding {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly target: Target
  readonly id = freshRequestId()
  readonly facts: RequestFacts
  readonly startedAtMs: number
  /** Only there when spans are made. */
  span?: RequestSpan
  fields = ''
  readonly #route: ForwardedRoute
  #forwarded: Forwarded | undefined
  #leave: (() => void) | undefined

  constructor(target: Target, request: IncomingMessage, response: ServerResponse) {
    const { route } = target
    this.#route = route
    this.target = target
    this.request = request
    this.response = response
    this.startedAtMs = route.now()
    this.facts = freshFacts(this.startedAtMs, route.operation, route.service, response)
  }

  get params(): Target['params'] {
    return this.target.params
  }

  get method(): string {
    return this.request.method ?? ''
  }

  get url(): string {
    return this.request.url ?? ''
  }

  get headers(): IncomingHttpHeaders {
    return this.request.headers
  }

  get socket(): Socket {
    return this.request.socket
  }

  /** What the answer says of it. */
  get requestId(): string {
    return this.#route.answerId?.(this.request) ?? this.id
  }

  begin(): void {
    this.response.on('close', () => this.#closed())
    const span = this.#route.startSpan?.(this)
    if (span === undefined) return this.#admit()
    this.span = span
    span.within(() => this.#admit())
  }

  /** The answer is over, or there was none and the error says why. */
  done(error: unknown): void {
    this.#leave?.()
    if (error === undefined) return
    this.facts.error = error
    const { response } = this
    if (!response.headersSent && !response.destroyed) writeProblem(response, error, this.url, this.id)
  }

  #admit(): void {
    try {
      this.#route.enter(this)
      const admitted = this.#route.admit(this)
      if (admitted instanceof Promise)
        admitted.then((found) => this.#go(found)).catch((error: unknown) => this.done(error))
      else this.#go(admitted)
    } catch (error) {
      this.done(error)
    }
  }

  #go(admitted: Admitted): void {
    // Gone while we asked who he is: his `close` is over, so nothing would ever end what is begun for him now.
    if (this.response.destroyed) return
    const route = this.#route
    const identity = route.signFor(admitted.caller, this.id, admitted.address)
    this.fields = requestFields(this.request, { identity, requestId: this.id, traceparent: this.span?.traceparent })
    if (route.isStream) this.#leave = route.streams.add(admitted, () => this.#forwarded?.stop())
    try {
      this.#forwarded = route.forward(this)
    } catch (error) {
      this.done(error)
    }
  }

  #closed(): void {
    this.#forwarded?.closed()
    this.span?.end(statusOf(this.response), this.facts.error)
    this.#route.ended(this)
  }
}

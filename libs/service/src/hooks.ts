import { failure } from '@plinth/contracts'
import { newId, type Clock, type Identity, type Logger } from '@plinth/kernel'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { anonymous, deadlineHeader, identityHeader } from './identity.ts'
import type { Metrics } from './metrics.ts'
import type { Overload } from './overload.ts'
import { publicError } from './problem.ts'
import { requestLines } from './logger.ts'
import './request-state.ts'
import type { Tracing } from './tracing.ts'

type Parts = {
  clock: Clock
  logger: Logger
  /** For requests that went well. */
  lines: Logger
  metrics: Metrics
  overload: Overload
  tracing: Tracing
  verify: (token: string, nowSeconds: number) => Identity
  /** Requests under way, for the shutdown. */
  running: Map<FastifyRequest, FastifyReply>
}

const handlerTimeoutMs = 30_000
const saneRequestId = /^[A-Za-z0-9_-]{8,64}$/
const shedRetrySeconds = 5

/** What happens around every request: its state, its deadline, who asks, one log line and one measurement. */
export function addHooks(app: FastifyInstance, given: Omit<Parts, 'lines'>): void {
  const parts: Parts = { ...given, lines: requestLines(given.logger) }
  app.addHook('onRequest', (request, reply, done) => {
    begin(parts, request, reply)
    try {
      admit(parts, request)
      done()
    } catch (error) {
      done(publicError(error))
    }
  })
}

function begin(parts: Parts, request: FastifyRequest, reply: FastifyReply): void {
  const { timeoutMs = handlerTimeoutMs, protocol } = request.routeOptions.config
  const given = request.headers['x-request-id']
  if (protocol === 'authzen' && typeof given === 'string') reply.header('x-request-id', given.slice(0, 200))
  request.state = {
    startedAtMs: parts.clock.monotonicMs(),
    who: anonymous(request.id),
    controller: new AbortController(),
    timer: undefined,
    giveUp: undefined,
    span: parts.tracing.start(request),
    error: undefined,
    over: false,
  }
  if (timeoutMs > 0) request.state.timer = setTimeout(() => timeIsOver(request, reply), shorter(timeoutMs, request))
  parts.running.set(request, reply)
  const over = (): void => end(parts, request, reply)
  reply.raw.once('finish', over).once('close', over)
}

/** The time of the route, or what is left of the caller's where that is less. */
function shorter(timeoutMs: number, { headers }: FastifyRequest): number {
  const left = Number(headers[deadlineHeader])
  return left > 0 && left < timeoutMs ? left : timeoutMs
}

function timeIsOver({ state }: FastifyRequest, reply: FastifyReply): void {
  const error = failure('platform.timeout')
  state.controller.abort(error)
  if (state.giveUp !== undefined) return state.giveUp(error)
  // The request itself is not complete yet.
  if (!reply.sent) void reply.send(error)
}

function admit(parts: Parts, request: FastifyRequest): void {
  const { operational, permission } = request.routeOptions.config
  if (operational === true) return
  if (parts.overload.shedding()) {
    throw failure('platform.unavailable', {
      detail: 'The service is overloaded; try again in a few seconds.',
      retryAfterSeconds: shedRetrySeconds,
    })
  }
  // Nothing is at this path, so there is nothing to guard; the gateway has refused it before in any case.
  if (request.is404) return
  const token = request.headers[identityHeader]
  if (token === undefined && permission === 'public') return
  if (typeof token !== 'string')
    throw failure('gateway.token_missing', { detail: 'The request did not come through the gateway.' })
  const who = parts.verify(token, parts.clock.now().getTime() / 1_000)
  const given = request.headers['x-request-id']
  // Only the gateway's word counts: anybody else could otherwise write another's id into our logs.
  const requestId = [given, who.requestId].find((id) => typeof id === 'string' && saneRequestId.test(id)) ?? request.id
  request.id = String(requestId)
  request.state.who = { ...who, requestId: request.id }
}

function end(parts: Parts, request: FastifyRequest, reply: FastifyReply): void {
  const { state } = request
  if (state.over) return
  state.over = true
  clearTimeout(state.timer)
  parts.running.delete(request)
  const aborted = !reply.raw.writableFinished
  if (aborted) state.controller.abort(new Error('the caller is gone'))
  // 499 is nginx's number for a caller that did not wait for the answer.
  const status = aborted && !reply.raw.headersSent ? 499 : reply.raw.statusCode
  state.span.end(status, state.error)
  const { operation = 'unknown', operational } = request.routeOptions.config
  if (operational === true) return
  const durationMs = Math.round((parts.clock.monotonicMs() - state.startedAtMs) * 100) / 100
  parts.metrics.observe(operation, status, durationMs)
  writeLine(parts, request, { operation, status, durationMs, ...(aborted && { aborted }) })
}

function writeLine(
  { logger, lines }: Parts,
  { method, id, state, params }: FastifyRequest,
  measured: { status: number } & Record<string, unknown>,
): void {
  const project: unknown =
    typeof params === 'object' && params !== null && 'project' in params ? params.project : undefined
  const fields = {
    ...measured,
    method,
    subject: state.who.subject,
    requestId: id,
    ...(typeof project === 'string' && { project }),
  }
  if (measured.status >= 500) logger.error({ ...fields, err: state.error }, 'request failed')
  else lines.info(fields, 'request')
}

/** A request id for what has none yet. */
export const freshRequestId = (): string => newId('req')

import type { Clock, Logger } from '@plinth/kernel'
import { requestLines } from '@plinth/service'
import type { FastifyInstance } from 'fastify'
import type { ServerResponse } from 'node:http'
import { Histogram, register, Registry } from 'prom-client'

/** What the gateway knows of a request when it is over; each part adds what it finds out. */
export type RequestFacts = {
  startedAtMs: number
  operation: string
  service: string | undefined
  subject: string | undefined
  project: string | undefined
  /** What was thrown, for the log line. */
  error: unknown
  /** The policy revision that decided. */
  revision: number | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    facts: RequestFacts
  }
}

export type RequestLog = {
  /** Metrics in the Prometheus text format. */
  metrics(): Promise<string>
  metricsType: string
  /** One line and one measurement for what ended before it became a request of Fastify's. */
  refused(method: string, status: number, requestId: string, reason: string): void
  /** The same for a request whose response is closed. */
  ended(request: Ended): void
}

export type Ended = {
  readonly method: string
  readonly id: string
  readonly facts: RequestFacts
  readonly response: ServerResponse
}

export const freshFacts = (startedAtMs: number, operation: string, service: string | undefined): RequestFacts => ({
  startedAtMs,
  operation,
  service,
  subject: undefined,
  project: undefined,
  error: undefined,
  revision: undefined,
})

/** One wide log line and one measurement for each request. No bodies, no query, no header values. */
export function addRequestLog(app: FastifyInstance, logger: Logger, clock: Clock): RequestLog {
  const own = new Registry()
  const duration = new Histogram({
    name: 'plinth_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer',
    labelNames: ['service', 'operation', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [own],
  })
  const observe = (operation: string, status: number, durationMs: number): void =>
    duration.observe({ service: 'gateway', operation, status }, durationMs / 1_000)
  const writing = { logger, lines: requestLines(logger), observe, clock }
  const ended = (request: Ended): void => write(writing, request)
  app.decorateRequest('facts')
  app.addHook('onRequest', (request, reply, done) => {
    const { operation = 'unknown', service, operational } = request.routeOptions.config
    const facts = freshFacts(clock.monotonicMs(), operation, service)
    request.facts = facts
    const { method, id } = request
    if (operational !== true) reply.raw.once('close', () => ended({ method, id, facts, response: reply.raw }))
    done()
  })
  return {
    metrics: () => Registry.merge([register, own]).metrics(),
    metricsType: register.contentType,
    ended,
    refused(method, status, requestId, reason) {
      observe('refused', status, 0)
      logger.info({ operation: 'refused', method, status, requestId, reason }, 'request')
    },
  }
}

type Writing = {
  logger: Logger
  /** For requests that went well. */
  lines: Logger
  observe: (operation: string, status: number, durationMs: number) => void
  clock: Clock
}

function write({ logger, lines, observe, clock }: Writing, { method, id, facts: all, response }: Ended): void {
  const { startedAtMs, error, ...facts } = all
  const aborted = !response.writableFinished
  const status = statusOf(response)
  const durationMs = Math.round((clock.monotonicMs() - startedAtMs) * 100) / 100
  observe(facts.operation, status, durationMs)
  const line = {
    ...facts,
    method,
    status,
    durationMs,
    requestId: id,
    ...(aborted && { aborted }),
  }
  if (status >= 500) logger.error({ ...line, err: error }, 'request failed')
  else lines.info(line, 'request')
}

/** How an exchange that is over ended; 499 is nginx's number for a caller that did not wait for the answer. */
export const statusOf = ({ writableFinished, headersSent, statusCode }: ServerResponse): number =>
  writableFinished || headersSent ? statusCode : 499

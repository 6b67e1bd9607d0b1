import type { Clock, Logger } from '@plinth/kernel'
import { requestLines } from '@plinth/service'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
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
}

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
  const lines = requestLines(logger)
  app.decorateRequest('facts')
  app.addHook('onRequest', (request, reply, done) => {
    request.facts = {
      startedAtMs: clock.monotonicMs(),
      operation: request.routeOptions.config.operation ?? 'unknown',
      service: request.routeOptions.config.service,
      subject: undefined,
      project: undefined,
      error: undefined,
      revision: undefined,
    }
    if (request.routeOptions.config.operational !== true)
      reply.raw.once('close', () => write({ logger, lines, observe, clock }, request, reply))
    done()
  })
  return {
    metrics: () => Registry.merge([register, own]).metrics(),
    metricsType: register.contentType,
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

function write({ logger, lines, observe, clock }: Writing, request: FastifyRequest, reply: FastifyReply): void {
  const { startedAtMs, error, ...facts } = request.facts
  const aborted = !reply.raw.writableFinished
  const status = statusOf(reply.raw)
  const durationMs = Math.round((clock.monotonicMs() - startedAtMs) * 100) / 100
  observe(facts.operation, status, durationMs)
  const line = {
    ...facts,
    method: request.method,
    status,
    durationMs,
    requestId: request.id,
    ...(aborted && { aborted }),
  }
  if (status >= 500) logger.error({ ...line, err: error }, 'request failed')
  else lines.info(line, 'request')
}

/** How an exchange that is over ended; 499 is nginx's number for a caller that did not wait for the answer. */
export const statusOf = ({ writableFinished, headersSent, statusCode }: ServerResponse): number =>
  writableFinished || headersSent ? statusCode : 499

import type { Clock, Logger } from '@plinth/kernel'
import { requestLineWriter, type RequestLines } from '@plinth/service'
import type { FastifyInstance } from 'fastify'
import type { ServerResponse } from 'node:http'
import { register } from 'prom-client'
import { countOut, type SubjectUse } from '../limits/subject-limits.ts'
import { RequestDurations } from './request-durations.ts'

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
  /** From where it comes; known once it was let in. */
  address: string
  readonly response: ServerResponse
  /** Where it is counted as under way, once it is known who asks. */
  use: SubjectUse | undefined
  isStream: boolean
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
}

export const freshFacts = (
  startedAtMs: number,
  operation: string,
  service: string | undefined,
  response: ServerResponse,
): RequestFacts => ({
  startedAtMs,
  operation,
  service,
  subject: undefined,
  project: undefined,
  error: undefined,
  revision: undefined,
  address: '',
  response,
  use: undefined,
  isStream: false,
})

/** One wide log line and one measurement for each request. No bodies, no query, no header values. */
export function addRequestLog(app: FastifyInstance, logger: Logger, clock: Clock): RequestLog {
  const durations = new RequestDurations()
  const lines = requestLineWriter(logger)
  const writing = { logger, lines, same: new Map<string, Same>(), durations, clock }
  const ended = (request: Ended): void => write(writing, request)
  app.decorateRequest('facts')
  app.addHook('onRequest', (request, reply, done) => {
    const { operation = 'unknown', service, operational } = request.routeOptions.config
    const facts = freshFacts(clock.monotonicMs(), operation, service, reply.raw)
    request.facts = facts
    const { method, id } = request
    if (operational !== true) reply.raw.once('close', () => ended({ method, id, facts }))
    done()
  })
  return {
    metrics: async () => `${durations.text()}${await register.metrics()}`,
    metricsType: register.contentType,
    ended,
    refused(method, status, requestId, reason) {
      durations.observe('refused', status, 0)
      logger.info({ operation: 'refused', method, status, requestId, reason }, 'request')
    },
  }
}

type Writing = {
  logger: Logger
  /** For requests that went well. */
  lines: RequestLines
  /** By operation, of which there are as many as routes. */
  same: Map<string, Same>
  durations: RequestDurations
  clock: Clock
}

function write({ logger, lines, same, durations, clock }: Writing, { method, id, facts }: Ended): void {
  const { startedAtMs, error, response } = facts
  countOut(facts)
  const aborted = !response.writableFinished
  const status = statusOf(response)
  const durationMs = Math.round((clock.monotonicMs() - startedAtMs) * 100) / 100
  durations.observe(facts.operation, status, durationMs)
  if (status >= 500) {
    const { operation, service, subject, project, revision } = facts
    const found = { operation, service, subject, project, revision }
    const members = { ...found, method, status, durationMs, requestId: id, ...(aborted && { aborted }) }
    lines.flush()
    return logger.error({ ...members, err: error }, 'request failed')
  }
  const members = sameMembers(same, facts, method, status)
  lines.write({ members, durationMs, requestId: id, isAborted: aborted })
}

/** The members in which the last requests of an operation did not differ, as text. */
type Same = Pick<RequestFacts, 'subject' | 'project' | 'revision'> & { method: string; status: number; text: string }

/** Up to the value of `durationMs`. One caller mostly asks the same ever again; then nothing is put together. */
function sameMembers(same: Map<string, Same>, facts: RequestFacts, method: string, status: number): string {
  const { operation, subject, project, revision } = facts
  const last = same.get(operation)
  if (
    last !== undefined &&
    last.subject === subject &&
    last.project === project &&
    last.revision === revision &&
    last.method === method &&
    last.status === status
  )
    return last.text
  const text = [
    '"operation":', quoted(operation), member('service', facts.service), member('subject', subject),
    member('project', project), revision === undefined ? '' : `,"revision":${revision}`,
    ',"method":', quoted(method), ',"status":', status, ',"durationMs":',
  ].join('') // prettier-ignore
  same.set(operation, { subject, project, revision, method, status, text })
  return text
}

const plain = /^[\w:.@/ -]*$/
/** As JSON. Almost all that a line says of a request has no character that JSON writes otherwise. */
const quoted = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text))
const member = (name: string, text: string | undefined): string =>
  text === undefined ? '' : `,"${name}":${quoted(text)}`

/** How an exchange that is over ended; 499 is nginx's number for a caller that did not wait for the answer. */
export const statusOf = ({ writableFinished, headersSent, statusCode }: ServerResponse): number =>
  writableFinished || headersSent ? statusCode : 499

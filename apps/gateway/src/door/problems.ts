import { failure } from '@plinth/contracts'
import type { AppError } from '@plinth/kernel'
import {
  confluentError,
  confluentPath,
  confluentType,
  leaveBody,
  problemDocument,
  problemType,
  publicError,
  retryAfterSeconds,
} from '@plinth/service'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { freshRequestId } from './request-ids.ts'

/** An error as status, headers and body: one form for all that leaves the gateway, but for clients of a foreign protocol. */
export function problemResponse(thrown: unknown, path: string, requestId: string) {
  const error = publicError(thrown)
  const retry = retryAfterSeconds(error)
  const isConfluent = path.startsWith(confluentPath)
  const headers: Record<string, string> = {
    'content-type': isConfluent ? confluentType : problemType,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
  }
  if (retry !== undefined) headers['retry-after'] = String(retry)
  if (error.status === 401) headers['www-authenticate'] = challenge(path, error.code)
  const body = JSON.stringify(isConfluent ? confluentError(error) : problemDocument(error, requestId))
  headers['content-length'] = String(Buffer.byteLength(body))
  return { status: error.status, headers, body }
}

/** git asks for a password only where it is told `Basic`; a browser would do so too, so nobody else is told. */
function challenge(path: string, code: string): string {
  if (path.startsWith('/git/')) return 'Basic realm="Plinth", charset="UTF-8"'
  return code === 'gateway.token_invalid' ? 'Bearer realm="Plinth", error="invalid_token"' : 'Bearer realm="Plinth"'
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply {
  if (request.facts !== undefined) request.facts.error = thrown
  const { status, headers, body } = problemResponse(thrown, request.url, request.id)
  leaveBody(request.raw)
  return reply.code(status).headers(headers).send(body)
}

/** Answers on the bare response, where Fastify has handed it over or never had it. */
export function writeProblem(response: ServerResponse, thrown: unknown, path: string, requestId: string): number {
  const { status, headers, body } = problemResponse(thrown, path, requestId)
  leaveBody(response.req)
  response.writeHead(status, headers).end(response.req.method === 'HEAD' ? undefined : body)
  return status
}

/** 405 with `Allow` where the path exists with another method, else 404. */
export function unknownRoute(app: FastifyInstance, known: readonly { method: string; path: string }[]) {
  const forms = known.map(({ method, path }) => ({ method, form: pathForm(path) }))
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = [...new Set(forms.filter(({ form }) => form.test(path)).map(({ method }) => method))].join(', ')
    const asked = `${request.method} ${path.slice(0, 200)}`
    if (allowed === '')
      return sendProblem(request, reply, failure('platform.route_unknown', { detail: `There is no route ${asked}.` }))
    reply.header('allow', allowed)
    const detail = `This path takes ${allowed}, not ${request.method}.`
    return sendProblem(request, reply, failure('platform.method_not_allowed', { detail }))
  }
}

/** A path of Fastify's notation as a regular expression, only ever for the choice between 404 and 405. */
function pathForm(path: string): RegExp {
  const escaped = path.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replace(/:[A-Za-z0-9_]+/g, '[^/]+').replace(/\*$/, '.*')}$`)
}

const clientErrors: Readonly<Record<string, AppError>> = {
  HPE_HEADER_OVERFLOW: failure('platform.headers_too_large', {
    detail: 'The headers are longer than 32 KiB together.',
  }),
  ERR_HTTP_REQUEST_TIMEOUT: failure('platform.request_too_slow', { detail: 'The request did not arrive in time.' }),
}
const noHttp = failure('platform.request_invalid', { detail: 'This is not a valid HTTP request.' })

/** As Node knows the answer that is under way on a socket. */
const answerOf = (socket: Duplex): { headersSent: boolean } | null | undefined => Reflect.get(socket, '_httpMessage')
const answeredLast = new WeakSet<Duplex>()

/** Whether a request of this connection has no whole answer yet. */
export const isAnswering = (socket: Duplex): boolean => (answerOf(socket) ?? undefined) !== undefined

/** The answer to this request is the last on its connection: what comes after it on there is nobody's to read. */
export function answerLast(response: ServerResponse): void {
  response.shouldKeepAlive = false
  answeredLast.add(response.req.socket)
}

/** Whether the last answer on a connection is given: a request that came in with the refused one is none. */
export const isAnsweredLast = (socket: Duplex): boolean => answeredLast.has(socket)

const lingerMs = 2_000

/** Answers what is not even HTTP, or came too slowly or with too long headers; then closes the connection. */
export function onClientError(error: Error & { code?: string }, socket: Duplex): void {
  // Never a second answer to one request, nor one in the middle of another.
  if (
    error.code === 'ECONNRESET' ||
    !socket.writable ||
    answeredLast.has(socket) ||
    answerOf(socket)?.headersSent === true
  ) {
    if (!answeredLast.has(socket)) socket.destroy()
    return
  }
  const problem = clientErrors[error.code ?? ''] ?? noHttp
  const body = JSON.stringify(problemDocument(problem, freshRequestId()))
  const status = `${problem.status} ${STATUS_CODES[problem.status] ?? ''}`
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: ${problemType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
  // Who drips on would else keep his half of the connection open.
  setTimeout(() => socket.destroy(), lingerMs).unref()
}

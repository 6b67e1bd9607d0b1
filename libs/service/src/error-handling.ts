import type { Duplex } from 'node:stream'
import { failure, type RouteSpec } from '@plinth/contracts'
import type { AppError } from '@plinth/kernel'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { confluentError, confluentPath, confluentType } from './confluent-error.ts'
import { freshRequestId } from './hooks.ts'
import { leaveBody } from './leave-body.ts'
import { problemDocument, problemType, publicError, retryAfterSeconds } from './problem.ts'

/** Another form of error document, for routes that speak a foreign protocol; undefined for the usual one. */
export type RenderError = (error: AppError, operation: string) => { contentType: string; body: unknown } | undefined

/** Answers with the error. Everything that an error sends to a caller goes through here. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  thrown: unknown,
  render?: RenderError,
): FastifyReply {
  const error = inProtocol(publicError(thrown), request.routeOptions.config?.protocol)
  // A route that Fastify could not even find has no state.
  if (request.state !== undefined) request.state.error = thrown
  const operation = request.routeOptions.config?.operation
  const foreign = request.url.startsWith(confluentPath)
    ? { contentType: confluentType, body: confluentError(error) }
    : operation === undefined
      ? undefined
      : render?.(error, operation)
  const retry = retryAfterSeconds(error)
  if (retry !== undefined) reply.header('retry-after', String(retry))
  if (error.status === 401) reply.header('www-authenticate', 'Bearer')
  // Fastify would close the connection under a body that is too long; the rest of it is left with more care.
  if (leaveBody(request.raw)) reply.removeHeader('connection')
  else reply.header('connection', 'close')
  return reply
    .code(error.status)
    .header('cache-control', 'no-store')
    .header('content-type', foreign?.contentType ?? problemType)
    .send(JSON.stringify(foreign?.body ?? problemDocument(error, request.id)))
}

function inProtocol(error: AppError, protocol: RouteSpec['protocol']): AppError {
  return protocol === 'authzen' && error.code === 'platform.media_type_unsupported'
    ? failure('platform.request_invalid', { detail: error.publicDetail })
    : error
}

type KnownPath = { method: string; path: string }

/** The one error handler, and the two answers for what is no route at all. */
export function addErrorHandling(app: FastifyInstance, paths: readonly KnownPath[], render?: RenderError): void {
  const known = paths.map(({ method, path }) => ({ method, form: pathForm(path) }))
  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error, render))
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = known.filter(({ form }) => form.test(path)).map(({ method }) => method)
    if (allowed.length === 0) {
      return sendProblem(
        request,
        reply,
        failure('platform.route_unknown', { detail: `There is no route ${request.method} ${path.slice(0, 200)}.` }),
      )
    }
    const list = [...new Set(allowed)].join(', ')
    reply.header('allow', list)
    return sendProblem(
      request,
      reply,
      failure('platform.method_not_allowed', { detail: `This path takes ${list}, not ${request.method}.` }),
    )
  })
}

/** A path pattern of Fastify's notation as a regular expression, only ever for the choice between 404 and 405. */
function pathForm(path: string): RegExp {
  const escaped = path.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replace(/:[A-Za-z0-9_]+/g, '[^/]+').replace(/\*$/, '.*')}$`)
}

/** Answers what is not even HTTP, or came too slowly or with too long headers; then closes the connection. */
export function onClientError(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, detail] = clientErrors[error.code ?? ''] ?? ['400 Bad Request', 'This is not a valid HTTP request.']
  const body = JSON.stringify({
    ...problemDocument(failure('platform.request_invalid', { detail }), freshRequestId()),
    status: Number.parseInt(status, 10),
  })
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: ${problemType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}

const clientErrors: Readonly<Record<string, readonly [string, string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are longer than 32 KiB together.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request did not arrive in time.'],
}

import { failure } from '@plinth/contracts'
import { problemDocument, problemType, publicError, retryAfterSeconds } from '@plinth/service'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { freshRequestId } from './request-ids.ts'

/** An error as status, headers and body: the one form in which every error leaves the gateway. */
export function problemResponse(thrown: unknown, path: string, requestId: string) {
  const error = publicError(thrown)
  const retry = retryAfterSeconds(error)
  const headers: Record<string, string> = {
    'content-type': problemType,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
  }
  if (retry !== undefined) headers['retry-after'] = String(retry)
  if (error.status === 401) headers['www-authenticate'] = challenge(path, error.code)
  const body = JSON.stringify(problemDocument(error, requestId))
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

const lingerMs = 2_000

/**
 * A body that nobody wants is read and thrown away for a while: closing at once would make the caller's system throw
 * away our answer with it (RFC 9112 section 9.6). Whoever still sends then is cut off.
 */
function leaveBody(request: IncomingMessage): void {
  if (request.complete) return
  request.resume()
  setTimeout(() => request.complete || request.socket.destroy(), lingerMs).unref()
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

const clientErrors: Readonly<Record<string, readonly [string, string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are longer than 32 KiB together.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request did not arrive in time.'],
}

/** Answers what is not even HTTP, or came too slowly or with too long headers; then closes the connection. */
export function onClientError(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, detail] = clientErrors[error.code ?? ''] ?? ['400 Bad Request', 'This is not a valid HTTP request.']
  const document = problemDocument(failure('platform.request_invalid', { detail }), freshRequestId())
  const body = JSON.stringify({ ...document, status: Number.parseInt(status, 10) })
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: ${problemType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}

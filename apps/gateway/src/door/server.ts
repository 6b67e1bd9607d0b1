import { failure } from '@plinth/contracts'
import fastify, { type FastifyInstance } from 'fastify'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { GatewayConfig } from '../config.ts'
import { targetProblem } from './canonical-path.ts'
import { fieldsMax, headerProblem } from './header-problem.ts'
import { answerLast, isAnsweredLast, onClientError, sendProblem, writeProblem } from './problems.ts'
import { Passage } from '../forward/passage.ts'
import type { Forward } from '../forward/forward-routes.ts'
import { closeIdleConnections } from './idle-connections.ts'
import { knownHead, rememberHead } from './known-head.ts'
import { freshRequestId } from './request-ids.ts'
import type { RequestLog } from './request-log.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** `forward` finds what is for another service; the rest is for the routes of this app. */
    door: { onRefused: RequestLog['refused']; forward: Forward }
  }
}

const secondsMs = 1_000
const tooMany = `A request has ${fieldsMax} header fields at the most.`
const oldVersion = 'This is not HTTP/1.1, nor 1.0.'

/**
 * Fastify behind a door that looks at every request before any router does: a target or header field with more than one
 * reading goes no further. Every limit is set: Fastify's own defaults leave slow requests and idle sockets open for ever.
 */
export function frontDoor({ connectionsMax }: Pick<GatewayConfig, 'connectionsMax'>): FastifyInstance {
  const door: FastifyInstance['door'] = {
    onRefused: () => undefined,
    forward: { known: () => undefined, find: () => undefined },
  }
  const refuse = (request: IncomingMessage, response: ServerResponse, error: unknown, reason: string): void => {
    // Nobody knows where its next request begins, or what else comes.
    answerLast(response)
    const requestId = freshRequestId()
    const status = writeProblem(response, error, '', requestId)
    door.onRefused(request.method ?? '', status, requestId, reason)
  }
  const guarded =
    (handler: RequestListener): RequestListener =>
    (request, response) => {
      if (isAnsweredLast(request.socket)) return
      const known = door.forward.known(request)
      const problem = known === undefined ? targetProblem(request.url ?? '') : undefined
      if (problem !== undefined) {
        const detail = `The path was refused: ${problem}. Send it in its plain form.`
        return refuse(request, response, failure('gateway.path_refused', { detail }), problem)
      }
      if (request.rawHeaders.length > 2 * fieldsMax)
        return refuse(request, response, failure('platform.headers_too_large', { detail: tooMany }), 'too many headers')
      const header = request.httpVersionMajor === 1 ? problemOfHead(request) : oldVersion
      if (header !== undefined)
        return refuse(request, response, failure('platform.request_invalid', { detail: header }), header)
      const target = known ?? door.forward.find(request)
      if (target === undefined) handler(request, response)
      else new Passage(target, request, response).begin()
    }
  const app = fastify({
    logger: false,
    genReqId: freshRequestId,
    routerOptions: { maxParamLength: 400 },
    bodyLimit: 65_536,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: onClientError,
    frameworkErrors: (error, request, reply) => void sendProblem(request, reply, error),
    serverFactory: (handler) => {
      const limits = { maxHeaderSize: 32_768, headersTimeout: 8 * secondsMs, requestTimeout: 15 * 60 * secondsMs }
      const keepAliveTimeout = 72 * secondsMs
      // The last: a request without a body needs no stream for it.
      const options = {
        ...limits,
        connectionsCheckingInterval: secondsMs,
        keepAliveTimeout,
        noDelay: true,
        optimizeEmptyRequests: true,
      }
      const server = createServer(options, guarded(handler))
      server.maxConnections = connectionsMax
      // Still is longer than any route may think, and event streams send a heartbeat.
      closeIdleConnections(server, { keptMs: keepAliveTimeout, stillMs: 11 * 60 * secondsMs, everyMs: 5 * secondsMs })
      server.maxRequestsPerSocket = 0
      // Node's 2,000 would be kept and the rest dropped, a second `Host` among them; here too many are refused.
      server.maxHeadersCount = 0
      return server
    },
  })
  app.decorate('door', door)
  // Before any route: those that are added earlier would keep Fastify's own, which tells what an error says.
  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error))
  return app
}

/** What is wrong with a request's header fields, or nothing; the same fields as those before them are not read again. */
function problemOfHead(request: IncomingMessage): string | undefined {
  if (knownHead(request) !== undefined) return undefined
  const problem = headerProblem(request.rawHeaders)
  if (problem === undefined) rememberHead(request)
  return problem
}

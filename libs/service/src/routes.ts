import { failure, successStatus, type RouteSpec, type Routes } from '@plinth/contracts'
import type { IdempotencyStore, Logger } from '@plinth/kernel'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import type { AnyHandler, Ask, ServerSentEvent } from './ask.ts'
import { ignoreBodies, leaveBodies, parseAsJson, parseJsonBodies } from './body-parsing.ts'
import { entityTag, names, refuseStale } from './entity-tag.ts'
import { onceByKey } from './idempotency.ts'
import { compileSerialize } from './serialize.ts'
import { streamEvents } from './sse.ts'
import { compileCheck } from './validation.ts'

/** Asks another operation of this service for the same thing, as its answer would be. */
type Twin = (ask: Ask) => Promise<string>

export type RouteParts = {
  logger: Logger
  idempotency: IdempotencyStore | undefined
  heartbeatMs: number
}

const bodyBytesMax = 1_048_576

/** Registers every route of a contract, in groups that differ in what they do with a body. */
export function addRoutes(
  app: FastifyInstance,
  routes: Routes,
  handlers: Readonly<Record<string, AnyHandler>>,
  parts: RouteParts,
): void {
  const groups = { json: parseJsonBodies, confluent: parseAsJson, ignore: ignoreBodies, leave: leaveBodies }
  for (const [group, prepare] of Object.entries(groups)) {
    void app.register((scope, _options, done) => {
      prepare(scope)
      for (const [operation, spec] of Object.entries(routes)) {
        const handler = handlers[operation]
        if (groupOf(spec) !== group || handler === undefined) continue
        addRoute(scope, operation, spec, handler, parts, twinOf(spec, routes, handlers))
      }
      done()
    })
  }
}

function twinOf(spec: RouteSpec, routes: Routes, handlers: Readonly<Record<string, AnyHandler>>): Twin | undefined {
  const { versionOf = '' } = spec
  const twin = routes[versionOf]
  const handler = handlers[versionOf]
  const schema = twin?.response[successStatus(twin)]
  if (schema === undefined || handler === undefined) return undefined
  const serialize = compileSerialize(schema)
  return async (ask) => serialize(await handler({ ...ask, body: undefined }))
}

function groupOf({ kind, body, protocol }: RouteSpec): string {
  if (kind === 'raw') return 'leave'
  if (body !== undefined && protocol === 'confluent') return 'confluent'
  return body === undefined ? 'ignore' : 'json'
}

function addRoute(
  app: FastifyInstance,
  operation: string,
  spec: RouteSpec,
  handler: AnyHandler,
  parts: RouteParts,
  twin: Twin | undefined,
): void {
  const { kind = 'json', timeoutMs } = spec
  const makers = { json: jsonHandler, sse: sseHandler, raw: rawHandler }
  app.route({
    method: spec.method,
    url: spec.path,
    exposeHeadRoute: kind === 'json',
    // A raw handler reads the body itself, and is held to the route's limit by its declared length only.
    bodyLimit: kind === 'raw' ? Number.MAX_SAFE_INTEGER : (spec.bodyLimitBytes ?? bodyBytesMax),
    config: {
      operation,
      permission: spec.permission,
      untraced: spec.untraced === true,
      ...(spec.protocol !== undefined && { protocol: spec.protocol }),
      ...timeout(kind === 'sse' ? 0 : timeoutMs),
    },
    handler: makers[kind](operation, spec, handler, parts, twin),
  })
}

const timeout = (timeoutMs: number | undefined): { timeoutMs?: number } =>
  timeoutMs === undefined ? {} : { timeoutMs }

/** Compiles the checks of a route into one function from a request to what its handler is asked. */
function asker(spec: RouteSpec): (request: FastifyRequest, reply: FastifyReply) => Ask {
  const params = spec.params && compileCheck(spec.params, 'params')
  const query = spec.query && compileCheck(spec.query, 'query')
  const body = spec.body && spec.kind !== 'raw' ? compileCheck(spec.body, 'body') : undefined
  return (request, reply) => {
    params?.(request.params, 0)
    query?.(request.query, request.url.length)
    if (body !== undefined) {
      if (request.body === undefined)
        throw failure('platform.request_invalid', { detail: 'The body is missing; this route needs a JSON document.' })
      body(request.body, Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY))
    }
    const { state } = request
    return {
      who: state.who,
      params: request.params ?? {},
      query: query === undefined && spec.kind !== 'raw' ? {} : (request.query ?? {}),
      body: body === undefined ? undefined : request.body,
      headers: request.headers,
      requestId: request.id,
      signal: state.controller.signal,
      setHeader: (name, value) => void reply.header(name, value),
      raw: request,
      reply,
    }
  }
}

/** Resolves as the work does, unless the time of the request is over before. */
function inTime<T>({ state }: FastifyRequest, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    state.giveUp = reject
    state.span.within(work).then(resolve, reject)
  })
}

function jsonHandler(
  operation: string,
  spec: RouteSpec,
  handler: AnyHandler,
  { idempotency, logger }: RouteParts,
  twin?: Twin,
): RouteHandlerMethod {
  const toAsk = asker(spec)
  const status = successStatus(spec)
  const schema = spec.response[status]
  const empty = status === 204 || schema === undefined
  const serialize = empty ? () => '' : compileSerialize(schema)
  return async (request, reply) => {
    const ask = toAsk(request, reply)
    const ifMatch = request.headers['if-match']
    if (ifMatch !== undefined && twin !== undefined) refuseStale(ifMatch, await inTime(request, () => twin(ask)))
    const work = async (): Promise<string> => serialize(await handler(ask))
    const key = spec.idempotent === true ? request.headers['idempotency-key'] : undefined
    if (typeof key !== 'string' || idempotency === undefined)
      return sendJson(
        reply,
        status,
        await inTime(request, work),
        request.method === 'GET' ? request.headers : undefined,
      )
    const { params, query, body, who } = ask
    const content = { params, query, body }
    const kept = await inTime(request, () =>
      onceByKey({ store: idempotency, logger, key, subject: who.subject, operation, content, status, work }),
    )
    if (kept.replayed) reply.header('idempotency-replayed', 'true')
    return sendJson(reply, kept.status, kept.body)
  }
}

/** With the headers of a read, its answer carries an `ETag`, and is left out where the reader has it already. */
function sendJson(reply: FastifyReply, status: number, body: string, read?: FastifyRequest['headers']): FastifyReply {
  reply.code(status)
  if (status === 204) return reply.send()
  if (read !== undefined) {
    const tag = entityTag(body)
    reply.header('etag', tag)
    const known = read['if-none-match']
    if (known !== undefined && names(known, tag)) return reply.code(304).send()
  }
  if (!reply.hasHeader('content-type')) reply.header('content-type', 'application/json; charset=utf-8')
  return reply.send(body)
}

function sseHandler(
  operation: string,
  spec: RouteSpec,
  handler: AnyHandler,
  { logger, heartbeatMs }: RouteParts,
): RouteHandlerMethod {
  const toAsk = asker(spec)
  return async (request, reply) => {
    const ask = toAsk(request, reply)
    const events = (await inTime(request, () => handler(ask))) as AsyncIterable<ServerSentEvent>
    const headers = Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]))
    reply.hijack()
    await streamEvents(reply.raw, events, {
      signal: ask.signal,
      requestId: ask.requestId,
      heartbeatMs,
      headers,
      onError: (error) => logger.error({ err: error, operation, requestId: ask.requestId }, 'an event stream failed'),
    })
  }
}

function rawHandler(
  operation: string,
  spec: RouteSpec,
  handler: AnyHandler,
  { logger }: RouteParts,
): RouteHandlerMethod {
  const toAsk = asker(spec)
  return async (request, reply) => {
    const declaredBytes = Number(request.headers['content-length'] ?? 0)
    if (spec.bodyLimitBytes !== undefined && declaredBytes > spec.bodyLimitBytes)
      throw failure('platform.body_too_large')
    const ask = toAsk(request, reply)
    try {
      const answer = await inTime(request, () => handler(ask))
      return answer === undefined ? reply : answer
    } catch (error) {
      if (!reply.sent && !reply.raw.headersSent) throw error
      // Too late for an error document: a torn connection is the only honest sign that the answer is not whole.
      logger.error({ err: error, operation, requestId: ask.requestId }, 'a raw answer broke off')
      reply.raw.destroy()
      return reply
    }
  }
}

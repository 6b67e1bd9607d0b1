import type { IncomingHttpHeaders } from 'node:http'
import type { BodyOf, ParamsOf, QueryOf, ResponseOf, Routes, RouteSpec } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** All that a handler gets to know of a request; checked against the contract before the handler runs. */
export type Ask<R extends RouteSpec = RouteSpec> = {
  who: Identity
  params: ParamsOf<R>
  query: QueryOf<R>
  body: BodyOf<R>
  headers: IncomingHttpHeaders
  requestId: string
  /** Aborts when the caller is gone, when the route's time is over, and for streams when the service closes. */
  signal: AbortSignal
  setHeader(name: string, value: string): void
  raw: FastifyRequest
  reply: FastifyReply
}

/** `data` is sent as JSON, whatever it is; an `id` lets a client that lost its connection go on from there. */
export type ServerSentEvent = { id?: string; event?: string; data: unknown }

/** What a handler returns: the events of a stream, nothing for a raw route, else the declared body. */
export type Answer<R extends RouteSpec> = R extends { kind: 'sse' }
  ? AsyncIterable<ServerSentEvent>
  : R extends { kind: 'raw' }
    ? unknown
    : ResponseOf<R> extends null
      ? ResponseOf<R> | undefined | void
      : ResponseOf<R>

export type Handlers<R extends Routes> = {
  [Operation in keyof R]: (ask: Ask<R[Operation]>) => Promise<Answer<R[Operation]>>
}

/** A handler with its types forgotten: the contract has checked at run time what the types promised. */
export type AnyHandler = (ask: Ask) => Promise<unknown>

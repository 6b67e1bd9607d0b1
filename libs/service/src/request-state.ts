import type { Permission, RouteSpec } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import type { RequestSpan } from './tracing.ts'

/** What the hooks and the route of one request share. */
export type RequestState = {
  startedAtMs: number
  who: Identity
  controller: AbortController
  timer: NodeJS.Timeout | undefined
  /** Set while a handler runs: makes its request fail although the handler has not come back. */
  giveUp: ((error: unknown) => void) | undefined
  span: RequestSpan
  /** What was thrown, for the log line. */
  error: unknown
  over: boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    state: RequestState
  }
  interface FastifyContextConfig {
    operation?: string
    permission?: Permission
    /** 0 for a stream without an end. */
    timeoutMs?: number
    /** Health and metrics: no identity, no log line, never shed. */
    operational?: boolean
    /** Of a foreign protocol, as its contract says. */
    protocol?: RouteSpec['protocol']
    /** Makes no spans, as its contract says. */
    untraced?: boolean
  }
}

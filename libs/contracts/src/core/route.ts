import type { Static, TSchema } from 'typebox'
import type { ErrorCode } from './error-codes.ts'
import type { Permission } from './permission.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * How a route answers. `json`: the handler returns the body of the one declared success status. `sse`: the handler
 * returns an async iterable of server-sent events. `raw`: the handler speaks to the socket itself (git, OTLP, files).
 */
export type RouteKind = 'json' | 'sse' | 'raw'

export type RouteSpec = {
  method: Method
  /** Fastify's notation: `/api/v1/projects/:project`; a raw route may end in `/*`. */
  path: string
  summary: string
  permission: Permission
  kind?: RouteKind
  params?: TSchema
  query?: TSchema
  body?: TSchema
  /** Exactly one success status. */
  response: { readonly [status: number]: TSchema }
  errors?: readonly ErrorCode[]
  /** Honours `Idempotency-Key`: a repeat with the same key gets the first answer. Creating POSTs have it. */
  idempotent?: boolean
  /**
   * The operation of the same service whose answer `If-Match` speaks of: its `ETag`, read before, must still be the
   * one of now. Without the header the change goes through whatever the state.
   */
  versionOf?: string
  /**
   * What a token that is narrowed to scopes may do on a route that is only `authenticated`: nothing, unless `service`,
   * where the service itself decides each question within the scopes.
   */
  scopes?: 'service'
  /** 1 MiB unless it says otherwise. */
  bodyLimitBytes?: number
  /** Milliseconds until the gateway gives up; 0 for streams without an end. 30 s unless it says otherwise. */
  timeoutMs?: number
  /**
   * Of a foreign protocol with its own words for HTTP. AuthZEN (Authorization API 1.0, section 10): the answer repeats
   * the caller's `X-Request-ID`, and a body of another type than JSON is a bad request like any other. Confluent's Schema
   * Registry API: bodies are JSON whatever their type says of their bytes, errors are `{error_code, message}`.
   */
  protocol?: 'authzen' | 'confluent'
  /** No span is made of its requests: it is where spans go. */
  untraced?: boolean
}

/** Declares a route. The declaration is data: the service, the gateway, the client and OpenAPI all read it. */
export const route = <const Spec extends RouteSpec>(spec: Spec): Spec => spec

type StaticOr<S, Otherwise> = S extends TSchema ? Static<S> : Otherwise

export type ParamsOf<R extends RouteSpec> = StaticOr<R['params'], Record<never, never>>
export type QueryOf<R extends RouteSpec> = StaticOr<R['query'], Record<never, never>>
export type BodyOf<R extends RouteSpec> = StaticOr<R['body'], undefined>
export type ResponseOf<R extends RouteSpec> = StaticOr<R['response'][keyof R['response'] & number], undefined>

export type Routes = { readonly [operation: string]: RouteSpec }

export const services = [
  'gateway',
  'authorization',
  'provisioning',
  'gitops',
  'schemas',
  'pipelines',
  'telemetry',
] as const
export type ServiceName = (typeof services)[number]

/** All that one service serves; `operation` names are unique over the platform and become OpenAPI operationIds. */
export type ServiceContract<R extends Routes = Routes> = { service: ServiceName; routes: R }

/** The one success status of a route. */
export function successStatus(spec: RouteSpec): number {
  const [status] = Object.keys(spec.response)
  if (status === undefined) throw new Error(`${spec.method} ${spec.path} declares no success response`)
  return Number(status)
}

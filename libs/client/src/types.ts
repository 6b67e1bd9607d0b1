import type { BodyOf, ParamsOf, QueryOf, ResponseOf, Routes, RouteSpec } from '@plinth/contracts'

// What a route without a part has for it; the empty type is meant.
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- every object may be assigned to it
type None = Record<never, never>
/** A member that may be left out when everything in it may. */
type Part<Name extends string, T> = None extends T ? { [Key in Name]?: T } : { [Key in Name]: T }

type ParamsPart<R extends RouteSpec> = R extends { params: object } ? { params: ParamsOf<R> } : None
type QueryPart<R extends RouteSpec> = R extends { query: object } ? Part<'query', QueryOf<R>> : None
type WildcardPart<R extends RouteSpec> = R['path'] extends `${string}*` ? { path?: string } : None
type BodyPart<R extends RouteSpec> = R extends { kind: 'raw' }
  ? { body?: NonNullable<RequestInit['body']> }
  : R extends { body: object }
    ? { body: BodyOf<R> }
    : None

export type CallOptions = {
  headers?: Readonly<Record<string, string>>
  signal?: AbortSignal
  /** Makes a repeat of a creating request safe: the same key gets the first answer. */
  idempotencyKey?: string
}

export type Input<R extends RouteSpec> = ParamsPart<R> & QueryPart<R> & WildcardPart<R> & BodyPart<R> & CallOptions

/** One event of a stream; `id` is where a later stream goes on from. */
export type StreamEvent<Data = unknown> = { id: string; event: string; data: Data }

type Output<R extends RouteSpec> = R extends { kind: 'sse' }
  ? AsyncIterable<StreamEvent<ResponseOf<R>>>
  : R extends { kind: 'raw' }
    ? Promise<Response>
    : Promise<ResponseOf<R> extends null ? undefined : ResponseOf<R>>

export type Operation<R extends RouteSpec> =
  None extends Input<R> ? (input?: Input<R>) => Output<R> : (input: Input<R>) => Output<R>

export type Client<R extends Routes> = { readonly [Name in keyof R]: Operation<R[Name]> }

/** The input of any operation, as the implementation sees it. */
export type AnyInput = CallOptions & {
  params?: Readonly<Record<string, unknown>>
  query?: Readonly<Record<string, unknown>>
  path?: string
  body?: unknown
}

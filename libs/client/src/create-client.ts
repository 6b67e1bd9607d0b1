import { operations, type Operations, type RouteSpec, type Routes } from '@plinth/contracts'
import { requestOf, urlOf } from './build-request.ts'
import { eventStream } from './event-stream.ts'
import { send } from './send.ts'
import type { AnyInput, Client } from './types.ts'

type Lazy<T> = T | (() => T | Promise<T>)

export type ClientOptions = {
  /** Where the gateway is, such as `http://localhost:8080`. */
  baseUrl: string
  /** The bearer token, or what gives the current one; left out in the portal, which has its session cookie. */
  token?: Lazy<string | undefined>
  /** Sent with every call; a function for what changes, such as the portal's anti-forgery token. */
  headers?: Lazy<Readonly<Record<string, string>>>
  fetch?: typeof globalThis.fetch
}

const answerMs = 30_000
/** The network's share on top of the time that the gateway gives a route. */
const networkMs = 5_000

/** A client of the gateway: one typed method for each operation of the platform. */
export const createClient = (options: ClientOptions): Client<Operations> => clientOf(operations, options)

/** The same for any set of routes, such as those of one service in its tests. */
export function clientOf<R extends Routes>(routes: R, options: ClientOptions): Client<R> {
  const methods: Record<string, unknown> = {}
  for (const [operation, spec] of Object.entries(routes)) {
    methods[operation] = (input: AnyInput = {}) => call(spec, input, options)
  }
  // The loop has made exactly the methods that the type lists; TypeScript can't follow a mapped type through it.
  return methods as Client<R>
}

function call(spec: RouteSpec, input: AnyInput, options: ClientOptions): unknown {
  if (spec.kind === 'sse') return stream(spec, input, options)
  const raw = spec.kind === 'raw'
  return request(spec, input, options, {}, (response) => (raw ? Promise.resolve(response) : bodyOf(response)))
}

async function request<T>(
  spec: RouteSpec,
  input: AnyInput,
  options: ClientOptions,
  extra: { headers?: Record<string, string>; single?: boolean; signal?: AbortSignal },
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const { method, headers, body } = requestOf(spec, input)
  const token = await valueOf(options.token)
  const all = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...headers,
    ...(await valueOf(options.headers)),
    ...extra.headers,
    ...input.headers,
  }
  const streaming = typeof ReadableStream !== 'undefined' && body instanceof ReadableStream
  const timeoutMs = spec.timeoutMs === 0 || spec.kind === 'sse' ? 0 : (spec.timeoutMs ?? answerMs) + networkMs
  return send(
    {
      url: urlOf(options.baseUrl, spec, input),
      init: {
        method,
        headers: all,
        ...(body !== undefined && { body }),
        ...(streaming && { duplex: 'half' }),
      },
      // Looked up at the call: browsers refuse a fetch that has lost its window.
      fetch: options.fetch ?? ((resource, init) => globalThis.fetch(resource, init)),
      signal: extra.signal ?? input.signal,
      timeoutMs,
      repeatable: extra.single !== true && !streaming && (method === 'GET' || input.idempotencyKey !== undefined),
    },
    read,
  )
}

/** The stream keeps its own account of repeats, so each connection is tried once. */
const stream = (spec: RouteSpec, input: AnyInput, options: ClientOptions): AsyncIterable<unknown> => ({
  [Symbol.asyncIterator]: () =>
    eventStream((lastEventId, signal) => {
      const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
      return request(spec, input, options, { headers, signal, single: true }, (response) => Promise.resolve(response))
    }, input.signal),
})

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text()
  return text === '' ? undefined : JSON.parse(text)
}

const valueOf = async <T>(value: Lazy<T> | undefined): Promise<T | undefined> =>
  typeof value === 'function' ? await (value as () => T | Promise<T>)() : value

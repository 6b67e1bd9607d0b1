import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { freshTrace } from '../door/request-ids.ts'

/** Hop-by-hop (RFC 9110 section 7.6.1), the caller's credentials, and what the gateway alone may say. */
const dropped = new Set([
  'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer',
  'transfer-encoding', 'upgrade', 'http2-settings', 'expect', 'host', 'authorization', 'cookie', 'forwarded', 'via',
  'remote-user', 'remote-addr', 'true-client-ip', 'cf-connecting-ip', 'x-real-ip', 'x-csrf-token', 'x-request-id',
  'x-http-method', 'x-method-override', 'traceparent',
]) // prettier-ignore
/** Families by which proxies and frameworks say who asks, from where, and for what. */
const droppedFamilies =
  /^(?:x-(?:plinth|user|role|group|subject|tenant|auth|authenticated|identity|remote|client|original|rewrite|forwarded|http-method|envoy|ssl)|nats|proxy)(?:-|$)|_/

const nameCacheMax = 1_000
const forwardedNames = new Map<string, boolean>()

/** Whether a header may pass. Remembered by name: a client sends the same dozen names again and again. */
export function isForwarded(name: string): boolean {
  let known = forwardedNames.get(name)
  if (known === undefined) {
    known = !dropped.has(name) && !droppedFamilies.test(name) && !/^x-(?:user|forwarded|plinth)/.test(name)
    if (forwardedNames.size < nameCacheMax) forwardedNames.set(name, known)
  }
  return known
}

const wellFormedTrace = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** What is said to a service: the caller's own headers less those that are not his to send, and who he is. */
export function requestHeaders(
  { headers }: IncomingMessage,
  own: { identity: string; requestId: string; traceparent: string | undefined },
): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {}
  const named = namedByConnection(headers)
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && isForwarded(name) && named?.has(name) !== true) result[name] = value
  }
  result['x-plinth-identity'] = own.identity
  result['x-request-id'] = own.requestId
  const trace = traceOf(headers)
  // It speaks of the `traceparent` beside it, and of no other (W3C Trace Context, section 3.3).
  if (trace === undefined && result['tracestate'] !== undefined) delete result['tracestate']
  result['traceparent'] = own.traceparent ?? trace ?? freshTrace()
  return result
}

/** The caller's trace, passed on as it came: without a span of its own the gateway is no part of it. */
function traceOf({ traceparent }: IncomingHttpHeaders): string | undefined {
  return typeof traceparent === 'string' && wellFormedTrace.test(traceparent) ? traceparent : undefined
}

/** What the `Connection` header names is for this hop alone; `keep-alive` and `close` name nothing of interest. */
function namedByConnection({ connection }: IncomingHttpHeaders): Set<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined
  // The length of the body is ours to say: a client that names it could else have it taken off (request smuggling).
  const framing = new Set(['content-length', 'content-type'])
  const names = connection.split(',').map((name) => name.trim().toLowerCase())
  return new Set(names.filter((name) => !framing.has(name)))
}

const droppedInAnswers = new Set([
  'connection', 'keep-alive', 'proxy-authenticate', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade',
  'server', 'x-powered-by', 'set-cookie', 'x-plinth-identity', 'x-request-id',
]) // prettier-ignore

/**
 * What is said to the caller. No service may set a cookie here. The policy keeps whatever is served (a page in a
 * repository, an artifact) from being run as a page of the portal's origin.
 */
export function responseHeaders(
  upstream: Readonly<Record<string, string | string[] | undefined>>,
  requestId: string,
): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {}
  for (const name in upstream) {
    const value = upstream[name]
    if (value !== undefined && !droppedInAnswers.has(name)) result[name] = value
  }
  result['x-request-id'] = requestId
  result['x-content-type-options'] = 'nosniff'
  result['content-security-policy'] = "default-src 'none'; frame-ancestors 'none'; sandbox"
  return result
}

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { knownHead } from '../door/known-head.ts'
import { freshTrace } from '../door/request-ids.ts'

/** Hop-by-hop (RFC 9110 section 7.6.1), the caller's credentials, and what the gateway alone may say. */
const dropped = new Set([
  'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer',
  'transfer-encoding', 'upgrade', 'http2-settings', 'expect', 'host', 'authorization', 'cookie', 'forwarded', 'via',
  'remote-user', 'remote-addr', 'true-client-ip', 'cf-connecting-ip', 'x-real-ip', 'x-csrf-token', 'x-request-id',
  'x-http-method', 'x-method-override', 'traceparent', 'tracestate',
]) // prettier-ignore
/** Families by which proxies and frameworks say who asks, from where, and for what. */
const droppedFamilies =
  /^(?:x-(?:plinth|user|role|group|subject|tenant|auth|authenticated|identity|remote|client|original|rewrite|forwarded|http-method|envoy|ssl)|nats|proxy)(?:-|$)|_/
/** Fields of one value: where one comes twice, the first counts, as for whatever else reads it with Node. */
const single = new Set([
  'content-length', 'content-type', 'user-agent', 'referer', 'from', 'max-forwards', 'if-modified-since',
  'if-unmodified-since', 'etag', 'expires', 'last-modified', 'location', 'retry-after', 'server', 'age',
]) // prettier-ignore

const nameCacheMax = 1_000
const fieldName = /^[\w!#$%&'*+.^`|~-]{1,256}$/

/** Remembers what was found out of a name: clients and services send the same dozens of names again and again. */
function remembered<T>(find: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>()
  return (name) => {
    let found = known.get(name)
    if (found === undefined) {
      found = find(name)
      if (known.size < nameCacheMax) known.set(name, found)
    }
    return found
  }
}

type SentName = { readonly name: string; readonly isForwarded: boolean; readonly isSingle: boolean }

const sentName = remembered((raw): SentName => {
  const name = raw.toLowerCase()
  const isForwarded = !dropped.has(name) && !droppedFamilies.test(name) && !/^x-(?:user|forwarded|plinth)/.test(name)
  return { name, isForwarded, isSingle: single.has(name) }
})

const wellFormedTrace = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

export type OwnHeaders = { identity: string; requestId: string; traceparent: string | undefined }

/**
 * The fields that a service is told: the caller's own less those that are not his to send, and who he is. Text for the
 * wire: neither names nor values can hold a line break, since Node's parser has taken them for fields.
 */
export function requestFields(request: IncomingMessage, own: OwnHeaders): string {
  const { headers } = request
  const trace = traceOf(headers)
  const ours = own.traceparent ?? trace ?? freshTrace()
  const fields = `${sameFields(request, own.identity)}${own.requestId}\r\ntraceparent: ${ours}\r\n`
  const state = headers['tracestate']
  // It speaks of the `traceparent` beside it, and of no other (W3C Trace Context, section 3.3).
  if (trace === undefined || state === undefined || namedByConnection(headers)?.has('tracestate') === true)
    return fields
  return `${fields}tracestate: ${String(state)}\r\n`
}

/** As much of them as is the same for a caller's next request with the same fields, up to the request's id. */
function sameFields(request: IncomingMessage, identity: string): string {
  const head = knownHead(request)
  if (head?.told?.identity === identity) return head.told.text
  const text = `${callersFields(request)}x-plinth-identity: ${identity}\r\nx-request-id: `
  if (head === undefined) return text
  // One piece of memory instead of dozens that each writing would have to collect.
  head.told = { identity, text: Buffer.from(text, 'latin1').toString('latin1') }
  return head.told.text
}

function callersFields({ rawHeaders, headers }: IncomingMessage): string {
  const named = namedByConnection(headers)
  let fields = '\r\n'
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const { name, isForwarded, isSingle } = sentName(rawHeaders[at] ?? '')
    if (!isForwarded || named?.has(name) === true) continue
    if (isSingle && fields.includes(`\r\n${name}: `)) continue
    fields += `${name}: ${rawHeaders[at + 1] ?? ''}\r\n`
  }
  return fields
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

/** What an answer's field is to the gateway; most are said on to the caller. */
type AnswerRole = 'forwarded' | 'dropped' | 'type' | 'length' | 'coding' | 'connection' | 'keep-alive'
export type AnswerName = { readonly name: string; readonly role: AnswerRole }

const answerRoles: Readonly<Record<string, AnswerRole>> = {
  'content-type': 'type',
  'content-length': 'length',
  'transfer-encoding': 'coding',
  connection: 'connection',
  'keep-alive': 'keep-alive',
}
/** Hop-by-hop, and what no service may say to a caller. The last are the gateway's own to say. */
const droppedInAnswers = new Set([
  'proxy-authenticate', 'proxy-connection', 'te', 'trailer', 'upgrade', 'server', 'x-powered-by', 'set-cookie',
  'x-plinth-identity', 'x-request-id', 'x-content-type-options', 'content-security-policy',
]) // prettier-ignore

const known = remembered((raw): AnswerName | 'none' => {
  if (!fieldName.test(raw)) return 'none'
  const name = raw.toLowerCase()
  return { name, role: answerRoles[name] ?? (droppedInAnswers.has(name) ? 'dropped' : 'forwarded') }
})

/** The name of an answer's field, or nothing where it is none that a field can have. */
export function answerName(raw: string): AnswerName | undefined {
  const name = known(raw)
  return name === 'none' ? undefined : name
}

/**
 * What the gateway says with every answer. The policy keeps whatever is served (a page in a repository, an artifact)
 * from being run as a page of the portal's origin.
 */
export function addOwnAnswerHeaders(headers: string[], requestId: string): void {
  headers.push(
    'x-request-id', requestId,
    'x-content-type-options', 'nosniff',
    'content-security-policy', "default-src 'none'; frame-ancestors 'none'; sandbox",
  ) // prettier-ignore
}

/** The id that the caller gave his request, where it has a form that may be repeated to him; only ever for his eyes. */
export function callersRequestId({ headers }: IncomingMessage): string | undefined {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.:=+/-]{1,128}$/.test(given) ? given : undefined
}

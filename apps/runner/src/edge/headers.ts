import type { IncomingMessage } from 'node:http'

/** Of one connection and not of the message (RFC 9110 section 7.6.1). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const connectionNames = (value: string | undefined): Set<string> =>
  new Set((value ?? '').split(',').map((name) => name.trim().toLowerCase()))

/** What the client sent, without what is the connection's, and with where it came from. The host stays the client's. */
export function requestHeaders(req: IncomingMessage): string[] {
  const named = connectionNames(req.headers.connection)
  const headers: string[] = []
  for (let index = 0; index + 1 < req.rawHeaders.length; index += 2) {
    const name = req.rawHeaders[index] ?? ''
    const lower = name.toLowerCase()
    if (
      hopByHop.has(lower) ||
      named.has(lower) ||
      lower.startsWith('x-forwarded-') ||
      lower === 'forwarded' ||
      lower === 'expect'
    )
      continue
    headers.push(name, req.rawHeaders[index + 1] ?? '')
  }
  // The edge is the first to know the client; what the client claims about itself is not passed on.
  headers.push(
    'x-forwarded-for',
    req.socket.remoteAddress ?? '',
    'x-forwarded-proto',
    'http',
    'x-forwarded-host',
    req.headers.host ?? '',
  )
  return headers
}

/** The answer's headers as the client gets them: undici's raw list of names and values. */
export function responseHeaders(raw: readonly (Buffer | string)[]): string[] {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    pairs.push([text(raw[index]), text(raw[index + 1])])
  }
  const named = connectionNames(pairs.find(([name]) => name.toLowerCase() === 'connection')?.[1])
  return pairs.filter(([name]) => !hopByHop.has(name.toLowerCase()) && !named.has(name.toLowerCase())).flat()
}

const text = (value: Buffer | string | undefined): string =>
  typeof value === 'string' ? value : (value?.toString('latin1') ?? '')

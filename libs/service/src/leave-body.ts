import type { IncomingMessage } from 'node:http'

const lingerMs = 2_000

/**
 * For an answer that is given before the request's body is in: the rest is read and thrown away for two seconds, since
 * closing at once would make the sender's system throw away our answer with it (RFC 9112 section 9.6). Whoever still
 * sends then is cut off.
 */
export function leaveBody(request: IncomingMessage): boolean {
  if (request.complete) return true
  if (request.destroyed) return false
  const timer = setTimeout(() => request.destroy(), lingerMs).unref()
  request.once('end', () => clearTimeout(timer)).resume()
  return true
}

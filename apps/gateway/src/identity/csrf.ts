import { failure } from '@plinth/contracts'
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** The anti-forgery token of a session: made from its secret, which no script can read, so no other page can know it. */
export const csrfToken = (sessionSecret: string): string =>
  createHmac('sha256', sessionSecret).update('plinth-csrf-1').digest('base64url')

/** Origins from which a browser may use its session. A loopback host counts under all of its names. */
export function originCheck(publicUrl: string, others: string): (origin: string | undefined) => boolean {
  const own = new URL(publicUrl)
  const allowed = new Set([own.origin, ...others.split(',').map((origin) => origin.trim())])
  const names = ['localhost', '127.0.0.1', '[::1]']
  if (names.includes(own.hostname)) {
    for (const name of names) allowed.add(`${own.protocol}//${name}${own.port === '' ? '' : `:${own.port}`}`)
  }
  allowed.delete('')
  return (origin) => origin === undefined || allowed.has(origin)
}

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

export type BrowserCheck = (method: string, headers: IncomingHttpHeaders, sessionSecret: string) => void

/**
 * Throws where a request that a browser sends with its session did not come from the portal itself: a foreign
 * `Origin`, or, for what changes something, a missing or wrong `x-csrf-token`.
 */
export function browserCheck(isOwnOrigin: (origin: string | undefined) => boolean): BrowserCheck {
  return (method, headers, sessionSecret) => {
    if (!isOwnOrigin(headers.origin)) throw foreign()
    if (reading.has(method)) return
    if (headers['sec-fetch-site'] === 'cross-site') throw foreign()
    const given = Buffer.from(String(headers['x-csrf-token'] ?? ''))
    const wanted = Buffer.from(csrfToken(sessionSecret))
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      throw failure('gateway.csrf_missing', {
        detail: 'A request with the session cookie must carry its anti-forgery token in the header x-csrf-token.',
      })
    }
  }
}

export const foreign = () =>
  failure('gateway.csrf_missing', { detail: 'The request was sent by a page of another origin.' })

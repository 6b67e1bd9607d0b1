import { failure } from '@plinth/contracts'
import type { Clock } from '@plinth/kernel'
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { Caller } from './caller.ts'
import type { BrowserCheck } from './csrf.ts'
import type { ResolveOpaque } from './opaque-credentials.ts'
import { sessionCookieOf } from './session-cookie.ts'

/** As much of a request as says who asks. */
export type Presenting = { readonly method: string; readonly headers: IncomingHttpHeaders; readonly socket: Socket }
export type Authenticate = (request: Presenting) => Caller | Promise<Caller>

/** Whom the last access token on a connection stands for: only ever one that was verified. */
type Shown = { readonly header: string; readonly caller: Caller }
const shown = Symbol('last access token')

declare module 'node:net' {
  interface Socket {
    [shown]?: Shown
  }
}

type Parts = {
  readAccessToken: (token: string) => Promise<Caller>
  resolveOpaque: ResolveOpaque
  checkBrowser: BrowserCheck
  isEnded: (credentialId: string) => boolean
  clock: Clock
}

const tokensMax = 10_000

/**
 * Who asks: by `Authorization: Bearer` (access token or `plt_…`), `Authorization: Basic` with a `plt_…` token as the
 * password, or the portal's cookie; the header wins over the cookie. Throws 401 with what is missing. Synchronous
 * where the credential is known, so that a warm request does not even wait for a turn of the event loop.
 */
export function authenticator(parts: Parts): Authenticate {
  const verified = new Map<string, Caller>()
  const valid = (caller: Caller): Caller => {
    if (caller.expiresAtMs <= parts.clock.now().getTime()) throw ended('has expired')
    if (parts.isEnded(caller.identity.credentialId)) throw ended('was withdrawn')
    return caller
  }
  const readAndKeep = async (token: string): Promise<Caller> => {
    const caller = await parts.readAccessToken(token)
    const oldest = verified.size >= tokensMax ? verified.keys().next().value : undefined
    if (oldest !== undefined) verified.delete(oldest)
    verified.set(token, caller)
    return valid(caller)
  }
  const opaque = (credential: string, kind: 'token' | 'session'): Caller | Promise<Caller> => {
    const caller = parts.resolveOpaque(credential, kind)
    return caller instanceof Promise ? caller.then(valid) : valid(caller)
  }
  const bearer = (token: string, header: string, socket: Socket): Caller | Promise<Caller> => {
    if (token.startsWith('plt_') || token.startsWith('pls_')) return opaque(token, 'token')
    const known = verified.get(token)
    if (known === undefined) return readAndKeep(token)
    socket[shown] = { header, caller: known }
    return valid(known)
  }
  return ({ method, headers, socket }) => {
    const { authorization } = headers
    if (authorization !== undefined) {
      // Equal texts are told much sooner than one is found among thousands.
      const before = socket[shown]
      if (before?.header === authorization) return valid(before.caller)
      const [scheme = '', value = '', ...rest] = authorization.split(' ')
      if (rest.length > 0 || value === '') throw ended('is not of the form `Bearer <token>`')
      if (scheme.toLowerCase() === 'bearer') return bearer(value, authorization, socket)
      if (scheme.toLowerCase() === 'basic') return opaque(passwordOf(value), 'token')
      throw ended('is of an unknown scheme; send `Authorization: Bearer <token>`')
    }
    const secret = sessionCookieOf(headers.cookie)
    if (secret === undefined) throw missing()
    parts.checkBrowser(method, headers, secret)
    return opaque(secret, 'session')
  }
}

/** The password of `Basic` (RFC 7617). The user name is not looked at: git must send one, the token says who it is. */
function passwordOf(value: string): string {
  const text = Buffer.from(value, 'base64').toString('utf8')
  return text.slice(text.indexOf(':') + 1)
}

const ended = (how: string) => failure('gateway.token_invalid', { detail: `The credential ${how}.` })
const missing = () =>
  failure('gateway.token_missing', {
    detail: 'Send `Authorization: Bearer <token>`, or sign in; git takes a personal access token as the password.',
  })

import { failure } from '@plinth/contracts'

/** The prefix makes browsers insist on Secure, Path=/ and no Domain, so no other host can set it (RFC 6265bis 4.1.3.2). */
export const sessionCookie = '__Host-plinth'

/** The session secret of a Cookie header, if there is one. Two of the name have no one meaning and are refused. */
export function sessionCookieOf(header: string | undefined): string | undefined {
  if (header === undefined || !header.includes(sessionCookie)) return undefined
  const values = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${sessionCookie}=`))
    .map((pair) => pair.slice(sessionCookie.length + 1))
  if (values.length > 1) throw failure('gateway.token_invalid', { detail: 'The session cookie was sent twice.' })
  return values[0] === '' ? undefined : values[0]
}

/** `Set-Cookie` that keeps the session for as long as it lives, or, without a secret, removes it. */
export function setSessionCookie(secret: string, maxAgeSeconds: number): string {
  // The value is put in as it is: a separator in it would be an attribute of the cookie.
  if (!/^[\w.-]*$/.test(secret)) throw new Error('a session secret has a character that no cookie may have')
  const maxAge = Math.max(0, Math.floor(maxAgeSeconds))
  return `${sessionCookie}=${secret}; Max-Age=${maxAge}; Path=/; HttpOnly; Secure; SameSite=Strict`
}

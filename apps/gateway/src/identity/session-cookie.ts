import { failure } from '@plinth/contracts'

/** The prefix makes browsers insist on Secure, Path=/ and no Domain, so no other host can set it (RFC 6265bis 4.1.3.2). */
const sessionCookie = '__Host-plinth'

/** Binds a sign-in that goes by way of a provider to the browser that began it. */
export const signInCookie = '__Host-plinth-sign-in'

/** The session secret of a Cookie header, if there is one. */
export const sessionCookieOf = (header: string | undefined): string | undefined => cookieOf(header, sessionCookie)

/** The value of a cookie, if it was sent. Two of the name have no one meaning and are refused. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  if (header === undefined || !header.includes(name)) return undefined
  const values = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  if (values.length > 1) throw failure('gateway.token_invalid', { detail: 'The session cookie was sent twice.' })
  return values[0] === '' ? undefined : values[0]
}

/** `Set-Cookie` that keeps the session for as long as it lives, or, without a secret, removes it. */
export const setSessionCookie = (secret: string, maxAgeSeconds: number): string =>
  setCookie(sessionCookie, secret, maxAgeSeconds, 'Strict')

/** The same for a sign-in; Lax, since it is a page of the provider that sends the browser back. */
export const setSignInCookie = (secret: string, maxAgeSeconds: number): string =>
  setCookie(signInCookie, secret, maxAgeSeconds, 'Lax')

function setCookie(name: string, secret: string, maxAgeSeconds: number, sameSite: 'Strict' | 'Lax'): string {
  // The value is put in as it is: a separator in it would be an attribute of the cookie.
  if (!/^[\w.-]*$/.test(secret)) throw new Error('a session secret has a character that no cookie may have')
  const maxAge = Math.max(0, Math.floor(maxAgeSeconds))
  return `${name}=${secret}; Max-Age=${maxAge}; Path=/; HttpOnly; Secure; SameSite=${sameSite}`
}

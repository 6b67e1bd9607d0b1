import { failure } from '@plinth/contracts'
import type { AppError, Clock } from '@plinth/kernel'
import type { Caller } from './caller.ts'
import { accessTokenLifetimeMsMax } from './ended-credentials.ts'
import type { SigningKeys } from './signing-keys.ts'

/** Verifies signature, algorithm, issuer, audience and times; throws when any is wrong. In the gateway, @fastify/jwt. */
export type VerifySignature = (token: string, publicKeyPem: string) => unknown

const lengthMax = 8_192
const clockSkewSeconds = 30
const segment = /^[A-Za-z0-9_-]+$/
const kidForm = /^[A-Za-z0-9_.-]{1,64}$/
const subjectForm = /^user:[A-Za-z0-9][\w.@/-]{0,199}$/
const credentialForm = /^[\w:.-]{1,100}$/

type Claims = Readonly<Record<string, unknown>>

const invalid = (why: string, cause?: unknown): AppError =>
  failure('gateway.token_invalid', { detail: `The access token ${why}.`, ...(cause !== undefined && { cause }) })

/**
 * Reads access tokens (RFC 9068, checks of RFC 8725). What fast-jwt lets through even with fixed algorithms, issuer and
 * audience is checked here: other kinds of token, times without bound, subjects that are no text, members that are
 * there twice, and signatures spelt in two ways.
 */
export function accessTokenReader(parts: { keys: SigningKeys; verify: VerifySignature; clock: Clock }) {
  return async (token: string): Promise<Caller> => {
    if (token.length > lengthMax) throw invalid('is too long')
    const segments = token.split('.')
    const [head = '', body = '', signature = ''] = segments
    if (segments.length !== 3 || !segments.every(isCanonical)) throw invalid('is not a JSON Web Token')
    const header = readMember(head)
    const kid = header['kid']
    if (header['alg'] !== 'EdDSA') throw invalid('is signed with an algorithm that is not accepted')
    if (header['typ'] !== 'at+jwt') throw invalid('is a token of another kind')
    if (typeof kid !== 'string' || !kidForm.test(kid)) throw invalid('names no key')
    const known = ['alg', 'typ', 'kid']
    if (Object.keys(header).some((name) => !known.includes(name))) throw invalid('has a header that is not accepted')
    const publicKey = await parts.keys.publicKey(kid)
    if (publicKey === undefined) throw invalid('is signed with a key that nobody knows')
    if (signature.length !== 86) throw invalid('has no Ed25519 signature')
    try {
      parts.verify(token, publicKey)
    } catch (error) {
      throw invalid('is expired, or not one that this platform signed', error)
    }
    return callerOf(readMember(body), parts.clock.now().getTime())
  }
}

/** One spelling only: with unused bits set, a second text would decode to the same bytes. */
function isCanonical(text: string): boolean {
  return segment.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text
}

/** An object whose text is exactly what `JSON.stringify` writes: a member that is there twice can't be. */
function readMember(text: string): Claims {
  const json = Buffer.from(text, 'base64url').toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw invalid('is not a JSON Web Token', error)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('is not a JSON Web Token')
  if (JSON.stringify(value) !== json) throw invalid('is not written in the one form that is accepted')
  if (Object.hasOwn(value, '__proto__')) throw invalid('has a member that is not accepted')
  return value as Claims
}

function callerOf(claims: Claims, nowMs: number): Caller {
  const { sub, sid, exp, iat, name, groups = [] } = claims
  if (typeof sub !== 'string' || !subjectForm.test(sub)) throw invalid('has no subject that is accepted')
  if (typeof sid !== 'string' || !credentialForm.test(sid)) throw invalid('names no session')
  if (!isInstant(exp) || !isInstant(iat)) throw invalid('has no lifetime that is accepted')
  const lifetimeMs = (exp - iat) * 1_000
  if (lifetimeMs <= 0 || lifetimeMs > accessTokenLifetimeMsMax) throw invalid('lives longer than is accepted')
  if (iat * 1_000 > nowMs + clockSkewSeconds * 1_000) throw invalid('was issued in the future')
  if (exp * 1_000 <= nowMs) throw invalid('is expired')
  if (!Array.isArray(groups) || !groups.every(isGroup)) throw invalid('has groups that are not accepted')
  return {
    identity: {
      subject: sub,
      subjects: [sub, ...groups],
      displayName: typeof name === 'string' && name !== '' ? name.slice(0, 200) : sub.slice(sub.indexOf(':') + 1),
      credentialId: sid,
      claims: {},
    },
    expiresAtMs: exp * 1_000,
  }
}

const isInstant = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0
const isGroup = (value: unknown): value is string =>
  typeof value === 'string' && /^group:[A-Za-z0-9][\w./-]{0,199}$/.test(value)

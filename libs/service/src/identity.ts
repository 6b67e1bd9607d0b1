import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'

export const identityHeader = 'x-plinth-identity'
/** Milliseconds that the caller of the gateway still waits; taken from nobody else, since it only makes a time shorter. */
export const deadlineHeader = 'x-plinth-timeout-ms'

/** Seconds that a signed identity is good for: one hop, not a session. */
export const identityLifetimeSeconds = 60
/** How far apart two machines' clocks may be. */
const clockSkewSeconds = 5
const tokenLengthMax = 16_384

/**
 * The one header that is taken, compared as text: no algorithm is negotiated, so `alg: none`, another algorithm, an
 * embedded key or another `typ` (RFC 8725 section 3.11) can't be asked for.
 */
const joseHeader = Buffer.from(JSON.stringify({ alg: 'EdDSA', typ: 'plinth-identity+jwt' })).toString('base64url')
const issuer = 'plinth-gateway'

type Scope = { action: string; object: string; domain: string }
type Payload = {
  iss: string
  sub: string
  subjects: string[]
  name: string
  credential: string
  claims: Record<string, string>
  request: string
  address?: string
  scopes?: Scope[]
  iat: number
  exp: number
}

/** Environment files often hold a PEM on one line with `\n` written out. */
const pem = (text: string): string => text.replaceAll('\\n', '\n')

/** Reads an Ed25519 public key in PEM; throws when it is of any other kind. */
export function readPublicKey(key: KeyObject | string): KeyObject {
  return ed25519(typeof key === 'string' ? createPublicKey(pem(key)) : key)
}

/** Reads an Ed25519 private key in PEM; throws when it is of any other kind. */
export function readPrivateKey(key: KeyObject | string): KeyObject {
  return ed25519(typeof key === 'string' ? createPrivateKey(pem(key)) : key)
}

function ed25519(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`the identity key must be Ed25519, not ${key.asymmetricKeyType}`)
  return key
}

/** The identity as the gateway hands it on: a compact JWS (RFC 7515, EdDSA by RFC 8037) good for 60 seconds. */
export function signIdentity(
  who: Identity,
  privateKey: KeyObject | string,
  nowSeconds: number = Date.now() / 1000,
): string {
  const issuedAt = Math.floor(nowSeconds)
  const payload: Payload = {
    iss: issuer,
    sub: who.subject,
    subjects: [...who.subjects],
    name: who.displayName,
    credential: who.credentialId,
    claims: { ...who.claims },
    request: who.requestId,
    ...(who.address !== undefined && { address: who.address }),
    ...(who.scopes !== undefined && { scopes: who.scopes }),
    iat: issuedAt,
    exp: issuedAt + identityLifetimeSeconds,
  }
  const signed = `${joseHeader}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`
  return `${signed}.${sign(null, Buffer.from(signed), readPrivateKey(privateKey)).toString('base64url')}`
}

/** The identity in a token; throws `gateway.token_invalid` for every token that the gateway did not sign just now. */
export function verifyIdentity(
  token: string,
  publicKey: KeyObject | string,
  nowSeconds: number = Date.now() / 1000,
): Identity {
  return verified(token, readPublicKey(publicKey), nowSeconds).identity
}

function verified(token: string, key: KeyObject, nowSeconds: number): { identity: Identity; expiresAt: number } {
  const [header, body, signature, rest] = token.length > tokenLengthMax ? [] : token.split('.', 4)
  if (header !== joseHeader || body === undefined || signature === undefined || rest !== undefined) throw refused()
  // The signature comes first: nothing of an unsigned payload is even parsed.
  if (!verify(null, Buffer.from(`${header}.${body}`), key, Buffer.from(signature, 'base64url'))) throw refused()
  const payload: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))
  if (!isPayload(payload) || !inTime(payload, nowSeconds)) throw refused()
  return {
    expiresAt: payload.exp,
    identity: {
      subject: payload.sub,
      subjects: payload.subjects,
      displayName: payload.name,
      credentialId: payload.credential,
      claims: payload.claims,
      requestId: payload.request,
      ...(payload.address !== undefined && { address: payload.address }),
      ...(payload.scopes !== undefined && { scopes: payload.scopes }),
    },
  }
}

const refused = () =>
  failure('gateway.token_invalid', { detail: 'The request carries no identity that the gateway vouches for now.' })

function inTime({ iat, exp }: Payload, nowSeconds: number): boolean {
  const fresh = nowSeconds < exp + clockSkewSeconds && iat <= nowSeconds + clockSkewSeconds
  return fresh && exp - iat <= identityLifetimeSeconds
}

function isPayload(value: unknown): value is Payload {
  if (typeof value !== 'object' || value === null) return false
  const { iss, sub, subjects, name, credential, claims, request, address, scopes, iat, exp } = value as Record<
    string,
    unknown
  >
  const texts = [name, credential, request].every((member) => typeof member === 'string')
  const times = Number.isSafeInteger(iat) && Number.isSafeInteger(exp)
  const subjectGiven = typeof sub === 'string' && sub !== '' && Array.isArray(subjects)
  const subjectsGiven = subjectGiven && subjects.every((member) => typeof member === 'string' && member !== '')
  if (address !== undefined && typeof address !== 'string') return false
  // A narrowed token whose scopes can't be read must not pass for one that may all.
  if (scopes !== undefined && !(Array.isArray(scopes) && scopes.every(isScope))) return false
  return iss === issuer && texts && times && subjectsGiven && typeof claims === 'object' && claims !== null
}

const isScope = (value: unknown): value is Scope =>
  typeof value === 'object' &&
  value !== null &&
  ['action', 'object', 'domain'].every((name) => typeof (value as Record<string, unknown>)[name] === 'string')

/** Verifies tokens and remembers the last ones, since a gateway may send one identity with many requests. */
export function identityVerifier(
  publicKey: KeyObject | string,
  entriesMax = 1_000,
): (token: string, nowSeconds: number) => Identity {
  const key = readPublicKey(publicKey)
  const known = new Map<string, { identity: Identity; expiresAt: number }>()
  return (token, nowSeconds) => {
    const hit = known.get(token)
    if (hit !== undefined && nowSeconds < hit.expiresAt) return hit.identity
    const entry = verified(token, key, nowSeconds)
    // Maps keep the order of insertion, so the first key is the oldest; tokens live too short for more than that.
    const oldest = known.size >= entriesMax ? known.keys().next().value : undefined
    if (oldest !== undefined) known.delete(oldest)
    known.set(token, entry)
    return entry.identity
  }
}

/** Who asks where a public route is asked without a credential. */
export const anonymous = (requestId: string): Identity => ({
  subject: 'anonymous',
  subjects: ['anonymous'],
  displayName: 'Anonymous',
  credentialId: 'none',
  claims: {},
  requestId,
})

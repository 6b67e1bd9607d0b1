import type { Attack } from '../attack.ts'
import { refused } from '../refused.ts'
import { requestText, secretOfGuarded, type Target } from '../target.ts'
import { forge } from '../forge.ts'
import type { Expectation } from '../verdict.ts'

const invalid: Expectation = { statuses: [401], code: 'gateway.token_invalid', never: secretOfGuarded }
const refusal: Expectation = { statuses: [401], never: secretOfGuarded }

const confusion = 'CVE-2016-10555; CVE-2023-48223'
const canonical = 'RFC 7515 section 2; fast-jwt #607'

/** Tokens made from a real one: what a verifier that is not strict takes. */
export const tokenAttacks = (target: Target): Attack[] => {
  const real = forge(target)
  const bearer = (token: string, scheme = 'Bearer'): string =>
    requestText(target, { isSignedIn: false, fields: [`authorization: ${scheme} ${token}`] })
  const now = Math.floor(Date.now() / 1_000)
  const header = (over: Record<string, unknown>): string => bearer(real.signedAs({ header: over }))
  const claims = (over: Record<string, unknown>): string => bearer(real.signedAs({ claims: over }))
  return refused('tokens', [
    ['alg none', 'CVE-2015-2951', bearer(real.unsigned('none')), invalid],
    ['alg NoNe', 'CVE-2015-2951', bearer(real.unsigned('NoNe')), invalid],
    ['no signature', 'CVE-2020-28042', bearer(real.withSignature('')), invalid],
    ['HS256 with the public key as PEM', confusion, bearer(real.hmac('pem')), invalid],
    ['HS256 with the public key as JWK', 'CVE-2026-34950', bearer(real.hmac('jwk')), invalid],
    ['HS256 with the public key as bytes', confusion, bearer(real.hmac('raw')), invalid],
    ['HS256 with an empty secret', 'CVE-2020-28637', bearer(real.hmac('empty')), invalid],
    ['an HMAC that says EdDSA', confusion, bearer(real.hmac('pem', 'EdDSA')), invalid],
    ['RS256 for a key of EdDSA', 'RFC 8725 section 3.1', header({ alg: 'RS256' }), invalid],
    ['another key', 'RFC 8725 section 3.2', bearer(real.signedAs({})), invalid],
    ['its own key in jwk', 'CVE-2018-0114', header({ jwk: real.ownJwk }), invalid],
    ['a key by jku', 'RFC 8725 section 3.10', header({ jku: 'https://other.example/jwks.json' }), invalid],
    ['a key by x5u', 'RFC 8725 section 3.10', header({ x5u: 'https://other.example/key.pem' }), invalid],
    ['certificates in x5c', 'RFC 8725 section 3.10', header({ x5c: ['MAA='] }), invalid],
    ['a path for a key id', 'RFC 8725 section 3.10', header({ kid: '../../../../dev/null' }), invalid],
    ['SQL for a key id', 'RFC 8725 section 3.10', header({ kid: "x' UNION SELECT 'a" }), invalid],
    ['a list for a key id', 'CWE-843', header({ kid: ['k'] }), invalid],
    ['no key id', 'RFC 8725 section 3.10', header({ kid: undefined }), invalid],
    ['__proto__ for a key id', 'CWE-1321', header({ kid: '__proto__' }), invalid],
    ['the kind JWT', 'RFC 8725 section 3.11', header({ typ: 'JWT' }), invalid],
    ['the kind logout+jwt', 'RFC 8725 section 3.11', header({ typ: 'logout+jwt' }), invalid],
    ['the kind of the inside', 'RFC 8725 section 3.11', header({ typ: 'plinth-identity+jwt' }), invalid],
    ['an unknown critical header', 'CVE-2026-35042', header({ crit: ['b64'], b64: false }), invalid],
    ['a compressed payload', 'RFC 8725 section 3.6', header({ zip: 'DEF' }), invalid],
    ['a header member twice', 'RFC 8725 section 3.1', bearer(real.twice('header')), invalid],
    ['a claim twice', 'RFC 7519 section 4', bearer(real.twice('claims')), invalid],
    ['a __proto__ member', 'CWE-1321', bearer(real.proto()), invalid],
    ['expiry 1e300', 'RFC 7519 section 2', claims({ exp: 1e300 }), invalid],
    ['an expiry of null', 'RFC 8725 section 3.8', claims({ exp: null }), invalid],
    ['an expiry of the past', 'RFC 7519 section 4.1.4', claims({ iat: now - 700, exp: now - 60 }), invalid],
    ['an issue time to come', 'RFC 7519 section 4.1.6', claims({ iat: now + 3_600, exp: now + 4_000 }), invalid],
    ['an object for a subject', 'CWE-843', claims({ sub: { toString: 'user:admin' } }), invalid],
    ['several issuers', 'RFC 8725 section 3.8', claims({ iss: [target.url, 'https://other.example'] }), invalid],
    ['another audience', 'GHSA-q9hr-j4rf-8fjc', claims({ aud: 'other' }), invalid],
    ['claims changed under a real signature', 'RFC 7515 section 5.2', bearer(real.changed()), invalid],
    ['other unused bits', canonical, bearer(real.otherSpelling()), invalid],
    ['padding', canonical, bearer(`${real.token}==`), invalid],
    ['standard base64', canonical, bearer(real.standardBase64()), invalid],
    ['four parts', 'RFC 7515 section 3.1', bearer(`${real.token}.x`), invalid],
    ['five parts, encrypted', 'RFC 7516 section 3.1', bearer('eyJhbGciOiJkaXIifQ..AAAA.AAAA.AAAA'), invalid],
    ['a list for claims', 'fast-jwt #610', bearer(real.list()), invalid],
    ['20 KB', 'CVE-2026-35041', claims({ name: 'a'.repeat(15_000) }), { ...invalid, withinMs: 1_000 }],
    ['a token after two spaces', 'RFC 9110 section 11.4', bearer(` ${real.token}`), refusal],
    ['two tokens in one field', 'RFC 9110 section 11.6.2', bearer(`${real.token}, Bearer x`), refusal],
    ['an unknown scheme', 'RFC 9110 section 11.6.2', bearer(real.token, 'Negotiate'), refusal],
    ['an opaque token with another checksum', 'RFC 6750 section 5', bearer(`plt_${'a'.repeat(40)}`), invalid],
    ['a session for a token', 'CWE-352', bearer(`pls_${'a'.repeat(40)}`), invalid],
    ['a token in the query', 'RFC 6750 section 5.3', inQuery(target), refusal],
    ['a token in the body', 'RFC 6750 section 2.2', inBody(target), refusal],
  ])
}

const inQuery = (target: Target): string =>
  requestText(target, { path: `/api/v1/me?access_token=${target.token}`, isSignedIn: false })

const inBody = (target: Target): string => {
  const body = `access_token=${target.token}`
  const fields = ['content-type: application/x-www-form-urlencoded', `content-length: ${body.length}`]
  return requestText(target, { method: 'POST', path: '/api/v1/access/can-i', isSignedIn: false, fields, body })
}

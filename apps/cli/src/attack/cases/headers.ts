import { createHmac } from 'node:crypto'
import type { Attack } from '../attack.ts'
import { refused } from '../refused.ts'
import { guardedPath, privilegedPath, requestText, secretOfGuarded, type Target } from '../target.ts'
import { having, type Expectation } from '../verdict.ts'

const nobody: Expectation = { statuses: [401], never: secretOfGuarded }
const badRequest: Expectation = { statuses: [400], never: secretOfGuarded }
const asEver: Expectation = { statuses: [200], also: having('content-type', /^application\/json/) }
const wrongMethod: Expectation = { statuses: [405] }

const said = 'CVE-2026-33246; APISIX authz-casbin'
const hop = 'CVE-2026-33805'

/** Who, or from where, or for what somebody asks, said in fields that only a gateway may write. */
export const headerAttacks = (target: Target): Attack[] => {
  const unsigned = (...fields: string[]): string => requestText(target, { isSignedIn: false, fields })
  const signed = (...fields: string[]): string => requestText(target, { fields })
  const bare = (...lines: string[]): string => `GET ${guardedPath} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
  const bearer = `authorization: Bearer ${target.token}`
  return refused('headers', [
    ['nothing that says who asks', 'OWASP API2:2023', unsigned(), nobody],
    ['X-User', said, unsigned('X-User: admin'), nobody],
    ['x_user, with an underscore', said, unsigned('x_user: admin', 'x_forwarded_user: admin'), nobody],
    ['X-Forwarded-User and X-Remote-User', said, unsigned('X-Forwarded-User: admin', 'X-Remote-User: admin'), nobody],
    ['X-Forwarded-For from within', 'CVE-2026-3635', unsigned('X-Forwarded-For: 127.0.0.1', 'X-Real-IP: ::1'), nobody],
    ['Forwarded from within', 'RFC 7239 section 8.1', unsigned('Forwarded: for=127.0.0.1;by=gateway'), nobody],
    ["a gateway's identity of one's own", said, unsigned(`x-plinth-identity: ${ownIdentity()}`), nobody],
    ['X-Original-URL on an open path', 'CVE-2018-14773', openWith(target, 'X-Original-URL: /api/v1/me'), asOpen],
    ['X-Rewrite-URL on an open path', 'CVE-2018-14773', openWith(target, 'X-Rewrite-URL: /api/v1/me'), asOpen],
    ['another method in X-HTTP-Method-Override', 'CWE-650', overridden(target, 'X-HTTP-Method-Override'), wrongMethod],
    ['another method in X-Method-Override', 'CWE-650', overridden(target, 'X-Method-Override'), wrongMethod],
    ['Connection that names the identity', hop, signed('Connection: x-plinth-identity, x-request-id'), asEver],
    ['Connection that names the credential', hop, unsigned('Connection: authorization', 'x-a: b'), nobody],
    ['Proxy-Authorization for Authorization', 'CWE-290', unsigned(`proxy-${bearer}`), nobody],
    ['two Authorization fields', 'RFC 9110 section 5.3', signed(bearer), badRequest],
    ['two Host fields', 'RFC 9112 section 3.2', signed('host: other.example'), badRequest],
    ['no Host field', 'RFC 9112 section 3.2', bare(bearer, 'connection: close'), badRequest],
    [
      'a Host that none can be',
      'RFC 9112 section 3.2',
      bare('host: a b/../c@d', bearer, 'connection: close'),
      badRequest,
    ],
    ['a space before the colon', 'CVE-2019-16869', signed('x-a : b'), badRequest],
    ['a field name with a space', 'RFC 9110 section 5.1', signed('x a: b'), badRequest],
    ['a field name with a control character', 'RFC 9110 section 5.1', signed('x\u0001a: b'), badRequest],
    ['a field without a name', 'RFC 9112 section 5', signed(': b'), badRequest],
    ['a line without a colon', 'RFC 9112 section 5', signed('nothing'), badRequest],
    ['a NUL in a value', 'RFC 9110 section 5.5', signed('x-a: b\u0000c'), badRequest],
    ['a carriage return in a value', 'CWE-93', signed('x-a: b\rc: d'), badRequest],
    ['a folded field', 'RFC 9112 section 5.2', signed('x-a: b\r\n c: d'), badRequest],
    ['a folded credential', 'RFC 9112 section 5.2', unsigned('authorization:\r\n Bearer x'), badRequest],
    ['a space before the first field', 'RFC 9112 section 2.2', spaceFirst(target), badRequest],
    ['Upgrade to h2c', 'h2c smuggling', signed('Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'), asEver],
    ['a request id that breaks a line', 'CWE-117', signed('x-request-id: a"}{"b'), idOfItsOwn],
  ])
}

const asOpen: Expectation = { statuses: [200], never: secretOfGuarded }
const idOfItsOwn: Expectation = { statuses: [200], also: having('x-request-id', /^[\w.:=+/-]+$/) }

const openWith = (target: Target, field: string): string => requestText(target, { path: '/healthz', fields: [field] })

const overridden = (target: Target, name: string): string =>
  requestText(target, { method: 'DELETE', path: privilegedPath, fields: [`${name}: GET`] })

const spaceFirst = ({ authority, token }: Target): string =>
  `GET ${guardedPath} HTTP/1.1\r\n host: a\r\nhost: ${authority}\r\nauthorization: Bearer ${token}\r\n\r\n`

/** As the gateway writes it for services, signed with what anybody could guess. */
function ownIdentity(): string {
  const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1_000)
  const who = {
    iss: 'plinth-gateway',
    sub: 'user:admin',
    subjects: ['user:admin'],
    name: 'a',
    credential: 'c',
    claims: {},
  }
  const input = `${encoded({ alg: 'HS256', typ: 'plinth-identity+jwt' })}.${encoded({ ...who, iat: now, exp: now + 60 })}`
  return `${input}.${createHmac('sha256', 'plinth').update(input).digest('base64url')}`
}

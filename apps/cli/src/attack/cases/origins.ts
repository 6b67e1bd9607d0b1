import type { Attack } from '../attack.ts'
import { refused } from '../refused.ts'
import { bodyPath, goodBody, requestText, secretOfGuarded, type Target } from '../target.ts'
import { without, type Expectation } from '../verdict.ts'

const csrf = 'OWASP CSRF; CWE-352'
const cors = 'CWE-942'
const foreign: Expectation = { statuses: [403], code: 'gateway.csrf_missing', never: secretOfGuarded }
const nobody: Expectation = { statuses: [401], never: secretOfGuarded }
const unshared = without('access-control-allow-origin', 'access-control-allow-credentials')
const session = `cookie: __Host-plinth=pls_${'a'.repeat(40)}`
const evil = 'origin: https://other.example'

/** What a page of somebody else makes a browser send. */
export const originAttacks = (target: Target): Attack[] => {
  const post = (path: string, body: string, ...fields: string[]): string =>
    requestText(target, {
      method: 'POST',
      path,
      isSignedIn: false,
      fields: [`content-length: ${body.length}`, ...fields],
      body,
    })
  const form = (...fields: string[]): string => post(bodyPath, goodBody, session, ...fields)
  const get = (...fields: string[]): string => requestText(target, { isSignedIn: false, fields })
  const preflight = (...fields: string[]): string =>
    requestText(target, {
      method: 'OPTIONS',
      isSignedIn: false,
      fields: ['access-control-request-method: DELETE', ...fields],
    })
  return refused('origins', [
    ['a form of a foreign page', csrf, form(evil, 'content-type: application/x-www-form-urlencoded'), foreign],
    ['JSON as text/plain of a foreign page', csrf, form(evil, 'content-type: text/plain'), foreign],
    ['JSON of a foreign page', csrf, form(evil, 'content-type: application/json'), foreign],
    ['a form without an origin or token', csrf, form('content-type: application/json'), foreign],
    [
      'a wrong anti-forgery token',
      csrf,
      form('content-type: application/json', 'x-csrf-token: AAAA', `origin: ${target.url}`),
      foreign,
    ],
    [
      'two anti-forgery tokens',
      csrf,
      form('content-type: application/json', 'x-csrf-token: a', 'x-csrf-token: b'),
      { ...foreign, statuses: [400], code: 'platform.request_invalid' },
    ],
    ['the origin null', csrf, form('origin: null', 'content-type: application/json'), foreign],
    [
      'an origin that ends alike',
      csrf,
      form(`origin: https://evil-${target.authority}`, 'content-type: application/json'),
      foreign,
    ],
    [
      'an origin that begins alike',
      csrf,
      form(`origin: ${target.url}.other.example`, 'content-type: application/json'),
      foreign,
    ],
    [
      'this host by another scheme',
      csrf,
      form(`origin: ftp://${target.authority}`, 'content-type: application/json'),
      foreign,
    ],
    ['a read of a foreign page', csrf, get(session, evil), foreign],
    ['a session sent twice', 'CWE-384', get(`${session}; __Host-plinth=pls_${'b'.repeat(40)}`), nobody],
    [
      'a token for a session',
      'CWE-384',
      get(`cookie: __Host-plinth=${target.token.replaceAll(/[^\w.-]/g, '')}`),
      nobody,
    ],
    ['a session without its prefix', 'RFC 6265bis section 4.1.3', get(`cookie: plinth=pls_${'a'.repeat(40)}`), nobody],
    [
      'signing in a browser from a foreign page',
      'login CSRF',
      post('/auth/portal-session', '{"username":"a","password":"b"}', evil, 'content-type: application/json'),
      foreign,
    ],
    [
      'a foreign page with a token',
      cors,
      requestText(target, { fields: [evil] }),
      { statuses: [200, 403], also: unshared },
    ],
    ['a preflight of a foreign page', cors, preflight(evil), { statuses: [401, 403, 404, 405], also: unshared }],
    [
      'a preflight of the origin null',
      cors,
      preflight('origin: null'),
      { statuses: [401, 403, 404, 405], also: unshared },
    ],
  ])
}

import { contracts, issueToken, openPortalSession } from '@plinth/contracts'
import { asIdentity } from '@plinth/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testApp, type TestApp } from './test-app.ts'

let app: TestApp
beforeAll(async () => {
  app = await testApp()
})
afterAll(() => app?.close())

const hostile = [
  '', '../', 'a'.repeat(300), '\u0000', 'x\u0000y', '\u202eadmin', "' or 1=1 --", '__proto__', 'constructor', '*', 'null',
  '[object Object]', '${7*7}', '\ud800', 'user:', 'user:__proto__', 'role:administrator\n', 'group:a//b',
] // prettier-ignore
const values: unknown[] = [...hostile, null, 0, -1, 1e308, true, [], {}, [hostile], { $ne: 1 }]
const names = [
  'username', 'password', 'displayName', 'groups', 'disabled', 'refreshToken', 'name', 'description', 'group', 'subject',
  'role', 'domain', 'object', 'action', 'effect', 'expiresAt', 'expiresInDays', 'questions',
  'issuer', 'clientId', 'clientSecret', 'scopes', 'usernameClaim', 'groupsClaim', 'signUp', 'use', 'allow',
] // prettier-ignore
/** A body that each route would take, so that each hostile value meets only its own check. */
const good: Record<string, unknown> = {
  username: 'somebody', password: 'some password', group: 'administrators', name: 'something', subject: 'user:admin',
  role: 'role:developer', domain: 'payments', object: 'component', action: 'get', effect: 'allow', expiresInDays: 1,
  issuer: 'http://127.0.0.1:1', clientId: 'x', usernameClaim: 'sub', signUp: false, use: 'access', allow: true,
  refreshToken: 'plr_x', questions: [{ action: 'get', object: 'component', domain: 'payments' }],
} // prettier-ignore

test('no value in any place of any route is a defect of ours', async () => {
  const failures: string[] = []
  for (const [operation, spec] of Object.entries(contracts.authorization.routes)) {
    const known = Object.keys((spec as { body?: { properties?: object } }).body?.properties ?? {})
    const fields = known.length === 0 ? [''] : names.filter((name) => known.includes(name))
    const attempt = async (field: string, value: unknown): Promise<void> => {
      const path = spec.path.replaceAll(/:[a-zA-Z]+/g, encodeURIComponent(hostilePart(value)))
      const query = spec.method === 'GET' ? `?cursor=${encodeURIComponent(hostilePart(value))}` : ''
      const body = Object.fromEntries(known.flatMap((name) => (name in good ? [[name, good[name]]] : [])))
      const response = await fetch(`${app.url()}${path}${query}`, {
        method: spec.method,
        headers: { ...asIdentity('user:admin'), 'content-type': 'application/json' },
        ...(spec.method !== 'GET' && { body: JSON.stringify({ ...body, [field || 'extra']: value }) }),
      })
      const text = await response.text()
      if (response.status >= 500 || /select |insert |node_modules|\.ts:/.test(text))
        failures.push(`${operation} ${field}=${JSON.stringify(value)?.slice(0, 40)} -> ${response.status} ${text}`)
    }
    for (const field of fields) await Promise.all(values.map((value) => attempt(field, value)))
  }
  expect(failures).toEqual([])
})

const hostilePart = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed().slice(0, 300) || 'x'

test('no value in a question of another service is one either', async () => {
  for (const text of hostile) {
    const asked = [
      app.bus.ask(issueToken, { purpose: text, subject: 'sa:a/b', groups: [], claims: {}, ttlSeconds: 5 }),
      app.bus.ask(issueToken, {
        purpose: 'p',
        subject: text,
        groups: [text],
        claims: { project: text },
        ttlSeconds: 5,
      }),
      app.bus.ask(issueToken, { purpose: 'p', subject: 'sa:a/b', groups: [], claims: { [text]: text }, ttlSeconds: 5 }),
      app.bus.ask(openPortalSession, { username: text, password: text }),
    ]
    for (const outcome of await Promise.allSettled(asked))
      if (outcome.status === 'rejected') expect(outcome.reason, JSON.stringify(text)).not.toMatchObject({ kind: 'bug' })
  }
})

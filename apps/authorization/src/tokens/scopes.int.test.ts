import { resolveCredential } from '@plinth/contracts'
import { testIdentity } from '@plinth/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { refusal, testApp, type TestApp } from '../test-app.ts'

let app: TestApp
beforeAll(async () => {
  app = await testApp()
  const admin = app.as('user:admin')
  await admin.createUser({ body: { username: 'dev', password: 'dev dev dev dev' } })
  await admin.createBinding({ body: { subject: 'user:dev', role: 'role:developer', domain: 'payments' } })
})
afterAll(() => app?.close())

type Scope = { action: string; object: string; domain: string }
const dev = () => app.as('user:dev')
const make = (scopes: Scope[], who = dev()) =>
  who.createMyToken({ body: { name: 'narrow', expiresInDays: 1, scopes: scopes as never } })
const reading = { action: 'get', object: 'component', domain: 'payments' }

test('a token is narrowed to the scopes that it was made with, and says so wherever it is listed or resolved', async () => {
  const { token, info } = await make([reading])
  expect(info.scopes).toEqual([reading])
  expect((await dev().listMyTokens()).items.find(({ id }) => id === info.id)?.scopes).toEqual([reading])
  expect(await app.bus.ask(resolveCredential, { credential: token })).toMatchObject({
    identity: { subject: 'user:dev', scopes: [reading] },
  })
  const whole = await dev().createMyToken({ body: { name: 'whole', expiresInDays: 1 } })
  const { identity } = (await app.bus.ask(resolveCredential, { credential: whole.token })) as { identity: object }
  expect(identity).not.toHaveProperty('scopes')
  const entries = await app.ledger('token.create', 2)
  expect(entries.map((entry) => String(entry['detail'])).join()).toContain('"component"')
})

test.each([
  ['another project', { ...reading, domain: 'other' }],
  ['everywhere', { ...reading, domain: '*' }],
  ['an action that he lacks', { ...reading, action: 'delete', object: 'project' }],
  ['every action', { ...reading, action: '*' }],
  ['every thing', { ...reading, object: '*' }],
])('nobody makes a scope that he lacks: %s', async (_what, scope) => {
  expect(await refusal(make([reading, scope]))).toMatchObject({ status: 403, code: 'authorization.escalation_refused' })
  expect((await dev().listMyTokens()).items.some((item) => item.scopes?.length === 2)).toBe(false)
})

test('a scope that is no right, none at all, or too many are refused', async () => {
  expect(await refusal(make([{ ...reading, object: 'nonsense' }]))).toMatchObject({
    status: 422,
    code: 'authorization.policy_invalid',
  })
  expect((await refusal(make([]))).status).toBe(400)
  expect((await refusal(make(Array.from({ length: 21 }, () => reading)))).status).toBe(400)
})

test('a narrowed token makes no other, not even within its scopes', async () => {
  const narrowed = app.as(testIdentity('user:dev', { credentialId: 'tok_1', scopes: [reading] }))
  expect(await refusal(make([reading], narrowed))).toMatchObject({ status: 403 })
})

test('what is asked with a narrowed token is decided within its scopes, whatever its owner may', async () => {
  const narrowed = app.as(testIdentity('user:dev', { scopes: [reading] }))
  const questions = [reading, { ...reading, action: 'list' }] as {
    action: 'get' | 'list'
    object: string
    domain: string
  }[]
  const allowed = async (who: typeof narrowed) =>
    (await who.canI({ body: { questions } })).items.map((item) => item.allowed)
  expect(await allowed(dev())).toEqual([true, true])
  expect(await allowed(narrowed)).toEqual([true, false])
})

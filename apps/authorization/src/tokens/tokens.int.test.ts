import { issueToken, resolveCredential, revokeToken } from '@plinth/contracts'
import { fakeClock, testIdentity, until } from '@plinth/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collect, refusal, runnerToken, testApp, type TestApp } from '../test-app.ts'

const clock = fakeClock(new Date())
const stop = new AbortController()
let app: TestApp
let events: ReturnType<typeof collect>

beforeAll(async () => {
  app = await testApp({ clock })
  events = collect(app.bus, 'authorization', stop.signal)
})
afterAll(async () => {
  stop.abort()
  await app?.close()
})

const resolve = (credential: string) => app.bus.ask(resolveCredential, { credential })
const wanted = {
  purpose: 'job:job_1:1',
  subject: 'job:payments/pip_1',
  groups: ['group:payments/jobs'],
  claims: { project: 'payments' },
  ttlSeconds: 60,
}
const ended = (credentialId: string) =>
  until(() =>
    events.some(
      ({ type, data }) =>
        type.includes('credential.ended') && (data as { credentialId: string }).credentialId === credentialId,
    ),
  )

test('an issued token stands for its subject, its groups and its claims until it expires', async () => {
  const { token, credentialId } = await app.bus.ask(issueToken, wanted)
  expect(token).toMatch(/^plt_[A-Za-z0-9_-]{50}$/)
  expect(await resolve(token)).toEqual({
    found: true,
    identity: {
      subject: wanted.subject,
      subjects: [wanted.subject, 'group:payments/jobs'],
      displayName: wanted.subject,
      credentialId,
      claims: wanted.claims,
      expiresAtMs: clock.now().getTime() + 60_000,
    },
  })
  clock.advance(60_000)
  expect(await resolve(token)).toEqual({ found: false })
})

test('a purpose has one live token: issuing it again withdraws the former, also at the same time', async () => {
  const first = await app.bus.ask(issueToken, wanted)
  const [second, third] = await Promise.all([app.bus.ask(issueToken, wanted), app.bus.ask(issueToken, wanted)])
  const alive = await Promise.all([first, second, third].map(async ({ token }) => (await resolve(token)).found))
  expect(alive.filter(Boolean)).toHaveLength(1)
  expect(alive[0]).toBe(false)
  await ended(first.credentialId)
})

test('a revoked token is unknown at once, everybody is told, and revoking it again says so', async () => {
  const { token, credentialId } = await app.bus.ask(issueToken, { ...wanted, purpose: 'workload:dep_1' })
  expect(await app.bus.ask(revokeToken, { purpose: 'workload:dep_1' })).toEqual({ revoked: true })
  expect(await resolve(token)).toEqual({ found: false })
  expect(await app.bus.ask(revokeToken, { purpose: 'workload:dep_1' })).toEqual({ revoked: false })
  await ended(credentialId)
})

test('a token for a role, for nobody or for a malformed subject is refused', async () => {
  for (const bad of [{ groups: ['role:administrator'] }, { subject: '' }, { subject: 'role:job' }, { purpose: '' }])
    await expect(app.bus.ask(issueToken, { ...wanted, ...bad })).rejects.toMatchObject({
      code: 'platform.request_invalid',
    })
})

test('nonsense, mistyped tokens and the empty string are nobody', async () => {
  const { token } = await app.bus.ask(issueToken, wanted)
  const mistyped = token.slice(0, 10) + (token[10] === 'a' ? 'b' : 'a') + token.slice(11)
  for (const credential of ['', 'plt_', 'pls_x', mistyped, `${token} `, "plt_' or 1=1 --", 'plt_\u0000'])
    expect(await resolve(credential)).toEqual({ found: false })
})

test("the runner's token is known from the start, and after a restart under the same id", async () => {
  const before = await resolve(runnerToken)
  expect(before).toMatchObject({
    identity: { subject: 'sa:platform/runner', subjects: ['sa:platform/runner', 'group:runners'] },
  })
  await app.restart()
  const after = await resolve(runnerToken)
  expect(after).toMatchObject({ found: true })
  expect(after.found && before.found && after.identity.credentialId === before.identity.credentialId).toBe(true)
})

test('its last use is noted at most once a minute', async () => {
  const ana = app.as('user:admin')
  const { token, info } = await ana.createMyToken({ body: { name: 'git', expiresInDays: 30 } })
  const seen = async () => (await ana.listMyTokens()).items.find(({ id }) => id === info.id)?.lastUsedAt
  expect(await seen()).toBeUndefined()
  await resolve(token)
  const first = await seen()
  expect(first).toBe(clock.now().toISOString())
  clock.advance(59_000)
  await resolve(token)
  expect(await seen()).toBe(first)
  clock.advance(1_000)
  await resolve(token)
  expect(await seen()).toBe(clock.now().toISOString())
})

test('a personal token is its user, nobody else lists or withdraws it, and it ends with him', async () => {
  await app.as('user:admin').createUser({ body: { username: 'ben', password: 'ben ben ben ben' } })
  const ben = app.as('user:ben')
  const { token, info } = await ben.createMyToken({ body: { name: 'laptop', expiresInDays: 1 } })
  expect(await resolve(token)).toMatchObject({ identity: { subject: 'user:ben', subjects: ['user:ben'] } })
  expect((await app.as('user:admin').listMyTokens()).items.map(({ id }) => id)).not.toContain(info.id)
  const stolen = await refusal(app.as('user:admin').deleteMyToken({ params: { token: info.id } }))
  expect(stolen).toMatchObject({ status: 404, code: 'authorization.token_unknown' })
  await ben.deleteMyToken({ params: { token: info.id } })
  expect(await resolve(token)).toEqual({ found: false })
  const other = await ben.createMyToken({ body: { name: 'desk', expiresInDays: 1 } })
  await app.as('user:admin').updateUser({ params: { username: 'ben' }, body: { disabled: true } })
  expect(await resolve(other.token)).toEqual({ found: false })
})

test('a token made with a token does not outlive it, and a job makes none', async () => {
  const ana = app.as('user:admin')
  const { info } = await ana.createMyToken({ body: { name: 'short', expiresInDays: 1 } })
  const withToken = app.as(testIdentity('user:admin', { credentialId: info.id }))
  const made = await withToken.createMyToken({ body: { name: 'long', expiresInDays: 365 } })
  expect(made.info.expiresAt).toBe(info.expiresAt)
  const job = app.as('job:payments/pip_1').createMyToken({ body: { name: 'x', expiresInDays: 1 } })
  expect((await refusal(job)).status).toBe(403)
})

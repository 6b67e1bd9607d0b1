import { openPortalSession, resolveCredential, signingKeys } from '@plinth/contracts'
import { fakeClock, until } from '@plinth/testkit'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminPassword, collect, inSession, refusal, testApp, type TestApp } from '../test-app.ts'

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

const signIn = (username = 'admin', password = adminPassword) =>
  app.as().createSession({ body: { username, password } })

describe('signing in', () => {
  test('gives an access token that the published keys verify, with type, issuer, audience, session and ten minutes', async () => {
    const session = await signIn()
    const jwks = await app.as().jwks()
    const { payload, protectedHeader } = await jwtVerify(session.accessToken, createLocalJWKSet(jwks), {
      issuer: 'http://localhost:8080',
      audience: 'plinth',
      typ: 'at+jwt',
      currentDate: clock.now(),
    })
    expect(payload).toMatchObject({ sub: 'user:admin', name: 'Administrator', sid: expect.stringMatching(/^ses_/) })
    expect(Number(payload.exp) - Number(payload.iat)).toBe(600)
    const { keys } = await app.bus.ask(signingKeys, {})
    expect(keys).toContainEqual({
      kid: protectedHeader.kid,
      alg: 'EdDSA',
      publicKeyPem: expect.stringContaining('PUBLIC KEY'),
    })
  })

  test('answers an unknown name, a wrong password and a disabled user alike', async () => {
    await app.as('user:admin').createUser({ body: { username: 'gone', password: 'gone gone gone' } })
    await app.as('user:admin').updateUser({ params: { username: 'gone' }, body: { disabled: true } })
    const answers = [
      await refusal(signIn('nobody-at-all')),
      await refusal(signIn('admin', 'wrong')),
      await refusal(signIn('gone', 'gone gone gone')),
      await refusal(signIn('Robert\u0000; drop table users')),
    ]
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toMatchObject({ status: 401, code: 'authorization.credentials_wrong' })
    await signIn()
  })

  test('spends the same work on a name that nobody has as on one that somebody has', async () => {
    await app.as('user:admin').createUser({ body: { username: 'timed', password: 'timed timed timed' } })
    const fastestMs = async (name: (round: number) => string): Promise<number> => {
      const times: number[] = []
      for (let round = 0; round < 3; round++) {
        const startMs = performance.now()
        await refusal(signIn(name(round), 'wrong'))
        times.push(performance.now() - startMs)
      }
      return Math.min(...times)
    }
    const known = await fastestMs(() => 'timed')
    const unknown = await fastestMs((round) => `nobody-${round}`)
    // The hash takes some 30 ms, everything else 3: without it the answer for nobody would come ten times sooner.
    expect(Math.min(known, unknown)).toBeGreaterThan(Math.max(known, unknown) / 3)
  })

  test('locks a name after five failures, whether or not somebody has it, longer each time, over a restart', async () => {
    await app.as('user:admin').createUser({ body: { username: 'locked', password: 'right right right' } })
    for (const name of ['locked', 'nobody-either']) {
      for (let failures = 1; failures <= 5; failures++)
        expect((await refusal(signIn(name, 'wrong'))).code).toBe('authorization.credentials_wrong')
      expect(await refusal(signIn(name, 'wrong'))).toMatchObject({ status: 429, code: 'authorization.account_locked' })
    }
    await app.restart()
    expect((await refusal(signIn('locked', 'right right right'))).detail).toContain('30 s')
    clock.advance(30_001)
    expect((await refusal(signIn('locked', 'wrong'))).code).toBe('authorization.credentials_wrong')
    expect((await refusal(signIn('locked', 'right right right'))).detail).toContain('60 s')
    clock.advance(60_001)
    await signIn('locked', 'right right right')
    expect((await refusal(signIn('locked', 'wrong'))).code).toBe('authorization.credentials_wrong')
  })

  test('counts passwords that are tried all at once', async () => {
    const codes = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => (await refusal(signIn('crowd', `wrong ${index}`))).code),
    )
    expect(codes.filter((code) => code === 'authorization.credentials_wrong')).toHaveLength(5)
  })

  test('writes failures to the ledger without saying that it was he', async () => {
    const entries = await until(async () => {
      const found = await app.ledger('session.create')
      return found.some((entry) => entry['object'] === 'user/admin') && found
    })
    expect(entries.find((entry) => entry['object'] === 'user/admin')).toMatchObject({
      actor: 'anonymous',
      outcome: 'denied',
    })
  })
})

describe('a session', () => {
  test('is refreshed with a token that works once; the second use ends it and says so', async () => {
    const first = await signIn()
    const second = await app.as().refreshSession({ body: { refreshToken: first.refreshToken } })
    expect(second.refreshToken).not.toBe(first.refreshToken)
    const reuse = await refusal(app.as().refreshSession({ body: { refreshToken: first.refreshToken } }))
    expect(reuse).toMatchObject({ status: 401, code: 'authorization.refresh_token_invalid' })
    const after = await refusal(app.as().refreshSession({ body: { refreshToken: second.refreshToken } }))
    expect(after).toEqual(reuse)
    const { credentialId } = inSession('admin', first.accessToken)
    await until(() => endedIn(events).includes(credentialId), { what: 'credential.ended' })
    expect(await app.ledger('session.refresh')).toMatchObject([
      { outcome: 'denied', object: `session/${credentialId}` },
    ])
  })

  test('lets only one of two refreshes at the same time through', async () => {
    const { refreshToken } = await signIn()
    const both = await Promise.allSettled([0, 1].map(() => app.as().refreshSession({ body: { refreshToken } })))
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('is over after a week without refresh, and after signing out', async () => {
    const idle = await signIn()
    const left = await signIn()
    await app.as(inSession('admin', left.accessToken)).endSession()
    expect((await refusal(app.as().refreshSession({ body: { refreshToken: left.refreshToken } }))).status).toBe(401)
    clock.advance(7 * 86_400_000 + 1)
    expect((await refusal(app.as().refreshSession({ body: { refreshToken: idle.refreshToken } }))).status).toBe(401)
  })

  test('of the portal is known by its secret until he signs out or it expires', async () => {
    const open = () => app.bus.ask(openPortalSession, { username: 'admin', password: adminPassword })
    const { secret, identity } = await open()
    expect(secret).toMatch(/^pls_/)
    expect(await app.bus.ask(resolveCredential, { credential: secret })).toEqual({ found: true, identity })
    expect(identity).toMatchObject({ subject: 'user:admin', subjects: ['user:admin'], displayName: 'Administrator' })
    await app.as({ ...identity, requestId: 'req_1' }).endSession()
    expect(await app.bus.ask(resolveCredential, { credential: secret })).toEqual({ found: false })
    const other = await open()
    clock.advance(12 * 3_600_000 + 1)
    expect(await app.bus.ask(resolveCredential, { credential: other.secret })).toEqual({ found: false })
    await expect(app.bus.ask(openPortalSession, { username: 'admin', password: 'wrong' })).rejects.toMatchObject({
      code: 'authorization.credentials_wrong',
    })
  })

  test('ends at once when its user is disabled or gets another password', async () => {
    await app.as('user:admin').createUser({ body: { username: 'leaver', password: 'leaver leaver' } })
    const one = await signIn('leaver', 'leaver leaver')
    await app.as('user:admin').updateUser({ params: { username: 'leaver' }, body: { password: 'another password' } })
    expect((await refusal(app.as().refreshSession({ body: { refreshToken: one.refreshToken } }))).status).toBe(401)
    const { secret } = await app.bus.ask(openPortalSession, { username: 'leaver', password: 'another password' })
    await app.as('user:admin').updateUser({ params: { username: 'leaver' }, body: { disabled: true } })
    expect(await app.bus.ask(resolveCredential, { credential: secret })).toEqual({ found: false })
    await until(() => endedIn(events).includes(inSession('leaver', one.accessToken).credentialId))
  })

  test('and all others of a user end when an administrator says so, with his tokens where asked', async () => {
    await app.as('user:admin').createUser({ body: { username: 'lost', password: 'lost lost lost' } })
    const session = await signIn('lost', 'lost lost lost')
    const { secret } = await app.bus.ask(openPortalSession, { username: 'lost', password: 'lost lost lost' })
    const { token } = await app.as('user:lost').createMyToken({ body: { name: 'git', expiresInDays: 1 } })
    const signOut = (tokens?: boolean) =>
      app
        .as('user:admin')
        .endUserSessions({ params: { username: 'lost' }, query: tokens === undefined ? {} : { tokens } })
    expect(await signOut()).toEqual({ sessions: 2, tokens: 0 })
    expect(await app.bus.ask(resolveCredential, { credential: secret })).toEqual({ found: false })
    expect((await refusal(app.as().refreshSession({ body: { refreshToken: session.refreshToken } }))).status).toBe(401)
    expect(await app.bus.ask(resolveCredential, { credential: token })).toMatchObject({ found: true })
    expect(await signOut(true)).toEqual({ sessions: 0, tokens: 1 })
    expect(await app.bus.ask(resolveCredential, { credential: token })).toEqual({ found: false })
    const nobody = app.as('user:admin').endUserSessions({ params: { username: 'no-such' } })
    expect(await refusal(nobody)).toMatchObject({ status: 404, code: 'authorization.user_unknown' })
  })

  test('keeps no secret in the database', async () => {
    const { refreshToken } = await signIn()
    const { secret } = await app.bus.ask(openPortalSession, { username: 'admin', password: adminPassword })
    const [dump] = await app.rows<{ text: string }>(
      `select (select json_agg(s)::text from sessions s) || (select json_agg(r)::text from refresh_tokens r)
        || (select json_agg(t)::text from tokens t) || (select json_agg(u)::text from users u) as text`,
    )
    for (const kept of [refreshToken, secret, adminPassword]) expect(dump?.text).not.toContain(kept)
  })
})

const endedIn = (found: ReturnType<typeof collect>): unknown[] =>
  found
    .filter(({ type }) => type === 'dev.plinth.authorization.credential.ended.v1')
    .map(({ data }) => (data as { credentialId: string }).credentialId)

import { fakeClock, testIdentity } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminPassword, claimsOf, inSession, refusal, testApp, type TestApp } from '../test-app.ts'
import { newUserCode, readCode, shownCode } from './user-code.ts'

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'
const clock = fakeClock(new Date())
let app: TestApp
beforeAll(async () => {
  app = await testApp({ clock })
})
afterAll(() => app?.close())

type Answer = Record<string, unknown> & { status: number }
async function post(path: string, fields: Record<string, string> | string, type?: string): Promise<Answer> {
  const body = typeof fields === 'string' ? fields : new URLSearchParams(fields).toString()
  const headers = { 'content-type': type ?? 'application/x-www-form-urlencoded' }
  const response = await fetch(`${app.url()}${path}`, { method: 'POST', headers, body })
  expect(response.headers.get('cache-control')).toBe('no-store')
  return { status: response.status, ...((await response.json()) as Record<string, unknown>) }
}
const ask = async () => {
  const asked = await post('/auth/device_authorization', { client_id: 'plinth-cli' })
  return { deviceCode: String(asked['device_code']), userCode: String(asked['user_code']), asked }
}
const poll = (deviceCode: string, client = 'plinth-cli') =>
  post('/auth/token', { grant_type: deviceGrant, device_code: deviceCode, client_id: client })
const signedIn = async (username = 'admin', password = adminPassword) =>
  app.as(inSession(username, (await app.as().createSession({ body: { username, password } })).accessToken))

describe('signing in on a device', () => {
  test('gives the tokens of an ordinary session once its user has allowed it', async () => {
    const { deviceCode, userCode, asked } = await ask()
    expect(asked).toMatchObject({
      status: 200,
      verification_uri: 'http://localhost:8080/device',
      verification_uri_complete: `http://localhost:8080/device?code=${userCode}`,
      expires_in: 600,
      interval: 5,
    })
    expect(userCode).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
    expect(await poll(deviceCode)).toMatchObject({ status: 400, error: 'authorization_pending' })
    const admin = await signedIn()
    const typed = userCode.toLowerCase().replace('-', ' ')
    expect(await admin.getDeviceRequest({ params: { userCode: typed } })).toMatchObject({
      userCode,
      client: 'plinth-cli',
    })
    await admin.decideDevice({ params: { userCode }, body: { allow: true } })
    clock.advance(5_000)
    const tokens = await poll(deviceCode)
    expect(tokens).toMatchObject({ status: 200, token_type: 'Bearer', expires_in: 600 })
    const claims = claimsOf(String(tokens['access_token']))
    expect(claims).toMatchObject({ sub: 'user:admin', sid: expect.stringMatching(/^ses_/) })
    const refreshed = await post('/auth/token', {
      grant_type: 'refresh_token',
      refresh_token: String(tokens['refresh_token']),
      client_id: 'plinth-cli',
    })
    expect(claimsOf(String(refreshed['access_token']))['sid']).toBe(claims['sid'])
    // The copy of a refresh token ends the session, here as everywhere.
    const reused = { grant_type: 'refresh_token', refresh_token: String(tokens['refresh_token']) }
    expect(await post('/auth/token', reused)).toMatchObject({ status: 400, error: 'invalid_grant' })
    clock.advance(5_000)
    expect(await poll(deviceCode)).toMatchObject({ status: 400, error: 'invalid_grant' })
    const [entry] = await app.ledger('device.allow')
    expect(entry).toMatchObject({ actor: 'user:admin' })
  })

  test('is told to ask more slowly, and slower each time that it does not', async () => {
    const { deviceCode } = await ask()
    expect(await poll(deviceCode)).toMatchObject({ error: 'authorization_pending' })
    expect(await poll(deviceCode)).toMatchObject({ error: 'slow_down' })
    clock.advance(9_999)
    expect(await poll(deviceCode)).toMatchObject({ error: 'slow_down' })
    clock.advance(15_000)
    expect(await poll(deviceCode)).toMatchObject({ error: 'authorization_pending' })
  })

  test('is refused when its user says no', async () => {
    const { deviceCode, userCode } = await ask()
    await (await signedIn()).decideDevice({ params: { userCode }, body: { allow: false } })
    expect(await poll(deviceCode)).toMatchObject({ status: 400, error: 'access_denied' })
    clock.advance(5_000)
    expect(await poll(deviceCode)).toMatchObject({ error: 'invalid_grant' })
  })

  test('has ten minutes', async () => {
    const { deviceCode, userCode } = await ask()
    clock.advance(600_000)
    const late = (await signedIn()).decideDevice({ params: { userCode }, body: { allow: true } })
    expect(await refusal(late)).toMatchObject({ status: 404, code: 'authorization.device_code_unknown' })
    expect(await poll(deviceCode)).toMatchObject({ error: 'expired_token' })
  })

  test('is decided once, and by nobody but a user in a session', async () => {
    const { userCode } = await ask()
    const decide = (who: Awaited<ReturnType<typeof signedIn>>) =>
      refusal(who.decideDevice({ params: { userCode }, body: { allow: true } }))
    for (const subject of ['job:payments/pip_1', 'sa:payments/ledger', 'user:admin'])
      expect((await decide(app.as(testIdentity(subject, { credentialId: 'tok_1' })))).status).toBe(403)
    await (await signedIn()).decideDevice({ params: { userCode }, body: { allow: false } })
    expect((await decide(await signedIn())).code).toBe('authorization.device_code_unknown')
  })

  test('gives its tokens to one of two that ask at once, and to no other client', async () => {
    const { deviceCode, userCode } = await ask()
    expect(await poll(deviceCode, 'another')).toMatchObject({ error: 'invalid_grant' })
    await (await signedIn()).decideDevice({ params: { userCode }, body: { allow: true } })
    const both = await Promise.all([poll(deviceCode), poll(deviceCode)])
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400])
  })

  test('a user who was disabled since gets no tokens', async () => {
    const admin = app.as('user:admin')
    await admin.createUser({ body: { username: 'leaver', password: 'leaver leaver' } })
    const { deviceCode, userCode } = await ask()
    await (await signedIn('leaver', 'leaver leaver')).decideDevice({ params: { userCode }, body: { allow: true } })
    await admin.updateUser({ params: { username: 'leaver' }, body: { disabled: true } })
    expect(await poll(deviceCode)).toMatchObject({ error: 'access_denied' })
  })

  test('whoever guesses codes is locked out, and a right one in between does not help him', async () => {
    await app.as('user:admin').createUser({ body: { username: 'guesser', password: 'guesser guesser' } })
    const guesser = await signedIn('guesser', 'guesser guesser')
    const look = (userCode: string) => guesser.getDeviceRequest({ params: { userCode } })
    const { userCode } = await ask()
    const codes: string[] = []
    for (let count = 0; count < 8; count++) {
      codes.push((await refusal(look(shownCode(newUserCode())))).code)
      if (count < 3) await look(userCode)
    }
    expect(codes.slice(0, 5)).toEqual(Array(5).fill('authorization.device_code_unknown'))
    expect(codes.slice(5)).toEqual(Array(3).fill('platform.rate_limited'))
    expect((await refusal(look(userCode))).status).toBe(429)
  })

  test('keeps no code where it could be read', async () => {
    const { deviceCode, userCode } = await ask()
    const [row] = await app.rows<{ text: string }>('select json_agg(d)::text as text from device_codes d')
    for (const code of [deviceCode, userCode, userCode.replace('-', '')]) expect(row?.text).not.toContain(code)
  })
})

describe('the token endpoint answers as OAuth has it', () => {
  test.each([
    ['without a grant', {}, 'unsupported_grant_type'],
    [
      'for a password',
      { grant_type: 'password', username: 'admin', password: adminPassword },
      'unsupported_grant_type',
    ],
    ['for a code that is none', { grant_type: deviceGrant, client_id: 'x', device_code: 'x' }, 'invalid_grant'],
    ['without a code', { grant_type: deviceGrant, client_id: 'x' }, 'invalid_request'],
    ['without a client', { grant_type: deviceGrant, device_code: 'x' }, 'invalid_request'],
    ['for a refresh token that is none', { grant_type: 'refresh_token', refresh_token: 'plr_x' }, 'invalid_grant'],
    ['without a refresh token', { grant_type: 'refresh_token' }, 'invalid_request'],
  ])('%s', async (_what, fields, error) => {
    expect(await post('/auth/token', fields as Record<string, string>)).toMatchObject({ status: 400, error })
  })

  test('a field that came twice, and a body that is no form', async () => {
    expect(await post('/auth/token', 'grant_type=a&grant_type=b')).toMatchObject({ error: 'invalid_request' })
    expect(await post('/auth/token', '{}', 'application/json')).toMatchObject({ error: 'invalid_request' })
    expect(await post('/auth/device_authorization', { client_id: '<script>' })).toMatchObject({
      error: 'invalid_request',
    })
  })

  test('a body that is too large, also when it does not say so', async () => {
    const chunks = new ReadableStream({
      start(stream) {
        for (let count = 0; count < 20; count++) stream.enqueue(new TextEncoder().encode('x'.repeat(1_000)))
        stream.close()
      },
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const sent = { method: 'POST', headers, body: chunks, duplex: 'half' } as RequestInit
    expect((await fetch(`${app.url()}/auth/token`, sent)).status).toBe(413)
  })
})

test('a code is read however it was typed, and nothing else is one', () => {
  expect(readCode(' bcdf-ghjk ')).toBe('BCDFGHJK')
  expect([readCode('BCDFGHJ'), readCode('AAAAAAAA'), readCode(''), readCode('BCDF-GHJK-L')]).toEqual(
    Array(4).fill(undefined),
  )
  expect(new Set(Array.from({ length: 1_000 }, newUserCode)).size).toBe(1_000)
})

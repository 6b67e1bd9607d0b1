import { generateKeyPairSync } from 'node:crypto'
import { issueIdentityToken, signingKeys } from '@plinth/contracts'
import { type Clock } from '@plinth/kernel'
import { createSealing } from '@plinth/kernel/sealing'
import { fakeClock, testStore } from '@plinth/testkit'
import { sql } from '@plinth/store'
import { createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminPassword, refusal, testApp, type TestApp } from '../test-app.ts'
import { openSigningKeys, rotateAfterMs } from './signing-keys.ts'

const clock = fakeClock(new Date())
let app: TestApp
beforeAll(async () => {
  app = await testApp({ clock })
})
afterAll(() => app?.close())

const admin = () => app.as('user:admin')
const signIn = async () =>
  (await app.as().createSession({ body: { username: 'admin', password: adminPassword } })).accessToken
const kidOf = (token: string): string => decodeProtectedHeader(token).kid ?? ''
const statesOf = async (use: string) =>
  (await admin().listSigningKeys()).items.filter((key) => key.use === use).map(({ state }) => state)
const verifies = async (token: string): Promise<boolean> =>
  jwtVerify(token, createLocalJWKSet(await app.as().jwks()), { currentDate: clock.now() }).then(
    () => true,
    () => false,
  )

describe('signing keys', () => {
  test('of each use one signs and one waits, published before it signs', async () => {
    expect(await statesOf('access')).toEqual(['next', 'active'])
    expect(await statesOf('identity')).toEqual(['next', 'active'])
    const { keys } = await app.as().jwks()
    const algorithms = keys.map(({ alg }) => alg)
    expect(['EdDSA', 'RS256'].map((one) => algorithms.filter((alg) => alg === one).length)).toEqual([2, 2])
    expect(algorithms).toHaveLength(4)
    expect(JSON.stringify(keys)).not.toMatch(/"(?:d|p|q|dp|dq|qi)":/)
    const [row] = await app.rows<{ text: string }>('select json_agg(k)::text as text from signing_keys k')
    expect(row?.text).not.toContain('PRIVATE')
  })

  test('are rotated with an overlap: the next one signs, and the former verifies until its last token has expired', async () => {
    const before = await signIn()
    const waiting = (await admin().listSigningKeys()).items.find(
      ({ use, state }) => use === 'access' && state === 'next',
    )
    await admin().rotateSigningKeys({ body: { use: 'access' } })
    const after = await signIn()
    expect([kidOf(after), kidOf(after) === kidOf(before)]).toEqual([waiting?.kid, false])
    expect(await statesOf('access')).toEqual(['next', 'active', 'retiring'])
    expect([await verifies(before), await verifies(after)]).toEqual([true, true])
    const told = (await app.bus.ask(signingKeys, {})).keys
    expect(told.map(({ kid }) => kid)).toEqual(expect.arrayContaining([kidOf(before), kidOf(after)]))
    expect(told.every(({ alg }) => alg === 'EdDSA')).toBe(true)
    clock.advance(15 * 60_000)
    expect(await statesOf('access')).toEqual(['next', 'active'])
    expect((await app.bus.ask(signingKeys, {})).keys.some(({ kid }) => kid === kidOf(before))).toBe(false)
    expect(await app.ledger('signing-key.rotate')).toMatchObject([{ actor: 'user:admin' }])
  })

  test('stay as they are when the service starts anew, though its configuration still names the first', async () => {
    const before = await signIn()
    await app.restart()
    expect(kidOf(await signIn())).toBe(kidOf(before))
  })

  test('are rotated by those only who may, and in no other use', async () => {
    const wrong = admin().rotateSigningKeys({ body: { use: 'audit' as never } })
    expect((await refusal(wrong)).status).toBe(400)
  })
})

describe('two replicas', () => {
  const firstPem = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey
  const sealing = createSealing(Buffer.alloc(32, 1).toString('base64'))
  const migrations = new URL('../db/migrations/', import.meta.url)
  const replicasOn = async (own: Clock) => {
    const database = await testStore({ migrations })
    const needs = { store: database.store, clock: own, sealing }
    const replicas = await Promise.all([openSigningKeys(needs, firstPem), openSigningKeys(needs, firstPem)])
    return { database, needs, replicas }
  }

  test('that start at once have the same keys, and rotate once when 90 days are over', async () => {
    const own = fakeClock(new Date())
    const { database, replicas } = await replicasOn(own)
    await using _ = database
    const signers = async () => Promise.all(replicas.map(async (keys) => (await keys.signer('access')).kid))
    const [first, same] = await signers()
    expect(first).toBe(same)
    own.advance(rotateAfterMs - 1)
    await Promise.all(replicas.map((keys) => keys.maintain()))
    expect(await signers()).toEqual([first, first])
    own.advance(1)
    await Promise.all(replicas.map((keys) => keys.maintain()))
    const [second, again] = await signers()
    expect([second === first, second === again]).toEqual([false, true])
    const rows = await replicas[0]?.list()
    expect(rows?.filter(({ use }) => use === 'access').map(({ state }) => state)).toEqual([
      'next',
      'active',
      'retiring',
    ])
  })

  test('one of which is killed in the middle of a rotation leave the key that signed before, alone', async () => {
    const { database, replicas } = await replicasOn(fakeClock(new Date()))
    await using _ = database
    const [keys] = replicas
    const before = await keys?.signer('access')
    // The transaction that a process had open dies with it; this one is taken away just before it commits.
    await expect(
      database.store.transaction(async (tx) => {
        await tx.execute(
          sql`update signing_keys set state = 'retiring', private_key = null where use = 'access' and state = 'active'`,
        )
        const { rows } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`)
        await database.store.db.execute(sql`select pg_terminate_backend(${rows[0]?.pid}::int)`)
        await tx.execute(sql`select 1`)
      }),
    ).rejects.toThrow()
    expect((await keys?.signer('access'))?.kid).toBe(before?.kid)
    const restarted = await openSigningKeys({ store: database.store, clock: fakeClock(new Date()), sealing }, firstPem)
    expect((await restarted.signer('access')).kid).toBe(before?.kid)
    const states = (await restarted.list()).filter(({ use }) => use === 'access').map(({ state }) => state)
    expect(states).toEqual(['next', 'active'])
  })

  test('never have two keys that sign: the database refuses the second', async () => {
    const { database } = await replicasOn(fakeClock(new Date()))
    await using _ = database
    await expect(
      database.store.db.execute(sql`update signing_keys set state = 'active' where use = 'access' and state = 'next'`),
    ).rejects.toThrow()
  })

  test('do not start with a key that is no Ed25519 key, or with another secret key than sealed theirs', async () => {
    const { database, needs } = await replicasOn(fakeClock(new Date()))
    await using _ = database
    for (const broken of ['', 'nonsense', ` x${firstPem}`, '{"kty":"OKP"}'])
      await expect(openSigningKeys(needs, broken)).rejects.toThrow()
    const other = createSealing(Buffer.alloc(32, 2).toString('base64'))
    await expect(openSigningKeys({ ...needs, sealing: other }, firstPem)).rejects.toThrow('PLINTH_SECRET_KEY')
  })
})

describe('the identity token of a job', () => {
  const wanted = {
    subject: 'project_path:payments/ledger:ref_type:branch:ref:main',
    audience: ['https://vault.example'],
    claims: { project: 'payments', ref: 'main', ref_protected: 'true' },
    ttlSeconds: 3_600,
  }
  const issue = async (more: Partial<typeof wanted> = {}) =>
    (await app.bus.ask(issueIdentityToken, { ...wanted, ...more })).token

  test('is verified by discovery and JWKS alone, with issuer, audience, times and claims', async () => {
    const configuration = (await app.as().openIdConfiguration()) as Record<string, string>
    expect(configuration).toMatchObject({
      issuer: 'http://localhost:8080',
      jwks_uri: 'http://localhost:8080/.well-known/jwks.json',
    })
    const keys = createRemoteJWKSet(new URL(`${app.url()}/.well-known/jwks.json`))
    const token = await issue()
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: configuration['issuer'] ?? '',
      audience: wanted.audience,
      algorithms: ['RS256'],
      currentDate: clock.now(),
    })
    const now = Math.floor(clock.now().getTime() / 1000)
    expect(payload).toEqual({
      ...wanted.claims, iss: 'http://localhost:8080', sub: wanted.subject, aud: 'https://vault.example',
      iat: now, nbf: now - 5, exp: now + 3_600, jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    }) // prettier-ignore
    expect(protectedHeader).toMatchObject({ typ: 'JWT', alg: 'RS256' })
    const several = await issue({ audience: ['a', 'b'] })
    await jwtVerify(several, keys, { audience: 'b', currentDate: clock.now() })
  })

  test('still verifies a day after its key was rotated away', async () => {
    const token = await issue({ ttlSeconds: 86_400 })
    await admin().rotateSigningKeys({ body: { use: 'identity' } })
    clock.advance(86_390_000)
    expect(await verifies(token)).toBe(true)
  })

  test('says nothing in the name of the issuer that a job made up', async () => {
    for (const more of [
      { claims: { iss: 'https://evil.example' } },
      { claims: { sub: 'x' } },
      { subject: '' },
      { audience: [''] },
    ])
      await expect(issue(more as never)).rejects.toMatchObject({ code: 'platform.request_invalid' })
  })
})

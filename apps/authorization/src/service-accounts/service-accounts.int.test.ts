import { decide, policySnapshot, resolveCredential } from '@plinth/contracts'
import { fakeClock, until } from '@plinth/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collect, refusal, testApp, type TestApp } from '../test-app.ts'

const clock = fakeClock(new Date())
const stop = new AbortController()
const project = 'payments'
let app: TestApp
let events: ReturnType<typeof collect>
let admin: ReturnType<TestApp['as']>
let lea: ReturnType<TestApp['as']>

beforeAll(async () => {
  app = await testApp({ clock })
  await app.project(project)
  events = collect(app.bus, 'authorization', stop.signal)
  admin = app.as('user:admin')
  lea = app.as('user:lea')
  await admin.createUser({ body: { username: 'lea', password: 'lea has a password' } })
  await admin.createBinding({ body: { subject: 'user:lea', role: 'role:team-lead', domain: project } })
})
afterAll(async () => {
  stop.abort()
  await app?.close()
})

const account = (name: string) => ({ params: { project, account: name } })
const create = (name: string) => lea.createServiceAccount({ params: { project }, body: { name } })
const bind = (name: string, role: string, domain = project) =>
  admin.createBinding({ body: { subject: `sa:${project}/${name}`, role, domain } })
const token = (name: string, more: object = {}, by = lea) =>
  by.createServiceAccountToken({ ...account(name), body: { name: 'ci', expiresInDays: 30, ...more } })
const resolve = (credential: string) => app.bus.ask(resolveCredential, { credential })
const may = async (subject: string) =>
  (await app.bus.ask(decide, { questions: [{ subjects: [subject], action: 'create', object: 'component', domain: project }] })).decisions[0]?.allowed // prettier-ignore

test('an account may nothing until it is bound; its tokens act as it, narrowed where asked, until they are withdrawn', async () => {
  const made = await create('ledger')
  expect(made).toMatchObject({ name: 'ledger', subject: 'sa:payments/ledger', project, createdBy: 'user:lea' })
  expect((await lea.listServiceAccounts({ params: { project } })).items).toEqual([made])
  expect((await lea.listServiceAccounts({ params: { project: 'orders' } })).items).toEqual([])
  expect(await may('sa:payments/ledger')).toBe(false)
  await bind('ledger', 'role:developer')
  expect(await may('sa:payments/ledger')).toBe(true)
  const scopes = [{ action: 'get' as const, object: 'component', domain: project }]
  const plain = await token('ledger')
  clock.advance(1)
  const narrow = await token('ledger', { scopes, name: 'reader' })
  expect(await resolve(plain.token)).toMatchObject({
    found: true,
    identity: { subject: 'sa:payments/ledger', subjects: ['sa:payments/ledger'] },
  })
  expect(await resolve(narrow.token)).toMatchObject({ found: true, identity: { scopes } })
  const { items } = await lea.listServiceAccountTokens(account('ledger'))
  expect(items.map(({ name }) => name)).toEqual(['ci', 'reader'])
  expect(items[1]).toMatchObject({ scopes, prefix: narrow.info.prefix })
  const params = { project, account: 'ledger', token: plain.info.id }
  await lea.deleteServiceAccountToken({ params })
  expect(await resolve(plain.token)).toEqual({ found: false })
  expect((await refusal(lea.deleteServiceAccountToken({ params }))).code).toBe('authorization.token_unknown')
  clock.advance(30 * 86_400_000)
  expect(await resolve(narrow.token)).toEqual({ found: false })
  for (const action of ['create', 'token-create', 'token-delete'])
    expect((await app.ledger(`service-account.${action}`))[0]).toMatchObject({ actor: 'user:lea', project })
})

test('deleting an account withdraws its tokens, bindings and rules at once; its name made anew has nothing', async () => {
  await create('doomed')
  await bind('doomed', 'role:developer')
  const subject = 'sa:payments/doomed'
  await admin.createPolicy({ body: { subject, domain: project, object: 'schema', action: 'approve', effect: 'allow' } })
  const { token: secret, info } = await token('doomed')
  const revision = async () => (await app.bus.ask(policySnapshot, {})).revision
  const before = await revision()
  await lea.deleteServiceAccount(account('doomed'))
  expect(await revision()).toBe(before + 1)
  expect(await resolve(secret)).toEqual({ found: false })
  expect(await may(subject)).toBe(false)
  await until(() =>
    events.some(({ type, data }) => {
      const { credentialId } = data as { credentialId?: string }
      return type.includes('credential.ended') && credentialId === info.id
    }),
  )
  await create('doomed')
  expect((await admin.listBindings({ query: { subject } })).items).toEqual([])
  expect((await admin.listPolicies({ query: { subject } })).items).toEqual([])
  expect((await lea.listServiceAccountTokens(account('doomed'))).items).toEqual([])
})

test('nobody makes a token that may more than he may; narrowed to what he may he does', async () => {
  await create('mighty')
  await bind('mighty', 'role:administrator')
  const refused = await refusal(token('mighty'))
  expect(refused).toMatchObject({ status: 403, code: 'authorization.escalation_refused' })
  const beyond = [{ action: 'update' as const, object: 'policy', domain: project }]
  expect((await refusal(token('mighty', { scopes: beyond }))).code).toBe('authorization.escalation_refused')
  expect((await lea.listServiceAccountTokens(account('mighty'))).items).toEqual([])
  await token('mighty', { scopes: [{ action: 'deploy', object: 'application', domain: project }] })
  await token('mighty', {}, admin)
  const denied = async () =>
    (await app.ledger('service-account.token-create')).filter(({ outcome }) => outcome === 'denied')
  await until(async () => (await denied()).length === 2)
})

test('what is unknown, there already or malformed is refused, and nothing is written', async () => {
  const count = async () => (await app.rows('select count(*)::int as n from service_accounts'))[0]
  await create('once')
  const before = await count()
  const refused = [
    [await refusal(create('once')), 409, 'authorization.service_account_exists'],
    [await refusal(create('No Good')), 400, 'platform.request_invalid'],
    [await refusal(lea.deleteServiceAccount(account('ghost'))), 404, 'authorization.service_account_unknown'],
    [await refusal(token('ghost')), 404, 'authorization.service_account_unknown'],
    [await refusal(lea.listServiceAccountTokens(account('ghost'))), 404, 'authorization.service_account_unknown'],
    [await refusal(token('once', { expiresInDays: 366 })), 400, 'platform.request_invalid'],
  ] as const
  for (const [problem, status, code] of refused) expect(problem).toMatchObject({ status, code })
  expect(await count()).toEqual(before)
})

test('an account that is deleted while a token is made for it leaves no token', async () => {
  for (const name of ['race-a', 'race-b', 'race-c']) {
    await create(name)
    await Promise.allSettled([token(name), lea.deleteServiceAccount(account(name))])
    expect(await app.rows('select id from tokens where subject = $1', [`sa:payments/${name}`])).toEqual([])
  }
})

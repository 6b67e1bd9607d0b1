import { asIdentity, fakeClock, testIdentity } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refusal, testApp, type TestApp } from '../test-app.ts'

const clock = fakeClock(new Date('2026-11-23T10:00:00Z'))
let app: TestApp
let admin: ReturnType<TestApp['as']>

beforeAll(async () => {
  app = await testApp({ clock })
  admin = app.as('user:admin')
  for (const username of ['alice', 'bob', 'gone'])
    await admin.createUser({ body: { username, password: `${username} has a password` } })
  await admin.createGroup({ body: { name: 'readers' } })
  await admin.addGroupMember({ body: { group: 'readers', username: 'bob' } })
  const domain = 'payments'
  const rule = { domain, effect: 'allow' as const }
  for (const subject of ['user:alice', 'group:readers', 'user:gone'])
    await admin.createPolicy({ body: { ...rule, subject, object: 'component/record-1', action: 'get' } })
  await admin.createPolicy({ body: { ...rule, subject: 'user:alice', object: 'component/record-1', action: 'update' } })
  await admin.createPolicy({ body: { ...rule, subject: 'user:alice', object: 'component/log*', action: 'get' } })
  await admin.createPolicy({ body: { ...rule, subject: 'user:alice', object: 'schema', action: 'get' } })
  await admin.createBinding({
    body: { subject: 'user:alice', role: 'role:deployer', domain: 'payments/production', conditions: { networks: ['10.0.0.0/8'] } },
  }) // prettier-ignore
  await admin.updateUser({ params: { username: 'gone' }, body: { disabled: true } })
  await admin.createBinding({ body: { subject: 'sa:payments/pep', role: 'role:team-lead', domain } })
})
afterAll(() => app?.close())

const alice = { type: 'user', id: 'alice' }
const bob = { type: 'user', id: 'bob' }
const record = { type: 'component', id: 'record-1', properties: { domain: 'payments' } }
const read = { name: 'get' }
const write = { name: 'update' }

/** As another program would ask: over plain HTTP. */
async function post(path: string, body: unknown, more: { as?: string; headers?: Record<string, string> } = {}) {
  const response = await fetch(`${app.url()}/access/v1/${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...asIdentity(more.as ?? 'sa:payments/pep', { nowSeconds: clock.now().getTime() / 1000 }),
      ...more.headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}
const decisionOf = async (body: unknown) => (await post('evaluation', body)).body['decision']
const decisionsOf = async (body: unknown) => {
  const answer = await post('evaluations', body)
  expect(answer.status).toBe(200)
  return (answer.body['evaluations'] as { decision: boolean; context?: unknown }[]).map(({ decision }) => decision)
}

describe('evaluation', () => {
  test('decides, with the reason and the revision; members that nobody knows are ignored', async () => {
    const yes = await post('evaluation', {
      subject: { ...alice, properties: { department: 'Sales' } }, action: { ...read, properties: { method: 'GET' } },
      resource: record, futureField: { nested: true },
    }) // prettier-ignore
    expect(yes.status).toBe(200)
    expect(yes.headers.get('content-type')).toMatch(/^application\/json/)
    expect(yes.body).toMatchObject({
      decision: true,
      context: { revision: expect.any(Number), reason_admin: { 200: expect.stringContaining('user:alice') } },
    })
    const no = await post('evaluation', { subject: bob, action: write, resource: record })
    expect(no.body).toMatchObject({
      decision: false,
      context: {
        reason_admin: { 403: 'no rule' },
        reason_user: { 403: expect.stringContaining("No right to 'update'") },
      },
    })
    expect(await decisionOf({ subject: bob, action: read, resource: record })).toBe(true)
  })

  test('knows a group, a kind as a whole, and where a resource is; what is unknown is denied', async () => {
    const group = { type: 'group', id: 'readers' }
    expect(await decisionOf({ subject: group, action: read, resource: record })).toBe(true)
    const schemas = { type: 'schema', id: '*', properties: { domain: 'payments/staging' } }
    expect(await decisionOf({ subject: alice, action: read, resource: schemas })).toBe(true)
    for (const asked of [
      { subject: alice, action: read, resource: { ...record, type: 'component', id: '*' } },
      { subject: alice, action: { name: 'can_read' }, resource: record },
      { subject: { type: 'robot', id: 'r2d2' }, action: read, resource: record },
      { subject: { type: 'user', id: 'alice@acmecorp.com' }, action: read, resource: record },
      { subject: alice, action: read, resource: { ...record, type: 'book' } },
      { subject: { type: 'user', id: 'gone' }, action: read, resource: record },
    ])
      expect(await decisionOf(asked), JSON.stringify(asked)).toBe(false)
  })

  test('honours the address and the time that the context tells', async () => {
    const resource = { type: 'application', id: 'ledger', properties: { domain: 'payments/production' } }
    const ask = (context?: object) =>
      decisionOf({ subject: alice, action: { name: 'deploy' }, resource, ...(context && { context }) })
    expect(await ask({ address: '10.1.1.1' })).toBe(true)
    expect(await ask({ ip: '10.1.1.1', time: '2026-11-23T10:00Z' })).toBe(true)
    expect([await ask({ address: '192.0.2.1' }), await ask()]).toEqual([false, false])
    const freeze = await admin.createFreeze({
      body: { domain: 'payments', from: '2026-12-24T00:00:00Z', until: '2027-01-02T00:00:00Z', reason: 'holidays' },
    })
    expect(await ask({ address: '10.1.1.1', at: '2026-12-25T12:00:00Z' })).toBe(false)
    expect(await ask({ address: '10.1.1.1' })).toBe(true)
    await admin.deleteFreeze({ params: { freeze: freeze.id } })
  })

  test('of what is malformed is 400, whatever is missing or of another type', async () => {
    const whole = { subject: alice, action: read, resource: record }
    const without = (member: 'subject' | 'action' | 'resource') => ({ ...whole, [member]: undefined })
    const bad: unknown[] = [
      without('subject'), without('action'), without('resource'), '', '{', '[]',
      { ...whole, subject: { id: 'alice' } }, { ...whole, subject: { type: 'user' } }, { ...whole, action: {} },
      { ...whole, resource: { id: 'record-1' } }, { ...whole, resource: { type: 'component' } },
      { ...whole, subject: 'alice' }, { ...whole, action: { name: 123 } }, { ...whole, context: 'now' },
      { ...whole, context: { at: 'tomorrow' } }, { ...whole, resource: { ...record, properties: { domain: 7 } } },
    ] // prettier-ignore
    for (const body of bad) expect((await post('evaluation', body)).status, JSON.stringify(body)).toBe(400)
    const text = await post('evaluation', JSON.stringify(whole), { headers: { 'content-type': 'text/plain' } })
    expect(text.status).toBe(400)
  })

  test('about others is for those who may list bindings there; about oneself for everybody', async () => {
    const asked = { subject: alice, action: read, resource: record }
    expect((await post('evaluation', asked, { as: 'user:bob' })).status).toBe(403)
    expect((await post('evaluation', asked, { as: 'user:alice' })).body).toMatchObject({ decision: true })
    const elsewhere = { ...asked, resource: { ...record, properties: { domain: 'orders' } } }
    expect((await post('evaluation', elsewhere)).status).toBe(403)
    expect((await post('evaluation', { ...asked, resource: { type: 'component', id: 'x' } })).status).toBe(403)
  })

  test('echoes the id of the request, also where it refuses', async () => {
    const headers = { 'x-request-id': 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716' }
    const found = await post('evaluation', { subject: alice, action: read, resource: record }, { headers })
    expect(found.headers.get('x-request-id')).toBe(headers['x-request-id'])
    expect((await post('evaluation', {}, { headers })).headers.get('x-request-id')).toBe(headers['x-request-id'])
  })
})

describe('evaluations', () => {
  test('fill in what the whole request says, entity by entity, in order', async () => {
    expect(await decisionsOf({ subject: bob, resource: record, evaluations: [{ action: read }, { action: write }] })).toEqual([true, false]) // prettier-ignore
    expect(
      await decisionsOf({
        subject: alice, action: write, resource: record,
        evaluations: [{}, { subject: bob }, { resource: { type: 'component', id: 'record-1' } }],
      }),
    ).toEqual([true, false, false]) // prettier-ignore
  })

  test.each([
    ['execute_all', [true, false, true]],
    ['deny_on_first_deny', [true, false]],
    ['permit_on_first_permit', [true]],
  ])('%s', async (semantic, expected) => {
    const evaluations = [{ action: read }, { action: { name: 'delete' } }, { action: write }]
    const options = { evaluations_semantic: semantic, another_option: 'value' }
    expect(await decisionsOf({ subject: alice, resource: record, evaluations, options })).toEqual(expected)
  })

  test('one that cannot be decided is a denial that says why; the others stand', async () => {
    const { body } = await post('evaluations', {
      subject: alice,
      action: read,
      evaluations: [{ resource: record }, {}, { resource: { ...record, properties: { domain: 'orders' } } }, { resource: 7 }],
    }) // prettier-ignore
    expect(body['evaluations']).toMatchObject([
      { decision: true },
      { decision: false, context: { error: { status: 400, message: 'resource is missing.' } } },
      { decision: false, context: { error: { status: 403 } } },
      { decision: false, context: { error: { status: 400 } } },
    ])
    expect(body).not.toHaveProperty('decision')
  })

  test('without any it is one evaluation; an unknown semantic is 400', async () => {
    const whole = { subject: alice, action: read, resource: record }
    for (const body of [whole, { ...whole, evaluations: [] }]) {
      const answer = await post('evaluations', body)
      expect([answer.status, answer.body['decision'], 'evaluations' in answer.body]).toEqual([200, true, false])
    }
    expect((await post('evaluations', { subject: alice, action: read })).status).toBe(400)
    const options = { evaluations_semantic: 'at_random' }
    expect((await post('evaluations', { ...whole, evaluations: [{}], options })).status).toBe(400)
  })
})

describe('search', () => {
  const ids = ({ body }: { body: Record<string, unknown> }) =>
    (body['results'] as { id?: string; name?: string }[]).map(({ id, name }) => id ?? name)

  test('subjects: by whatever way, of the type asked for, and each of them is permitted', async () => {
    const asked = { subject: { type: 'user' }, action: read, resource: record }
    const found = await post('search/subject', asked)
    expect(ids(found)).toEqual(['admin', 'alice', 'bob'])
    expect(ids(await post('search/subject', { ...asked, subject: alice }))).toEqual(ids(found))
    for (const subject of found.body['results'] as object[])
      expect(await decisionOf({ subject, action: read, resource: record })).toBe(true)
    expect(ids(await post('search/subject', { ...asked, subject: { type: 'group' } }))).toEqual(['administrators', 'readers']) // prettier-ignore
    expect(ids(await post('search/subject', { ...asked, subject: { type: 'robot' } }))).toEqual([])
    expect((await post('search/subject', asked, { as: 'user:bob' })).status).toBe(403)
  })

  test('resources: the patterns of the policy, where each holds, and each of them is permitted', async () => {
    const asked = { subject: alice, action: read, resource: { type: 'component', id: 'ignored' } }
    const found = await post('search/resource', asked, { as: 'user:alice' })
    expect(found.body['results']).toEqual([
      { type: 'component', id: 'log*', properties: { domain: 'payments' } },
      { type: 'component', id: 'record-1', properties: { domain: 'payments' } },
    ])
    expect(ids(await post('search/resource', asked))).toEqual(ids(found))
    for (const resource of found.body['results'] as object[])
      expect(await decisionOf({ subject: alice, action: read, resource })).toBe(true)
    const inStaging = { type: 'component', properties: { domain: 'payments/staging' } }
    const narrowed = await post('search/resource', { ...asked, resource: inStaging })
    expect(narrowed.body['results']).toContainEqual({ ...record, properties: { domain: 'payments/staging' } })
    const schemas = await post('search/resource', { ...asked, resource: { type: 'schema' } })
    expect(schemas.body['results']).toEqual([{ type: 'schema', id: '*', properties: { domain: 'payments' } }])
    expect(ids(await post('search/resource', { ...asked, resource: { type: 'book' } }, { as: 'user:alice' }))).toEqual([]) // prettier-ignore
    expect((await post('search/resource', asked, { as: 'user:bob' })).status).toBe(403)
  })

  test('actions: all that are permitted on it', async () => {
    expect(ids(await post('search/action', { subject: alice, resource: record }))).toEqual(['get', 'update'])
    const nobody = { type: 'user', id: 'nonexistent-user' }
    expect(ids(await post('search/action', { subject: nobody, resource: record }))).toEqual([])
    expect((await post('search/action', { subject: alice, resource: record }, { as: 'user:bob' })).status).toBe(403)
  })

  test('pages: every result once, the last without a token; a token of another search is refused', async () => {
    const asked = { subject: { type: 'user' }, action: read, resource: record }
    const first = await post('search/subject', { ...asked, page: { limit: 2 } })
    const page = first.body['page'] as { next_token: string }
    expect(first.body['page']).toMatchObject({ count: 2, total: 3, next_token: expect.stringMatching(/./) })
    const second = await post('search/subject', { ...asked, page: { token: page.next_token } })
    expect([...ids(first), ...ids(second)]).toEqual(['admin', 'alice', 'bob'])
    expect(second.body['page']).toEqual({ next_token: '', count: 1, total: 3 })
    for (const other of [
      { ...asked, action: write, page: { token: page.next_token } },
      { ...asked, page: { token: page.next_token, limit: 3 } },
      { ...asked, page: { token: 'nonsense' } },
      { ...asked, page: { limit: -1 } },
    ])
      expect((await post('search/subject', other)).status).toBe(400)
    const none = await post('search/subject', { ...asked, page: { limit: 0 } })
    expect([none.status, none.body['results']]).toEqual([200, []])
  })
})

test('discovery: absolute addresses under the public URL', async () => {
  const found = (await app.as().authzenConfiguration()) as Record<string, string>
  const base = found['policy_decision_point'] ?? ''
  expect(new URL(base).pathname).toBe('/')
  expect(base.endsWith('/')).toBe(false)
  expect(found).toEqual({
    policy_decision_point: base,
    access_evaluation_endpoint: `${base}/access/v1/evaluation`,
    access_evaluations_endpoint: `${base}/access/v1/evaluations`,
    search_subject_endpoint: `${base}/access/v1/search/subject`,
    search_resource_endpoint: `${base}/access/v1/search/resource`,
    search_action_endpoint: `${base}/access/v1/search/action`,
  })
})

test('a token that is narrowed learns nothing beyond its scopes, not even of its owner', async () => {
  const scopes = [{ action: 'get', object: 'schema', domain: 'payments' }]
  const narrowed = app.as(testIdentity('user:alice', { scopes }))
  const body = { subject: alice, action: read, resource: record }
  expect((await narrowed.evaluateAccess({ body })).decision).toBe(false)
  const schema = { ...body, resource: { ...record, type: 'schema' } }
  expect((await narrowed.evaluateAccess({ body: schema })).decision).toBe(true)
  const others = app.as(testIdentity('sa:payments/pep', { scopes }))
  expect((await refusal(others.evaluateAccess({ body }))).status).toBe(403)
})

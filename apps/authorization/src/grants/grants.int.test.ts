import { decide, policySnapshot } from '@plinth/contracts'
import { openStore, type Store } from '@plinth/store'
import { fakeClock, quietLogger, until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLivePolicy } from '../policy/live-policy.ts'
import { collect, refusal, testApp, type TestApp } from '../test-app.ts'
import { noteEnded } from './keeper.ts'

const clock = fakeClock(new Date())
const stop = new AbortController()
const minuteMs = 60_000
let app: TestApp
let store: Store
let events: ReturnType<typeof collect>
let admin: ReturnType<TestApp['as']>

beforeAll(async () => {
  app = await testApp({ clock })
  admin = app.as('user:admin')
  const migrations = new URL('../db/migrations/', import.meta.url)
  store = await openStore({ url: app.databaseUrl, migrations, applicationName: 'replica', logger: quietLogger, clock })
  events = collect(app.bus, 'authorization', stop.signal)
  for (const username of ['ana', 'lea', 'dev', 'out'])
    await admin.createUser({ body: { username, password: `${username} has a password` } })
  await admin.createBinding({ body: { subject: 'user:lea', role: 'role:team-lead', domain: 'payments' } })
  await admin.createBinding({ body: { subject: 'user:dev', role: 'role:developer', domain: 'payments' } })
})
afterAll(async () => {
  stop.abort()
  await store?.close()
  await app?.close()
})

const production = 'payments/production'
const deploys = async (subject: string, domain = production) =>
  (await app.bus.ask(decide, { questions: [{ subjects: [subject], action: 'deploy', object: 'application/ledger', domain }] })).decisions[0]?.allowed // prettier-ignore
const revision = async () => (await app.bus.ask(policySnapshot, {})).revision
const request = (by: string, more: object = {}) =>
  app.as(by).createAccessRequest({
    body: { role: 'role:deployer', domain: production, reason: 'hotfix', durationMinutes: 60, ...more },
  })
const params = ({ id }: { id: string }) => ({ params: { request: id } })
const approve = (by: string, made: { id: string }, body: object = {}) =>
  app.as(by).approveAccessRequest({ ...params(made), body })
const told = (id: string, state: string) =>
  until(() =>
    events.some(({ type, data }) => {
      const facts = data as { request?: string; state?: string }
      return type.includes('access.elevated') && facts.request === id && facts.state === state
    }),
  )
/** What the ledger says of one request, once it does. */
const noted = async (action: string, id: string, outcome = 'success', count = 1) => {
  const find = async () =>
    (await app.ledger(action)).filter((row) => {
      const about = `${JSON.stringify(row['detail'])} ${String(row['object'])}`
      return about.includes(id) && row['outcome'] === outcome
    })
  await until(async () => (await find()).length >= count, { what: `${action} of ${id}` })
  return find()
}
/** Another replica's look at what time has ended. */
const tick = () => noteEnded({ store, policy: createLivePolicy(store.db, clock), clock, logger: quietLogger })

describe('access for a time', () => {
  test('is asked for, granted for less than asked, effective at once, and over when its time is', async () => {
    const made = await request('user:dev')
    expect(made).toMatchObject({ state: 'pending', subject: 'user:dev', breakGlass: false, mayDecide: false })
    expect(await deploys('user:dev')).toBe(false)
    expect(await app.as('user:lea').getAccessRequest(params(made))).toMatchObject({ mayDecide: true })
    const granted = await approve('user:lea', made, { durationMinutes: 30, comment: 'go' })
    expect(granted).toMatchObject({ state: 'granted', decidedBy: 'user:lea', decision: 'go' })
    expect(granted.expiresAt).toBe(new Date(clock.now().getTime() + 30 * minuteMs).toISOString())
    expect(await deploys('user:dev')).toBe(true)
    expect(await deploys('user:dev', 'payments/staging')).toBe(false)
    clock.advance(30 * minuteMs)
    expect(await deploys('user:dev')).toBe(false)
    await tick()
    await tick()
    expect(await app.as('user:dev').getAccessRequest(params(made))).toMatchObject({ state: 'expired' })
    expect(await app.rows('select id from bindings where request = $1', [made.id])).toEqual([])
    expect(await noted('access.expired', made.id)).toHaveLength(1)
    await noted('access.request', made.id)
    expect(await noted('access.approve', made.id)).toMatchObject([{ actor: 'user:lea', project: 'payments' }])
    for (const state of ['requested', 'granted', 'ended']) await told(made.id, state)
  })

  test('of fifty approvals at once exactly one takes effect', async () => {
    const made = await request('user:dev')
    const before = await revision()
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => approve('user:lea', made)))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await revision()).toBe(before + 1)
    expect(await app.rows('select id from bindings where request = $1', [made.id])).toHaveLength(1)
    await app.as('user:dev').endAccessRequest(params(made))
  })

  test('is given back before its time, effective at once; one who grants there may end it too', async () => {
    for (const ender of ['user:dev', 'user:lea']) {
      const made = await request('user:dev')
      await approve('user:lea', made)
      expect(await deploys('user:dev')).toBe(true)
      expect((await refusal(app.as('user:out').endAccessRequest(params(made)))).status).toBe(404)
      expect(await app.as(ender).endAccessRequest(params(made))).toMatchObject({ state: 'ended' })
      expect(await deploys('user:dev')).toBe(false)
      await told(made.id, 'ended')
      const again = await refusal(app.as(ender).endAccessRequest(params(made)))
      expect(again).toMatchObject({ status: 409, code: 'authorization.access_request_decided' })
    }
  })

  test('ends with its binding, whoever removes that', async () => {
    const made = await request('user:dev')
    await approve('user:lea', made)
    const { items } = await admin.listBindings({ query: { subject: 'user:dev', domain: production } })
    await admin.deleteBinding({ params: { binding: items[0]?.id ?? '' } })
    expect(await app.as('user:dev').getAccessRequest(params(made))).toMatchObject({ state: 'ended' })
  })

  test('is withdrawn, denied with a reason, and decided once', async () => {
    const withdrawn = await request('user:dev')
    expect(await app.as('user:dev').endAccessRequest(params(withdrawn))).toMatchObject({ state: 'withdrawn' })
    const made = await request('user:dev')
    const denied = await app.as('user:lea').denyAccessRequest({ ...params(made), body: { reason: 'not today' } })
    expect(denied).toMatchObject({ state: 'denied', decision: 'not today', decidedBy: 'user:lea' })
    await noted('access.deny', made.id)
    expect((await refusal(approve('user:lea', made))).code).toBe('authorization.access_request_decided')
    expect(await deploys('user:dev')).toBe(false)
  })

  test('nobody decides his own, beyond his rights, or where he grants nothing; all of it is in the ledger', async () => {
    const own = await request('user:lea', { role: 'role:auditor' })
    expect((await refusal(approve('user:lea', own))).code).toBe('authorization.self_approval_refused')
    const above = await request('user:dev', { role: 'role:administrator' })
    const before = await revision()
    expect((await refusal(approve('user:lea', above))).code).toBe('authorization.escalation_refused')
    expect(await app.as('user:lea').getAccessRequest(params(above))).toMatchObject({ mayDecide: false })
    expect(await revision()).toBe(before)
    const far = await request('user:dev', { domain: 'orders' })
    expect(await refusal(approve('user:lea', far))).toMatchObject({ status: 404 })
    await admin.createBinding({ body: { subject: 'user:out', role: 'role:auditor', domain: 'payments' } })
    const auditor = await refusal(approve('user:out', above))
    expect(auditor).toMatchObject({ status: 403, code: 'gateway.permission_denied' })
    await noted('access.approve', own.id, 'denied')
    expect(await noted('access.approve', above.id, 'denied', 2)).toHaveLength(2)
    for (const { id, subject } of [own, above, far]) await app.as(subject).endAccessRequest({ params: { request: id } })
  })

  test('what is malformed, unknown, held already or asked for twice is refused, and nothing is written', async () => {
    const count = async () => (await app.rows('select count(*)::int as n from access_requests'))[0]
    const open = await request('user:dev')
    const before = await count()
    const refused = [
      [await refusal(request('user:dev')), 409, 'authorization.access_request_exists'],
      [await refusal(request('user:dev', { role: 'role:nothing' })), 404, 'authorization.role_unknown'],
      [await refusal(request('user:dev', { role: 'group:administrators' })), 422, 'authorization.policy_invalid'],
      [await refusal(request('user:dev', { durationMinutes: 481 })), 400, 'platform.request_invalid'],
      [await refusal(request('user:dev', { reason: '' })), 400, 'platform.request_invalid'],
      [await refusal(request('user:dev', { role: 'role:developer', domain: 'payments' })), 409, 'authorization.binding_exists'], // prettier-ignore
      [await refusal(request('job:payments/pip_1')), 403, 'gateway.permission_denied'],
    ] as const
    for (const [problem, status, code] of refused) expect(problem).toMatchObject({ status, code })
    expect(await count()).toEqual(before)
    const none = { params: { request: 'acr_none1' } }
    const unknown = [
      refusal(admin.getAccessRequest(none)),
      refusal(admin.approveAccessRequest({ ...none, body: {} })),
      refusal(admin.denyAccessRequest({ ...none, body: { reason: 'because' } })),
      refusal(admin.endAccessRequest(none)),
    ]
    for (const problem of await Promise.all(unknown))
      expect(problem).toMatchObject({ status: 404, code: 'authorization.access_request_unknown' })
    await app.as('user:dev').endAccessRequest(params(open))
  })

  test('a list has my own and those of domains whose bindings I may list, page by page, newest first', async () => {
    const mine = await request('user:ana', { domain: 'orders' })
    clock.advance(1)
    const theirs = await request('user:dev')
    const seen = async (by: string) => {
      const ids: string[] = []
      for (let cursor: string | undefined; ;) {
        const page = await app
          .as(by)
          .listAccessRequests({ query: { limit: 2, state: 'pending', ...(cursor && { cursor }) } })
        ids.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor
        if (cursor === undefined) return ids
      }
    }
    expect(await seen('user:ana')).toEqual([mine.id])
    expect(await seen('user:lea')).toEqual([theirs.id])
    expect(await seen('user:admin')).toEqual([theirs.id, mine.id])
    clock.advance(7 * 24 * 60 * minuteMs)
    await tick()
    expect(await seen('user:admin')).toEqual([])
    await noted('access.expired', mine.id)
  })
})

describe('a change freeze', () => {
  const freeze = (by: string, more: object = {}) =>
    app.as(by).createFreeze({
      body: { domain: 'payments', until: new Date(clock.now().getTime() + 60 * minuteMs).toISOString(), reason: 'year end', ...more },
    }) // prettier-ignore

  test('withholds changes, but not for him who breaks the glass: at once, loudly, and for an hour at most', async () => {
    await admin.createPolicy({ body: { subject: 'user:dev', domain: 'payments', object: 'break-glass', action: 'use', effect: 'allow' } }) // prettier-ignore
    expect(await deploys('user:lea')).toBe(true)
    const made = await freeze('user:admin')
    expect(await deploys('user:lea')).toBe(false)
    const long = await refusal(request('user:dev', { breakGlass: true, durationMinutes: 61 }))
    expect(long.code).toBe('authorization.policy_invalid')
    const broken = await request('user:dev', { breakGlass: true, durationMinutes: 15 })
    expect(broken).toMatchObject({ state: 'granted', breakGlass: true, decidedBy: 'user:dev' })
    expect(await deploys('user:dev')).toBe(true)
    expect(await deploys('user:lea')).toBe(false)
    expect(await noted('access.break-glass', broken.id)).toMatchObject([{ actor: 'user:dev', project: 'payments' }])
    await told(broken.id, 'granted')
    clock.advance(15 * minuteMs)
    expect(await deploys('user:dev')).toBe(false)
    await tick()
    await told(broken.id, 'ended')
    expect((await refusal(request('user:out', { breakGlass: true }))).code).toBe('gateway.permission_denied')
    await until(async () => (await app.ledger('access.break-glass')).some(({ outcome }) => outcome === 'denied'))
    await admin.deleteFreeze({ params: { freeze: made.id } })
    expect(await deploys('user:lea')).toBe(true)
  })

  test('does not hold him who breaks the glass for a role that he has there anyway', async () => {
    await admin.createPolicy({ body: { subject: 'user:lea', domain: 'payments', object: 'break-glass', action: 'use', effect: 'allow' } }).catch(() => undefined) // prettier-ignore
    const made = await freeze('user:admin')
    const broken = await request('user:lea', { role: 'role:team-lead', domain: 'payments', breakGlass: true })
    expect(await deploys('user:lea')).toBe(true)
    const { roles } = await app.as('user:lea').getMe()
    expect(roles.map(({ role }) => role).filter((role) => role.startsWith('elevated'))).toEqual([])
    const held = (await admin.accessReview()).items.filter(({ subject }) => subject === 'user:lea')
    expect(held.map(({ role }) => role)).toEqual(['role:team-lead', 'role:team-lead'])
    await app.as('user:lea').endAccessRequest(params(broken))
    expect(await deploys('user:lea')).toBe(false)
    await admin.deleteFreeze({ params: { freeze: made.id } })
    expect(await deploys('user:lea')).toBe(true)
  })

  test('ends by itself; then it is out of the policy, and in the ledger', async () => {
    const made = await freeze('user:admin', { reason: 'short one' })
    expect((await app.as('user:dev').listFreezes()).items).toEqual([made])
    expect((await app.as('user:ana').listFreezes()).items).toEqual([])
    clock.advance(60 * minuteMs)
    expect(await deploys('user:lea')).toBe(true)
    const before = await revision()
    await tick()
    await tick()
    expect(await revision()).toBe(before + 1)
    expect(await app.rows('select * from freezes')).toEqual([])
    expect((await app.bus.ask(policySnapshot, {})).freezes ?? []).toEqual([])
    await until(async () =>
      (await app.ledger('freeze.ended')).some(({ detail }) => String(detail).includes('short one')),
    )
  })

  test('is refused where it is malformed or not the caller’s to make or end; nothing is written', async () => {
    const made = await freeze('user:admin', { domain: '*' })
    const before = await revision()
    const at = (minutes: number) => new Date(clock.now().getTime() + minutes * minuteMs).toISOString()
    const refused = [
      [await refusal(freeze('user:dev')), 403, 'gateway.permission_denied'],
      [await refusal(freeze('user:admin', { until: 'tomorrow' })), 400, 'platform.request_invalid'],
      [await refusal(freeze('user:admin', { until: at(-1) })), 422, 'authorization.policy_invalid'],
      [await refusal(freeze('user:admin', { from: at(20), until: at(10) })), 422, 'authorization.policy_invalid'],
      [await refusal(freeze('user:admin', { until: at(91 * 24 * 60) })), 422, 'authorization.policy_invalid'],
      [await refusal(app.as('user:dev').deleteFreeze({ params: { freeze: made.id } })), 403, 'gateway.permission_denied'],
      [await refusal(admin.deleteFreeze({ params: { freeze: 'frz_none1' } })), 404, 'authorization.freeze_unknown'],
    ] as const // prettier-ignore
    for (const [problem, status, code] of refused) expect(problem).toMatchObject({ status, code })
    expect(await revision()).toBe(before)
    // An administrator ends what freezes himself.
    await admin.deleteFreeze({ params: { freeze: made.id } })
    const denied = async () => (await app.ledger('freeze.delete')).some(({ actor }) => actor === 'user:dev')
    await until(denied, { what: 'the denial in the ledger' })
  })
})

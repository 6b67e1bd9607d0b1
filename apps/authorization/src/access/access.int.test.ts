import { answer, answers } from '@plinth/bus'
import { decisionSummary, type RpcResponse } from '@plinth/contracts'
import type { Worker } from '@plinth/kernel'
import { fakeClock, testIdentity, until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refusal, testApp, type TestApp } from '../test-app.ts'

type Decided = RpcResponse<typeof decisionSummary>['items'][number]

const clock = fakeClock(new Date('2026-11-23T10:00:00Z'))
const asked: { days: number }[] = []
let decided: Decided[] = []
let complete = true
let telemetry: Worker
let app: TestApp
let admin: ReturnType<TestApp['as']>
let lea: ReturnType<TestApp['as']>

beforeAll(async () => {
  app = await testApp({ clock })
  admin = app.as('user:admin')
  lea = app.as('user:lea')
  for (const username of ['lea', 'dev', 'ana'])
    await admin.createUser({
      body: { username, displayName: `Dr ${username}`, password: `${username} has a password` },
    })
  await admin.createGroup({ body: { name: 'coders' } })
  await admin.addGroupMember({ body: { group: 'coders', username: 'ana' } })
  await bind('user:lea', 'role:team-lead', 'payments')
  await bind('user:dev', 'role:developer', 'payments')
  await bind('user:dev', 'role:auditor', 'orders')
  await bind('group:coders', 'role:developer', 'payments')
  await bind('user:dev', 'role:deployer', 'payments/production', {
    conditions: { window: { zone: 'UTC', days: ['mon'], from: '12:00', until: '13:00' } },
  })
})
afterAll(async () => {
  await telemetry?.stop()
  await app?.close()
})

const bind = (subject: string, role: string, domain: string, more: object = {}) =>
  admin.createBinding({ body: { subject, role, domain, ...more } })
const deploy = { action: 'deploy', object: 'application/ledger', domain: 'payments/production' } as const
const code = { action: 'update', object: 'component/ledger', domain: 'payments' } as const

describe('explain', () => {
  test('an allow: the rules that speak, and the bindings that lead to them', async () => {
    const found = await app.as('user:ana').explainAccess({ body: code })
    expect(found).toMatchObject({ allowed: true, unmet: [], revision: expect.any(Number) })
    expect(found.matches[0]).toMatchObject({
      rule: { subject: 'role:developer', effect: 'allow' },
      through: [
        { subject: 'user:ana', role: 'group:coders', domain: '*' },
        { subject: 'group:coders', role: 'role:developer', domain: 'payments' },
      ],
    })
  })

  test('a denial: the nearest single grant, the conditions that do not hold, and the time at which they would', async () => {
    const now = await lea.explainAccess({ body: { subject: 'user:dev', ...deploy } })
    expect(now).toMatchObject({
      allowed: false,
      grant: { role: 'role:deployer', domain: 'payments/production' },
      unmet: [{ link: { subject: 'user:dev', role: 'role:deployer' }, why: expect.stringMatching(/./) }],
    })
    const noon = await lea.explainAccess({ body: { subject: 'user:dev', ...deploy, at: '2026-11-23T12:30:00Z' } })
    expect(noon.allowed).toBe(true)
    const freeze = await admin.createFreeze({
      body: { domain: 'payments', from: '2026-11-30T00:00:00Z', until: '2026-12-01T00:00:00Z', reason: 'audit' },
    })
    const frozen = await lea.explainAccess({ body: { subject: 'user:lea', ...deploy, at: '2026-11-30T12:30:00Z' } })
    expect(frozen).toMatchObject({ allowed: false, frozen: { domain: 'payments', reason: 'audit' } })
    await admin.deleteFreeze({ params: { freeze: freeze.id } })
  })

  test('about others is for those who may list bindings there', async () => {
    const about = { body: { subject: 'user:dev', ...deploy } }
    expect((await refusal(app.as('user:ana').explainAccess(about))).code).toBe('gateway.permission_denied')
    const elsewhere = { body: { subject: 'user:dev', ...deploy, domain: 'orders' } }
    expect((await refusal(lea.explainAccess(elsewhere))).status).toBe(403)
    for (const wrong of [{ at: 'noon' }, { address: 'home' }])
      expect((await refusal(lea.explainAccess({ body: { ...deploy, ...wrong } }))).status).toBe(400)
  })
})

describe('what can', () => {
  test('oneself: all of it; another: as much as bindings may be listed', async () => {
    const own = (await app.as('user:dev').whatCan({ body: {} })).items
    expect(own.map(({ domain }) => domain)).toEqual(expect.arrayContaining(['payments', 'orders']))
    expect(own).not.toContainEqual(expect.objectContaining({ action: 'deploy', domain: 'payments/production' }))
    const seen = (await lea.whatCan({ body: { subject: 'user:dev', at: '2026-11-23T12:30:00Z' } })).items
    expect(new Set(seen.map(({ domain }) => domain.split('/')[0]))).toEqual(new Set(['payments']))
    expect(seen).toContainEqual(expect.objectContaining({ action: 'deploy', object: 'application', effect: 'allow' }))
    expect(await lea.whatCan({ body: { subject: 'user:nobody' } })).toEqual({ items: [] })
    expect((await refusal(app.as('user:ana').whatCan({ body: { subject: 'user:dev' } }))).status).toBe(403)
  })
})

describe('can I', () => {
  test('as another: with his eyes, for those who may list bindings there', async () => {
    const body = { as: 'user:dev', questions: [code, deploy] }
    expect((await lea.canI({ body })).items.map(({ allowed }) => allowed)).toEqual([true, false])
    expect((await refusal(app.as('user:ana').canI({ body }))).code).toBe('gateway.permission_denied')
    const orders = { as: 'user:dev', questions: [code, { ...code, domain: 'orders' }] }
    expect((await refusal(lea.canI({ body: orders }))).status).toBe(403)
    await admin.updateUser({ params: { username: 'dev' }, body: { disabled: true } })
    expect((await lea.canI({ body })).items[0]).toMatchObject({ allowed: false })
    await admin.updateUser({ params: { username: 'dev' }, body: { disabled: false } })
  })

  test('with a narrowed token: within its scopes', async () => {
    const narrowed = app.as(testIdentity('user:ana', { scopes: [{ action: 'get', object: '*', domain: '*' }] }))
    const { items } = await narrowed.canI({ body: { questions: [code, { ...code, action: 'get' }] } })
    expect(items.map(({ allowed }) => allowed)).toEqual([false, true])
  })
})

test('who can: marked where it hangs on a condition, decided where the circumstances are told', async () => {
  const open = (await admin.whoCan({ body: deploy })).items
  expect(open).toContainEqual({ subject: 'user:lea' })
  expect(open).toContainEqual({ subject: 'user:dev', conditional: true })
  const at = async (time: string) =>
    (await admin.whoCan({ body: { ...deploy, at: time } })).items.map(({ subject }) => subject)
  expect(await at('2026-11-23T12:30:00Z')).toContain('user:dev')
  expect(await at('2026-11-23T13:30:00Z')).not.toContain('user:dev')
})

describe('what is used', () => {
  const used = (subject: string, question: typeof deploy | typeof code, allowed = true): Decided => ({
    ...question, subject, subjects: [subject], allowed, count: 3, lastAt: '2026-11-22T08:00:00.000Z',
  }) // prettier-ignore
  const row = (items: { subject: string; role: string; domain: string }[], subject: string, role: string) =>
    items.filter((one) => one.subject === subject && one.role === role)

  test('without the decision log the review says so, and unused grants are not guessed', async () => {
    const review = await admin.accessReview()
    expect(review.note).toContain('decision log')
    expect(review.items.every(({ unused }) => !unused)).toBe(true)
    expect(await refusal(admin.unusedGrants())).toMatchObject({ status: 503, code: 'platform.unavailable' })
  })

  test('review: who holds what, by whom given and when last used, through each group', async () => {
    telemetry = answers(app.bus, [
      answer(decisionSummary, async (want) => {
        asked.push(want)
        return { complete, items: decided }
      }),
    ])
    await telemetry.start()
    decided = [used('user:ana', code), used('user:lea', deploy), used('user:dev', deploy, false)]
    await until(async () => (await admin.accessReview({ query: { days: 7 } })).note === undefined)
    const { days, items } = await admin.accessReview({ query: { days: 7 } })
    expect([days, asked.at(-1)?.days]).toEqual([7, 7])
    expect(row(items, 'user:ana', 'role:developer')).toEqual([
      expect.objectContaining({
        displayName: 'Dr ana', domain: 'payments', through: 'group:coders', createdBy: 'user:admin',
        lastUsedAt: '2026-11-22T08:00:00.000Z', unused: false,
      }),
    ]) // prettier-ignore
    expect(row(items, 'user:dev', 'role:deployer')).toMatchObject([{ unused: true, through: 'direct' }])
    const inOrders = (await admin.accessReview({ query: { domain: 'orders' } })).items
    expect(row(inOrders, 'user:dev', 'role:auditor')).toHaveLength(1)
    expect(row(inOrders, 'user:dev', 'role:developer')).toEqual([])
  })

  test('unused: bindings over which nobody was allowed anything; every way to a right counts as used', async () => {
    await bind('user:ana', 'role:developer', 'payments')
    const unused = async () => (await admin.unusedGrants({ query: { days: 30 } })).items
    const found = await unused()
    expect(row(found, 'user:ana', 'role:developer')).toEqual([])
    expect(row(found, 'group:coders', 'role:developer')).toEqual([])
    expect(row(found, 'user:lea', 'role:team-lead')).toEqual([])
    expect(row(found, 'user:dev', 'role:developer')).toHaveLength(1)
    expect(found.every(({ subject }) => !subject.startsWith('role:'))).toBe(true)
    decided = [...decided, used('user:dev', code)]
    expect(row(await unused(), 'user:dev', 'role:developer')).toEqual([])
    complete = false
    expect((await admin.unusedGrants()).note).toContain('most frequent')
  })
})

import { decide, type PolicyEdit } from '@plinth/contracts'
import { fakeClock, testIdentity, until } from '@plinth/testkit'
import type { Static } from 'typebox'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { collect, refusal, testApp, type TestApp } from '../test-app.ts'

type Edit = Static<typeof PolicyEdit>
type Right = { subject: string; action: string; object: string; domain: string }
const clock = fakeClock(new Date())
const stop = new AbortController()
let app: TestApp
let admin: ReturnType<TestApp['as']>
let second: ReturnType<TestApp['as']>
let events: ReturnType<typeof collect>

beforeAll(async () => {
  app = await testApp({ clock })
  admin = app.as('user:admin')
  second = app.as('user:second')
  events = collect(app.bus, 'authorization', stop.signal)
  await admin.createUser({ body: { username: 'second', password: 'second second', groups: ['administrators'] } })
  for (const username of ['third', 'ana', 'lea', 'ida'])
    await admin.createUser({ body: { username, password: `${username} has a password` } })
  const allow = { subject: 'role:author', domain: '*', object: 'policy', effect: 'allow' } as const
  for (const action of ['get', 'create', 'update', 'approve'] as const)
    await admin.createPolicy({ body: { ...allow, action } })
  await admin.createBinding({ body: { subject: 'user:ida', role: 'role:author', domain: '*' } })
})
beforeEach(() => admin.updatePolicySettings({ body: { approvalsNeeded: 0 } }))
afterAll(async () => {
  stop.abort()
  await app?.close()
})

const may = async ({ subject, ...question }: Right) =>
  (await app.bus.ask(decide, { questions: [{ subjects: [subject], ...question }] })).decisions[0]?.allowed
const revision = async () => (await admin.getRawPolicy()).revision
const needApprovals = (approvalsNeeded: number) => admin.updatePolicySettings({ body: { approvalsNeeded } })
let made = 0
/** A rule of its own for each call. */
const freshRule = () =>
  ({
    subject: `role:fresh-${++made}`,
    domain: 'payments',
    object: 'application',
    action: 'deploy',
    effect: 'allow',
  }) as const
const draft = async (edit: Edit, by = admin) => (await by.createChangeSet({ body: { title: 'A change', edit } })).id
const at = (changeSet: string) => ({ params: { changeSet } })
const proposed = async (edit: Edit, by = admin) => {
  const id = await draft(edit, by)
  await by.proposeChangeSet(at(id))
  return id
}

describe('a change set', () => {
  test('goes from draft to the policy in force as one revision, one step and one entry in the ledger', async () => {
    const before = await revision()
    const rule = freshRule()
    const link = { subject: 'user:ana', role: rule.subject, domain: 'payments' }
    const right = { subject: 'user:ana', action: 'deploy', object: 'application/ledger', domain: 'payments/production' }
    const id = await draft({ addRules: [rule], addLinks: [link] })
    expect(await admin.getChangeSet(at(id))).toMatchObject({
      state: 'draft', problems: [], baseRevision: before, author: 'user:admin',
      diff: { added: [`p, ${rule.subject}, payments, application, deploy, allow`, `g, user:ana, ${rule.subject}, payments`], removed: [] },
    }) // prettier-ignore
    expect(await may(right)).toBe(false)
    expect((await refusal(admin.applyChangeSet(at(id)))).code).toBe('authorization.change_set_state_refused')
    expect((await admin.proposeChangeSet(at(id))).state).toBe('approved')
    const applied = await admin.applyChangeSet(at(id))
    expect(applied).toMatchObject({ state: 'applied', appliedRevision: before + 1, appliedBy: 'user:admin' })
    expect(await may(right)).toBe(true)
    expect(await revision()).toBe(before + 1)
    const { items } = await admin.listPolicyRevisions({ query: { limit: 1 } })
    expect(items).toMatchObject([{ revision: before + 1, changeSet: id, summary: 'A change', added: 2, removed: 0 }])
    expect((await admin.listRoles()).items.map(({ name }) => `role:${name}`)).toContain(rule.subject)
    await until(() =>
      events.some(({ type, data }) => type.includes('policy.changed') && stepOf(data)?.addRules?.length === 1),
    )
    expect(await app.ledger('change-set.apply')).toMatchObject([{ actor: 'user:admin', object: `change-set/${id}` }])
    expect((await refusal(admin.applyChangeSet(at(id)))).code).toBe('authorization.change_set_state_refused')
    expect((await refusal(admin.discardChangeSet(at(id)))).code).toBe('authorization.change_set_state_refused')
  })

  test('is drafted from a whole text, and takes along only what the text says differently', async () => {
    const link = { subject: 'user:lea', role: 'role:auditor', domain: 'payments', expiresAt: '2099-01-01T00:00:00Z' }
    await admin.createBinding({ body: link })
    const { csv, revision: base } = await admin.getRawPolicy()
    await admin.createPolicy({ body: freshRule() })
    const text = `${csv.replace(/^g2, user:lea.*\n/m, '')}p, role:qa, staging, application, deploy\n`
    const body = { title: 'By text', csv: text, baseRevision: base }
    const { id, diff } = await admin.createChangeSet({ body })
    expect(diff).toEqual({
      added: ['p, role:qa, staging, application, deploy, allow'],
      removed: ['g2, user:lea, role:auditor, payments, 2099-01-01T00:00:00.000Z'],
    })
    await admin.proposeChangeSet(at(id))
    await admin.applyChangeSet(at(id))
    expect(await may({ subject: 'user:lea', action: 'list', object: 'audit', domain: 'payments' })).toBe(false)
  })

  test('that was drawn from an older revision is applied where its rows still fit, else refused with the rows', async () => {
    const [kept, lost, late] = [freshRule(), freshRule(), freshRule()]
    await admin.createPolicy({ body: kept })
    const { id: lostId } = await admin.createPolicy({ body: lost })
    const fits = await proposed({ removeRules: [kept] })
    const misses = await proposed({ removeRules: [lost], addRules: [late] })
    await admin.deletePolicy({ params: { policy: lostId } })
    await admin.createPolicy({ body: late })
    const before = await revision()
    const refused = await refusal(admin.applyChangeSet(at(misses)))
    expect(refused.code).toBe('platform.conflict')
    const { problems } = await admin.getChangeSet(at(misses))
    expect(problems.map(({ message }) => message)).toEqual([
      `p, ${lost.subject}, payments, application, deploy, allow is to be removed, but is not there any more`,
      `p, ${late.subject}, payments, application, deploy, allow is to be added, but is there already`,
    ])
    expect(await revision()).toBe(before)
    expect((await admin.applyChangeSet(at(fits))).appliedRevision).toBe(before + 1)
  })

  test('that the policy cannot have is refused as a draft, or shows its problems before anybody applies it', async () => {
    const rule = { ...freshRule(), object: 'nonsense' }
    const circle = { subject: 'role:developer', role: 'role:team-lead', domain: '*' }
    const nobody = { subject: 'user:nobody', role: 'role:developer', domain: 'payments' }
    const member = { subject: 'user:ana', role: 'group:administrators', domain: '*', expiresAt: '2099-01-01T00:00:00Z' }
    for (const edit of [
      { addRules: [rule] },
      { addLinks: [member] },
      { addLinks: [nobody, { ...nobody, expiresAt: '2099-01-01T00:00:00Z' }] },
    ])
      // prettier-ignore
      expect((await refusal(draft(edit))).code).toBe('authorization.policy_invalid')
    const csv = 'p, role:x, *, nonsense, get\nq, what\n'
    expect((await refusal(admin.createChangeSet({ body: { title: 'Text', csv } }))).code).toBe(
      'authorization.policy_invalid',
    )
    const { id, problems } = await admin.createChangeSet({
      body: { title: 'Links', edit: { addLinks: [circle, nobody] } },
    })
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('names user:nobody'),
      expect.stringContaining('would close a circle'),
    ])
    expect((await refusal(admin.proposeChangeSet(at(id)))).code).toBe('authorization.policy_invalid')
    expect((await refusal(admin.getChangeSet(at('chs_unknown')))).code).toBe('authorization.change_set_unknown')
  })

  test('gives no more than its applier holds, locks nobody out, and keeps the separation of duties', async () => {
    const ida = app.as('user:ida')
    const grant = { subject: 'user:ida', role: 'role:administrator', domain: '*' }
    const id = await proposed({ addLinks: [grant] }, ida)
    const { problems } = await ida.getChangeSet(at(id))
    expect(problems).toMatchObject([{ severity: 'error', message: expect.stringContaining('Nobody grants') }])
    expect((await refusal(ida.applyChangeSet(at(id)))).code).toBe('authorization.escalation_refused')
    const away = [
      { subject: 'group:administrators', role: 'role:administrator', domain: '*' },
      { subject: 'user:ida', role: 'role:author', domain: '*' },
    ]
    const { id: lockout, problems: shown } = await admin.createChangeSet({
      body: { title: 'Lock-out', edit: { removeLinks: away } },
    })
    expect(shown.map(({ message }) => message).join()).toContain('nobody could administer')
    expect((await refusal(admin.proposeChangeSet(at(lockout)))).code).toBe('authorization.lockout_refused')
    const weaker = await proposed(
      { removeLinks: [{ subject: 'role:team-lead', role: 'role:deployer', domain: '*' }] },
      ida,
    )
    expect((await refusal(ida.applyChangeSet(at(weaker)))).code).toBe('authorization.escalation_refused')
    const scoped = testIdentity('user:admin', { scopes: [{ action: '*', object: 'policy', domain: '*' }] })
    const byToken = await proposed({ addRules: [freshRule()] })
    expect((await refusal(app.as(scoped).applyChangeSet(at(byToken)))).code).toBe('authorization.escalation_refused')
    const both = ['role:qa', 'role:auditor'].map((role) => ({ subject: 'user:third', role, domain: 'payments' }))
    const rule = await admin.createConstraint({ body: { kind: 'sod', roles: ['role:qa', 'role:auditor'] } })
    const conflict = await draft({ addLinks: both })
    expect((await refusal(admin.proposeChangeSet(at(conflict)))).code).toBe('authorization.constraint_refused')
    await admin.deleteConstraint({ params: { constraint: rule.id } })
  })

  test('keeps the policy tests, or is neither proposed nor applied', async () => {
    const question = { action: 'delete', object: 'project', domain: 'payments', expect: 'deny' } as const
    const items = [{ name: 'ana deletes no project', subjects: ['user:ana'], ...question }]
    const edit = { addRules: [{ subject: 'user:ana', domain: 'payments', object: 'project', action: 'delete', effect: 'allow' } as const] } // prettier-ignore
    const early = await proposed(edit)
    await admin.updatePolicyTests({ body: { items } })
    const late = await draft(edit)
    expect((await refusal(admin.proposeChangeSet(at(late)))).code).toBe('authorization.policy_tests_failed')
    expect((await refusal(admin.applyChangeSet(at(early)))).code).toBe('authorization.policy_tests_failed')
    expect((await admin.getChangeSet(at(late))).problems).toMatchObject([{ message: expect.stringContaining('expects deny, got allow') }]) // prettier-ignore
    const run = await admin.runPolicyTests({ body: { tests: items, changeSet: late } })
    expect(run).toMatchObject({ passed: 0, failed: 1, items: [{ got: 'allow' }] })
    expect(await admin.runPolicyTests({ body: { tests: items } })).toMatchObject({ passed: 1, failed: 0 })
    const csv = 'p, user:ana, *, *, *\n'
    expect(await admin.runPolicyTests({ body: { tests: items, csv } })).toMatchObject({ failed: 1 })
    const foreign = await refusal(app.as('user:lea').runPolicyTests({ body: { tests: items } }))
    expect(foreign.code).toBe('gateway.permission_denied')
    await admin.updatePolicyTests({ body: { items: [] } })
    expect((await admin.getPolicyTests()).items).toEqual([])
    expect(await app.ledger('policy.tests', 2)).toHaveLength(2)
  })
})

describe('where changes need approval', () => {
  test('rules and bindings change by change sets alone; who is in a group changes as ever', async () => {
    await needApprovals(1)
    const body = { subject: 'user:ana', role: 'role:developer', domain: 'elsewhere' }
    expect((await refusal(admin.createBinding({ body }))).code).toBe('authorization.change_set_needed')
    expect((await refusal(admin.createPolicy({ body: freshRule() }))).code).toBe('authorization.change_set_needed')
    await admin.createGroup({ body: { name: 'readers' } })
    await admin.addGroupMember({ body: { group: 'readers', username: 'ana' } })
    expect((await refusal(needApprovals(5))).code).toBe('authorization.lockout_refused')
  })

  test('nobody approves what he had a hand in, nor who may not approve; an approval is of these rows alone', async () => {
    await needApprovals(1)
    const id = await proposed({ addRules: [freshRule()] })
    expect((await refusal(admin.approveChangeSet(at(id)))).code).toBe('authorization.self_approval_refused')
    expect((await refusal(app.as('user:ana').approveChangeSet(at(id)))).code).toBe('gateway.permission_denied')
    expect((await refusal(admin.applyChangeSet(at(id)))).code).toBe('authorization.change_set_state_refused')
    expect((await second.approveChangeSet(at(id))).state).toBe('approved')
    await second.updateChangeSet({ ...at(id), body: { edit: { addRules: [freshRule()] } } })
    expect(await admin.getChangeSet(at(id))).toMatchObject({ state: 'draft', approvals: [] })
    await second.proposeChangeSet(at(id))
    for (const editor of [admin, second])
      expect((await refusal(editor.approveChangeSet(at(id)))).code).toBe('authorization.self_approval_refused')
    const ida = app.as('user:ida')
    expect(await ida.approveChangeSet(at(id))).toMatchObject({ state: 'approved', approvals: [{ by: 'user:ida' }] })
    await needApprovals(2)
    expect((await refusal(admin.applyChangeSet(at(id)))).detail).toContain('1 of the 2 approvals')
    await needApprovals(1)
    await admin.updateUser({ params: { username: 'ida' }, body: { disabled: true } })
    expect((await refusal(admin.applyChangeSet(at(id)))).detail).toContain('0 of the 1 approvals')
    await admin.updateUser({ params: { username: 'ida' }, body: { disabled: false } })
    expect((await admin.applyChangeSet(at(id))).state).toBe('applied')
    expect((await app.ledger('change-set.approve', 4)).filter(({ outcome }) => outcome === 'denied')).not.toEqual([])
  })

  test('one that is rejected or discarded is not applied; a rejected one can be mended', async () => {
    await needApprovals(1)
    const id = await proposed({ addRules: [freshRule()] })
    const rejected = await second.rejectChangeSet({ ...at(id), body: { reason: 'Too wide' } })
    expect(rejected).toMatchObject({ state: 'rejected', rejection: { by: 'user:second', reason: 'Too wide' } })
    for (const step of [admin.applyChangeSet, second.approveChangeSet, admin.proposeChangeSet])
      expect((await refusal(step(at(id)))).code).toBe('authorization.change_set_state_refused')
    await admin.updateChangeSet({ ...at(id), body: { title: 'Narrower' } })
    expect(await admin.discardChangeSet(at(id))).toMatchObject({ state: 'discarded', title: 'Narrower' })
    expect((await refusal(admin.updateChangeSet({ ...at(id), body: { title: 'Again' } }))).status).toBe(409)
    const { items } = await admin.listChangeSets({ query: { state: 'discarded' } })
    expect(items.map((item) => item.id)).toContain(id)
  })

  test('of fifty approvals and fifty applications at once exactly one each takes effect', async () => {
    await needApprovals(1)
    const id = await proposed({ addRules: [freshRule()] })
    const before = await revision()
    const approvers = ['user:second', 'user:ida']
    const approvals = await Promise.allSettled(
      Array.from({ length: 50 }, (_, turn) => app.as(approvers[turn % 2]).approveChangeSet(at(id))),
    )
    expect(approvals.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const applications = await Promise.allSettled(Array.from({ length: 50 }, () => admin.applyChangeSet(at(id))))
    expect(applications.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await revision()).toBe(before + 1)
    const [rows] = await app.rows('select count(*)::int as n from change_set_approvals where change_set = $1', [id])
    expect(rows).toEqual({ n: 1 })
  })
})

test('every step of a change set is in the ledger, by whoever took it', async () => {
  const steps = ['create', 'update', 'propose', 'approve', 'reject', 'apply', 'discard']
  for (const step of steps) {
    const entries = await app.ledger(`change-set.${step}`)
    expect(
      entries.filter(({ outcome, actor }) => outcome === 'success' && String(actor).startsWith('user:')),
    ).not.toEqual([])
  }
  expect((await app.ledger('policy.settings'))[0]).toMatchObject({ actor: 'user:admin' })
  const denied = (await app.ledger('change-set.apply')).filter(({ outcome }) => outcome === 'denied')
  expect(denied.map(({ actor }) => actor)).toContain('user:ida')
})

const stepOf = (data: unknown) => (data as { step?: { addRules?: unknown[] } }).step

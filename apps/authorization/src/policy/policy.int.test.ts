import { registerCasbinFunctions } from '@plinth/access'
import { decide, policySnapshot } from '@plinth/contracts'
import { fakeClock, until } from '@plinth/testkit'
import { newEnforcer, newModel, StringAdapter } from 'casbin'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collect, refusal, testApp, type TestApp } from '../test-app.ts'

const clock = fakeClock(new Date())
const stop = new AbortController()
let app: TestApp
let events: ReturnType<typeof collect>
let admin: ReturnType<TestApp['as']>

beforeAll(async () => {
  app = await testApp({ clock })
  admin = app.as('user:admin')
  events = collect(app.bus, 'authorization', stop.signal)
  for (const username of ['ana', 'lea', 'dev'])
    await admin.createUser({ body: { username, password: `${username} has a password` } })
  await admin.createBinding({ body: { subject: 'user:lea', role: 'role:team-lead', domain: 'payments' } })
})
afterAll(async () => {
  stop.abort()
  await app?.close()
})

const revision = async () => (await app.bus.ask(policySnapshot, {})).revision
const may = async (subject: string, action: string, object: string, domain: string) =>
  (await app.bus.ask(decide, { questions: [{ subjects: [subject], action, object, domain }] })).decisions[0]?.allowed
const bind = (by: string, subject: string, role: string, domain: string, more: object = {}) =>
  app.as(by).createBinding({ body: { subject, role, domain, ...more } })
const idOf = async (subject: string, domain: string) =>
  (await admin.listBindings({ query: { subject, domain } })).items[0]?.id ?? ''

describe('a change of the policy', () => {
  test('is one revision, announced, and decides at once', async () => {
    const before = await revision()
    expect(await may('user:dev', 'create', 'component', 'orders')).toBe(false)
    const binding = await bind('user:admin', 'user:dev', 'role:developer', 'orders')
    expect(await revision()).toBe(before + 1)
    expect(await may('user:dev', 'create', 'component', 'orders')).toBe(true)
    expect(await may('user:dev', 'deploy', 'application', 'orders/production')).toBe(false)
    await until(() =>
      events.some(
        ({ type, data }) => type.includes('policy.changed') && (data as { revision: number }).revision === before + 1,
      ),
    )
    await admin.deleteBinding({ params: { binding: binding.id } })
    expect(await revision()).toBe(before + 2)
    expect(await may('user:dev', 'create', 'component', 'orders')).toBe(false)
    expect(await app.ledger('binding.delete')).toMatchObject([{ actor: 'user:admin', project: 'orders' }])
  })

  test('that is refused changes nothing: no row, no revision', async () => {
    const before = await revision()
    const count = async () => (await app.rows('select count(*)::int as n from bindings'))[0]
    const rows = await count()
    const refused = [
      await refusal(bind('user:lea', 'user:lea', 'role:administrator', 'payments')),
      await refusal(bind('user:admin', 'user:lea', 'role:team-lead', 'payments')),
      await refusal(bind('user:admin', 'user:nobody', 'role:developer', 'payments')),
      await refusal(bind('user:admin', 'group:nobody', 'role:developer', 'payments')),
      await refusal(bind('user:admin', 'user:ana', 'role:nothing', 'payments')),
      await refusal(bind('user:admin', 'role:developer', 'role:team-lead', '*')),
      await refusal(bind('user:admin', 'user:ana', 'role:developer', 'payments', { expiresAt: 'tomorrow' })),
      await refusal(
        bind('user:admin', 'user:ana', 'role:developer', 'payments', { expiresAt: '2001-01-01T00:00:00Z' }),
      ),
      await refusal(bind('user:admin', 'user:ana', 'group:administrators', '*')),
    ]
    expect(refused.map(({ code }) => code.slice(code.indexOf('.') + 1))).toEqual([
      'escalation_refused', 'binding_exists', 'user_unknown', 'group_unknown', 'role_unknown', 'policy_invalid',
      'policy_invalid', 'policy_invalid', 'policy_invalid',
    ]) // prettier-ignore
    expect(await revision()).toBe(before)
    expect(await count()).toEqual(rows)
  })

  test('by many at once makes as many revisions, without a gap', async () => {
    const before = await revision()
    const names = Array.from({ length: 10 }, (_, index) => `team-${String.fromCharCode(97 + index)}`)
    await Promise.all(names.map((name) => bind('user:admin', 'user:dev', 'role:developer', name)))
    expect(await revision()).toBe(before + 10)
    for (const name of names) expect(await may('user:dev', 'get', 'component', name)).toBe(true)
  })

  test('by another replica decides here at once', async () => {
    await app.rows(`with made as (insert into bindings (id, subject, role, domain, created_at, created_by)
      values ('bnd_other', 'user:dev', 'role:auditor', 'replica', now(), 'test')) update policy_revision set revision = revision + 1`)
    expect(await may('user:dev', 'list', 'audit', 'replica')).toBe(true)
  })

  test('with an end holds until then and can be made anew afterwards', async () => {
    const expiresAt = new Date(clock.now().getTime() + 60_000).toISOString()
    await bind('user:admin', 'user:dev', 'role:deployer', 'shop/production', { expiresAt })
    expect(await may('user:dev', 'deploy', 'workload', 'shop/production')).toBe(true)
    clock.advance(60_000)
    expect(await may('user:dev', 'deploy', 'workload', 'shop/production')).toBe(false)
    await bind('user:admin', 'user:dev', 'role:deployer', 'shop/production')
    expect(await may('user:dev', 'deploy', 'workload', 'shop/production')).toBe(true)
  })
})

describe('nobody grants what he does not hold', () => {
  test('a lead gives the roles of his project there and nowhere else, and takes them away', async () => {
    const binding = await bind('user:lea', 'user:ana', 'role:developer', 'payments')
    await bind('user:lea', 'user:ana', 'role:deployer', 'payments/production')
    const elsewhere = await refusal(bind('user:lea', 'user:ana', 'role:developer', 'orders'))
    expect(elsewhere).toMatchObject({ status: 403, code: 'gateway.permission_denied' })
    expect((await refusal(bind('user:lea', 'user:ana', 'role:developer', '*'))).status).toBe(403)
    expect((await refusal(bind('user:ana', 'user:ana', 'role:deployer', 'payments'))).status).toBe(403)
    await app.as('user:lea').deleteBinding({ params: { binding: binding.id } })
  })

  test('a lead does not unmake whom an administrator has put above him, nor learn of bindings elsewhere', async () => {
    await bind('user:admin', 'user:dev', 'role:administrator', 'payments')
    const above = await idOf('user:dev', 'payments')
    const refused = await refusal(app.as('user:lea').deleteBinding({ params: { binding: above } }))
    expect(refused.code).toBe('authorization.escalation_refused')
    await bind('user:admin', 'user:dev', 'role:developer', 'orders')
    const foreign = await refusal(
      app.as('user:lea').deleteBinding({ params: { binding: await idOf('user:dev', 'orders') } }),
    )
    expect(foreign.code).toBe('authorization.binding_unknown')
    await until(async () =>
      (await app.ledger('binding.delete', 1)).some(
        ({ actor, outcome }) => actor === 'user:lea' && outcome === 'denied',
      ),
    )
  })

  test('groups, rules and passwords are no way round', async () => {
    await admin.createGroup({ body: { name: 'helpers' } })
    await bind('user:admin', 'group:helpers', 'role:auditor', '*')
    const lea = app.as('user:lea')
    const ways = [
      () => lea.addGroupMember({ body: { group: 'administrators', username: 'lea' } }),
      () => lea.addGroupMember({ body: { group: 'helpers', username: 'lea' } }),
      () => lea.createUser({ body: { username: 'puppet', password: 'puppet puppet', groups: ['administrators'] } }),
      () => lea.updateUser({ params: { username: 'admin' }, body: { password: 'mine now, all mine' } }),
      () => lea.updateUser({ params: { username: 'admin' }, body: { disabled: true } }),
      () =>
        lea.createPolicy({
          body: { subject: 'user:lea', domain: '*', object: '*', action: '*', effect: 'allow' },
        }),
    ]
    for (const way of ways) expect((await refusal(way())).code).toBe('authorization.escalation_refused')
    expect((await admin.listUsers()).items.map(({ username }) => username)).not.toContain('puppet')
  })

  test('a deny goes along: who is denied a part does not give the whole, nor lift the deny', async () => {
    const deny = await admin.createPolicy({
      body: { subject: 'user:lea', domain: 'payments', object: 'workload/ledger', action: 'deploy', effect: 'deny' },
    })
    expect((await refusal(bind('user:lea', 'user:ana', 'role:deployer', 'payments'))).code).toBe(
      'authorization.escalation_refused',
    )
    const lift = await refusal(app.as('user:lea').deletePolicy({ params: { policy: deny.id } }))
    expect(lift.code).toBe('authorization.escalation_refused')
    await admin.deletePolicy({ params: { policy: deny.id } })
    await bind('user:lea', 'user:ana', 'role:deployer', 'payments')
  })
})

describe('somebody can always mend the policy', () => {
  test('the last administrator is not removed, disabled, denied or left with an end', async () => {
    const root = await idOf('group:administrators', '*')
    const [rule] = (await admin.listPolicies({ query: { subject: 'role:administrator' } })).items
    await bind('user:admin', 'user:ana', 'role:administrator', '*', {
      expiresAt: new Date(clock.now().getTime() + 3_600_000).toISOString(),
    })
    const ways = [
      () => admin.removeGroupMember({ body: { group: 'administrators', username: 'admin' } }),
      () => admin.updateUser({ params: { username: 'admin' }, body: { disabled: true } }),
      () => admin.deleteBinding({ params: { binding: root } }),
      () => admin.deletePolicy({ params: { policy: rule?.id ?? '' } }),
      () =>
        admin.createPolicy({
          body: { subject: 'user:admin', domain: '*', object: 'policy', action: 'update', effect: 'deny' },
        }),
      () =>
        admin.createPolicy({
          body: { subject: 'role:administrator', domain: '*', object: 'policy', action: '*', effect: 'deny' },
        }),
    ]
    for (const way of ways)
      expect(await refusal(way())).toMatchObject({ status: 409, code: 'authorization.lockout_refused' })
    expect(await may('user:admin', 'update', 'policy', '*')).toBe(true)
  })

  test('of two administrators who disable each other at once one stays', async () => {
    await admin.createUser({ body: { username: 'second', password: 'second second', groups: ['administrators'] } })
    const both = await Promise.allSettled([
      admin.updateUser({ params: { username: 'second' }, body: { disabled: true } }),
      app.as('user:second').updateUser({ params: { username: 'admin' }, body: { disabled: true } }),
    ])
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await app
      .as('user:second')
      .updateUser({ params: { username: 'admin' }, body: { disabled: false } })
      .catch(() => undefined)
    const [row] = await app.rows('select disabled from users where username = $1', ['admin'])
    expect(row).toEqual({ disabled: false })
  })
})

describe('what is asked of it', () => {
  test('me: groups and roles, also those by groups', async () => {
    expect(await admin.getMe()).toEqual({
      subject: 'user:admin', username: 'admin', displayName: 'Administrator', groups: ['administrators'],
      roles: [{ role: 'administrator', domain: '*' }],
    }) // prettier-ignore
    const { roles } = await app.as('user:lea').getMe()
    expect(roles).toContainEqual({ role: 'team-lead', domain: 'payments' })
    expect(roles).toContainEqual({ role: 'developer', domain: 'payments' })
  })

  test('can I: the reason, and the nearest role that would', async () => {
    const ask = { action: 'deploy', object: 'application/ledger', domain: 'payments/production' } as const
    const [no, yes] = (await app.as('user:stranger').canI({ body: { questions: [ask] } })).items.concat(
      (await app.as('user:lea').canI({ body: { questions: [ask] } })).items,
    )
    expect(no).toEqual({ allowed: false, reason: 'no rule', grant: { role: 'role:deployer', domain: ask.domain } })
    expect(yes).toMatchObject({ allowed: true, reason: expect.stringContaining('role:deployer') })
  })

  test('who can: users with the right, without the disabled ones', async () => {
    await admin.createUser({ body: { username: 'sleeper', password: 'sleeper sleeper', groups: ['administrators'] } })
    await admin.updateUser({ params: { username: 'sleeper' }, body: { disabled: true } })
    const { items } = await admin.whoCan({ body: { action: 'grant', object: 'binding', domain: 'payments' } })
    expect(items).toContainEqual({ subject: 'user:lea' })
    expect(items).not.toContainEqual({ subject: 'user:sleeper' })
  })

  test('pages: every rule once, and a forged cursor is refused', async () => {
    const [total] = await app.rows('select count(*)::int as n from policy_rules')
    const seen = new Set<string>()
    for (let cursor: string | undefined; ;) {
      const page = await admin.listPolicies({ query: { limit: 50, ...(cursor && { cursor }) } })
      for (const { id } of page.items) seen.add(id)
      cursor = page.nextCursor
      if (cursor === undefined) break
    }
    expect(seen.size).toBe(total?.['n'])
    expect(await refusal(admin.listPolicies({ query: { cursor: 'bm9uc2Vuc2U' } }))).toMatchObject({
      status: 400,
      code: 'platform.cursor_invalid',
    })
  })

  test('the raw policy decides in stock Casbin as it does here', async () => {
    const { model, csv } = await admin.getRawPolicy()
    const enforcer = await newEnforcer(newModel(model), new StringAdapter(csv))
    await registerCasbinFunctions(enforcer)
    const questions = ['user:admin', 'user:lea', 'user:dev', 'user:stranger'].flatMap((subject) =>
      ['payments', 'payments/production', 'orders', '*'].flatMap((domain) =>
        (['get', 'deploy', 'grant'] as const).map((action) => ({ subject, domain, object: 'binding', action })),
      ),
    )
    for (const { subject, domain, object, action } of questions)
      expect(await may(subject, action, object, domain), `${subject} ${action} ${domain}`).toBe(
        await enforcer.enforce(subject, domain, object, action),
      )
  })

  test('roles: the seeded ones with their rules, and no second seed after a restart', async () => {
    const before = await admin.listRoles()
    const at = await revision()
    await app.restart()
    expect(await app.as('user:admin').listRoles()).toEqual(before)
    expect(await revision()).toBe(at)
    for (const name of ['developer', 'qa', 'deployer', 'team-lead', 'auditor', 'administrator'])
      expect(before.items.find((role) => role.name === name)?.rules.length).toBeGreaterThan(0)
  })
})

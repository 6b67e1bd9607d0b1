import { describe, expect, test } from 'vitest'
import type { Clock } from '@plinth/kernel'
import { compile, type AccessRequest, type Freeze, type Link, type Rule } from './index.ts'

const rule = (subject: string, object: string, action: string, more: Partial<Rule> = {}): Rule => ({
  subject,
  domain: '*',
  object,
  action,
  effect: 'allow',
  ...more,
})
const link = (subject: string, role: string, domain = '*', expiresAt?: string): Link => ({
  subject,
  role,
  domain,
  ...(expiresAt !== undefined && { expiresAt }),
})
const ask = (subject: string, domain: string, object: string, action: string): AccessRequest => ({
  subjects: [subject],
  domain,
  object,
  action,
})
const policy = (rules: Rule[], links: Link[] = [], clock?: Clock) =>
  compile({ revision: 7, rules, links }, clock && { clock })

describe('a decision', () => {
  test('denies on an empty policy, and says so with the revision', () => {
    const decision = policy([]).decide(ask('user:ana', 'payments', 'component', 'get'))
    expect(decision).toEqual({ allowed: false, revision: 7, reason: 'no rule', isLasting: true })
  })

  test('names the rule that decided', () => {
    const deployer = rule('role:deployer', 'application', 'deploy')
    const index = policy([deployer], [link('user:ana', 'role:deployer', 'payments')])
    expect(index.decide(ask('user:ana', 'payments/production', 'application/ledger', 'deploy'))).toEqual({
      allowed: true,
      revision: 7,
      rule: deployer,
      reason: 'allowed by p, role:deployer, *, application, deploy, allow',
      isLasting: true,
    })
  })

  test('lasts unless a link that ends or has conditions was on the way to it, or there is a freeze', () => {
    const reader = rule('role:reader', 'component', 'get')
    const denied = rule('role:barred', 'component', 'get', { effect: 'deny' })
    const asked = ask('user:ana', 'payments', 'component', 'get')
    const held = link('user:ana', 'role:reader')
    const lasts = (links: Link[], freezes: Freeze[] = []): boolean =>
      compile({ revision: 7, rules: [reader, denied], links, freezes }).decide(asked).isLasting
    expect(lasts([held])).toBe(true)
    expect(lasts([held, { ...link('user:bob', 'role:barred'), expiresAt: '2099-01-01T00:00:00Z' }])).toBe(true)
    expect(lasts([{ ...held, expiresAt: '2099-01-01T00:00:00Z' }])).toBe(false)
    expect(lasts([{ ...held, expiresAt: '1999-01-01T00:00:00Z' }])).toBe(false)
    expect(lasts([held, { ...link('user:ana', 'role:barred'), expiresAt: '1999-01-01T00:00:00Z' }])).toBe(false)
    expect(lasts([held, { ...link('user:ana', 'role:barred'), conditions: { networks: ['10.0.0.0/8'] } }])).toBe(false)
    const freeze = { domain: 'orders', from: '2098-01-01T00:00:00Z', until: '2099-01-01T00:00:00Z', reason: 'quiet' }
    expect(lasts([held], [freeze])).toBe(false)
  })

  test('denies when any group of the caller is denied, whatever another group allows, in either order', () => {
    const rules = [
      rule('group:leads', 'application', '*'),
      rule('group:interns', 'application/ledger', 'deploy', { domain: 'payments', effect: 'deny' }),
    ]
    const links = [link('user:ana', 'group:leads'), link('user:ana', 'group:interns')]
    const asked = ask('user:ana', 'payments/production', 'application/ledger', 'deploy')
    for (const index of [policy(rules, links), policy(rules.toReversed(), links.toReversed())]) {
      expect(index.decide(asked)).toMatchObject({
        allowed: false,
        reason: expect.stringContaining('denied by p, group:interns'),
      })
      expect(index.decide({ ...asked, object: 'application/web' }).allowed).toBe(true)
    }
    for (const subjects of [
      ['group:leads', 'group:interns'],
      ['group:interns', 'group:leads'],
    ]) {
      expect(policy(rules).decide({ ...asked, subjects }).allowed).toBe(false)
    }
  })

  test('cannot be allowed again below a domain where it is denied', () => {
    const index = policy([
      rule('user:ana', 'application', 'deploy', { domain: 'payments', effect: 'deny' }),
      rule('user:ana', 'application', 'deploy', { domain: 'payments/production' }),
    ])
    expect(index.decide(ask('user:ana', 'payments/production', 'application', 'deploy')).allowed).toBe(false)
  })

  test('holds below the domain of the link, never above or beside it', () => {
    const index = policy([rule('role:r', 'component', 'get')], [link('user:ana', 'role:r', 'pay')])
    const at = (domain: string): boolean => index.decide(ask('user:ana', domain, 'component', 'get')).allowed
    expect({ pay: at('pay'), below: at('pay/production') }).toEqual({ pay: true, below: true })
    expect({ above: at('*'), beside: at('payments'), other: at('orders') }).toEqual({
      above: false,
      beside: false,
      other: false,
    })
  })

  test('follows groups and roles through links of any depth, each in its own domain', () => {
    const links = Array.from({ length: 500 }, (_, depth) => link(`role:r${depth}`, `role:r${depth + 1}`))
    const index = policy(
      [rule('role:r500', 'component', 'get')],
      [...links, link('user:ana', 'group:g'), link('group:g', 'role:r0', 'payments')],
    )
    expect(index.decide(ask('user:ana', 'payments', 'component', 'get')).allowed).toBe(true)
    expect(index.decide(ask('user:ana', 'orders', 'component', 'get')).allowed).toBe(false)
  })

  test('ends on a circle, and on a diamond that doubles at every step', () => {
    const circle = [link('role:a', 'role:b'), link('role:b', 'role:a'), link('user:ana', 'role:a')]
    expect(policy([rule('role:b', 'job', 'run')], circle).decide(ask('user:ana', 'a', 'job', 'run')).allowed).toBe(true)
    const diamond: Link[] = []
    for (let level = 0; level < 40; level++) {
      for (const from of [0, 1, 2])
        for (const to of [0, 1, 2]) diamond.push(link(`role:${level}-${from}`, `role:${level + 1}-${to}`))
    }
    const index = policy([rule('role:none', 'job', 'run')], diamond)
    expect(index.decide(ask('role:0-0', 'a', 'job', 'run')).allowed).toBe(false)
  })

  test('stops counting a link at the instant that it expires, without a new index', () => {
    let nowMs = Date.parse('2026-11-23T09:59:59.999Z')
    const clock: Clock = { now: () => new Date(nowMs), monotonicMs: () => nowMs }
    const index = policy(
      [rule('role:r', 'job', 'run')],
      [link('user:ana', 'role:r', '*', '2026-11-23T10:00:00Z')],
      clock,
    )
    const asked = ask('user:ana', 'a', 'job', 'run')
    expect(index.decide(asked).allowed).toBe(true)
    expect(index.whoCan(asked)).toEqual([{ subject: 'user:ana' }])
    nowMs += 1
    expect(index.decide(asked).allowed).toBe(false)
    expect(index.whoCan(asked)).toEqual([])
    expect(index.whatCan('user:ana')).toEqual([])
  })

  test('takes an expiry that cannot be read for expired', () => {
    const index = policy([rule('role:r', 'job', 'run')], [link('user:ana', 'role:r', '*', 'soon')])
    expect(index.decide(ask('user:ana', 'a', 'job', 'run')).allowed).toBe(false)
  })

  test('denies a request with an empty field, even where a rule or link has the same empty field', () => {
    const empty: Rule = { subject: '', domain: '', object: '', action: '', effect: 'allow' }
    const index = policy([empty, rule('', '*', '*'), rule('user:ana', '*', '*')], [link('user:bob', '')])
    const full = ask('user:ana', 'a', 'job', 'run')
    expect(index.decide(full).allowed).toBe(true)
    for (const field of ['domain', 'object', 'action'] as const)
      expect(index.decide({ ...full, [field]: '' }).allowed).toBe(false)
    for (const subjects of [[], [''], ['user:ana', '']]) expect(index.decide({ ...full, subjects }).allowed).toBe(false)
    expect(index.decide({ ...full, subjects: ['user:bob'] }).allowed).toBe(false)
  })

  test('lets a rule on a kind cover its ids, and one trailing * cover what starts so', () => {
    const allowed = (pattern: string, object: string): boolean =>
      policy([rule('user:ana', pattern, 'get')]).decide(ask('user:ana', 'a', object, 'get')).allowed
    expect(['component', 'component/ledger'].map((object) => allowed('component', object))).toEqual([true, true])
    expect(['component', 'component/ledger', 'components'].map((object) => allowed('component/*', object))).toEqual([
      false,
      true,
      false,
    ])
    expect(
      ['component/led', 'component/ledger', 'component/le'].map((object) => allowed('component/led*', object)),
    ).toEqual([true, true, false])
    expect(['component/ledger/x', 'component/ledge'].map((object) => allowed('component/ledger', object))).toEqual([
      false,
      false,
    ])
  })

  test('takes hostile names for what they are: other names', () => {
    const index = policy([rule('user:ana', 'component/ledger', 'get', { domain: 'payments' })])
    const hostile = [
      '__proto__', 'constructor', 'toString', 'user:ana\u0000', 'user:ana\n', ' user:ana', 'user:ANA', 'user:an\u0061\u0301',
      '*', 'user:*', 'user:ana,role:administrator', '\u202euser:ana', 'x'.repeat(100_000), '/'.repeat(1000),
    ] // prettier-ignore
    for (const text of hostile) {
      const full = ask('user:ana', 'payments', 'component/ledger', 'get')
      for (const asked of [
        { ...full, subjects: [text] },
        { ...full, domain: text },
        { ...full, object: text },
        { ...full, action: text },
      ]) {
        expect(index.decide(asked).allowed, JSON.stringify(asked).slice(0, 200)).toBe(false)
        expect(index.explain(asked).decision.allowed).toBe(false)
      }
    }
    expect(
      index.decide(ask('user:ana', 'payments/../orders', 'component/ledger', 'get')).allowed,
      'below payments, as written',
    ).toBe(true)
  })
})

describe('an index', () => {
  test('stays as it is when a change makes a newer one', () => {
    const before = policy([rule('role:r', 'job', 'run')], [link('user:ana', 'role:r')])
    const after = before.apply({
      revision: 8,
      removeLinks: [link('user:ana', 'role:r')],
      addLinks: [link('user:bob', 'role:r')],
    })
    const may = (index: typeof before, user: string): boolean => index.decide(ask(user, 'a', 'job', 'run')).allowed
    expect([may(before, 'user:ana'), may(before, 'user:bob'), before.revision]).toEqual([true, false, 7])
    expect([may(after, 'user:ana'), may(after, 'user:bob'), after.revision]).toEqual([false, true, 8])
  })

  test('refuses a change that does not follow its revision', () => {
    expect(() => policy([]).apply({ revision: 9 })).toThrow(/leads to revision 9, but this policy is at 7/)
    expect(() => policy([]).apply({ revision: 7 })).toThrow(/fetch the snapshot/)
  })

  test('does not change when the rows that it was made of do', () => {
    const row = { ...rule('user:ana', 'job', 'run') }
    const index = policy([row])
    Object.assign(row, { effect: 'deny', object: 'x' })
    expect(index.decide(ask('user:ana', 'a', 'job', 'run'))).toMatchObject({ allowed: true, rule: { object: 'job' } })
  })

  test('forgets a pattern with the last rule that has it', () => {
    const wide = rule('user:ana', 'component/led*', 'get')
    const other = rule('user:bob', 'component/led*', 'get')
    const one = policy([wide, other]).apply({ revision: 8, removeRules: [wide] })
    expect(one.decide(ask('user:bob', 'a', 'component/ledger', 'get')).allowed).toBe(true)
    const none = one.apply({ revision: 9, removeRules: [other, wide] })
    expect(none.decide(ask('user:bob', 'a', 'component/ledger', 'get')).allowed).toBe(false)
    expect(none.policySet()).toEqual({ revision: 9, rules: [], links: [] })
  })
})

import { describe, expect, test } from 'vitest'
import {
  compile,
  validateLink,
  type AccessRequest,
  type Conditions,
  type Context,
  type Link,
  type Rule,
} from './index.ts'

const deploy: Rule = { subject: 'role:r', domain: '*', object: 'application', action: 'deploy', effect: 'allow' }
const bound = (conditions: Conditions, more: Partial<Link> = {}): Link => ({
  subject: 'user:ana',
  role: 'role:r',
  domain: '*',
  conditions,
  ...more,
})
const request: AccessRequest = { subjects: ['user:ana'], domain: 'shop', object: 'application/web', action: 'deploy' }
const allows = (conditions: Conditions, context: Context): boolean =>
  compile({ revision: 1, rules: [deploy], links: [bound(conditions)] }).decide({ ...request, context }).allowed
const at = (time: string): Context => ({ at: new Date(time) })

describe('a link with a window', () => {
  const window = { zone: 'Europe/Berlin', days: ['mon' as const, 'fri' as const], from: '09:00', until: '17:00' }

  test('holds on its days from its first minute until before its last, by the clock of its zone', () => {
    const expected: Record<string, boolean> = {
      '2026-11-23T07:59:59.999Z': false, '2026-11-23T08:00:00Z': true, '2026-11-23T15:59:59.999Z': true, '2026-11-23T16:00:00Z': false,
      '2026-11-24T10:00:00Z': false, '2026-11-27T10:00:00Z': true, '2026-11-29T10:00:00Z': false,
    } // prettier-ignore
    for (const [time, holds] of Object.entries(expected)) expect(allows({ window }, at(time)), time).toBe(holds)
  })

  test('moves with summer time: an hour that is skipped is in none, one that comes twice is in it twice', () => {
    expect(allows({ window }, at('2026-07-06T07:00:00Z')), '09:00 in summer').toBe(true)
    expect(allows({ window }, at('2026-07-06T15:00:00Z')), '17:00 in summer').toBe(false)
    const early = { ...window, days: ['sun' as const], from: '02:00', until: '03:00' }
    for (const time of ['2026-03-29T00:59:59Z', '2026-03-29T01:00:00Z', '2026-03-29T01:30:00Z'])
      expect(allows({ window: early }, at(time)), time).toBe(false)
    for (const time of ['2026-10-25T00:00:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'])
      expect(allows({ window: early }, at(time)), time).toBe(true)
    expect(allows({ window: early }, at('2026-10-25T02:00:00Z'))).toBe(false)
  })

  test('knows zones of half and quarter hours, and days that differ from those of UTC', () => {
    const nine = { ...window, days: ['tue' as const], from: '00:00', until: '00:15' }
    expect(allows({ window: { ...nine, zone: 'Asia/Kathmandu' } }, at('2026-11-23T18:15:00Z'))).toBe(true)
    expect(allows({ window: { ...nine, zone: 'Asia/Kathmandu' } }, at('2026-11-23T18:14:59Z'))).toBe(false)
    expect(allows({ window: { ...nine, zone: 'Pacific/Auckland' } }, at('2026-11-23T11:00:00Z'))).toBe(true)
    expect(allows({ window: { ...nine, zone: 'America/St_Johns' } }, at('2026-11-24T03:30:00Z'))).toBe(true)
  })

  test('of a night belongs to the day on which it began', () => {
    const night = { zone: 'UTC', days: ['fri' as const], from: '22:00', until: '06:00' }
    const expected: Record<string, boolean> = {
      '2026-11-27T05:00:00Z': false, '2026-11-27T21:59:00Z': false, '2026-11-27T22:00:00Z': true,
      '2026-11-28T05:59:59Z': true, '2026-11-28T06:00:00Z': false, '2026-11-28T22:00:00Z': false,
    } // prettier-ignore
    for (const [time, holds] of Object.entries(expected)) expect(allows({ window: night }, at(time)), time).toBe(holds)
    const whole = { ...night, from: '00:00', until: '24:00' }
    expect(allows({ window: whole }, at('2026-11-27T23:59:59.999Z'))).toBe(true)
    expect(allows({ window: whole }, at('2026-11-28T00:00:00Z'))).toBe(false)
  })

  test('never holds in a zone that nobody knows, by a clock that cannot be read, or when it is empty', () => {
    const never = [
      { zone: 'Europe/Mars' },
      { zone: '+01:00' },
      { from: 'nine' },
      { until: '24:30' },
      { until: '09:00' },
    ]
    for (const change of never)
      expect(allows({ window: { ...window, ...change } }, at('2026-11-23T10:00:00Z')), JSON.stringify(change)).toBe(
        false,
      )
  })
})

describe('a link with networks', () => {
  const holds = (networks: string[], address?: string): boolean =>
    allows({ networks }, address === undefined ? {} : { address })

  test('holds for addresses within one of them', () => {
    const networks = ['10.0.0.0/8', '192.168.1.7', 'fd00:12::/32', '2001:db8::1']
    const inside = ['10.0.0.0', '10.255.255.255', '192.168.1.7', 'fd00:12:ffff::1', '2001:0DB8:0:0:0:0:0:1', '::ffff:10.1.2.3', '::ffff:0a01:0203', 'fd00:12::1%eth0'] // prettier-ignore
    const outside = ['11.0.0.0', '9.255.255.255', '192.168.1.8', 'fd00:13::', '2001:db8::2', '::10.1.2.3', '::ffff:11.0.0.1', 'fe80::1'] // prettier-ignore
    for (const address of inside) expect(holds(networks, address), address).toBe(true)
    for (const address of outside) expect(holds(networks, address), address).toBe(false)
  })

  test('tells the two kinds of addresses apart, but for IPv4 ones that are written as IPv6', () => {
    expect([holds(['::/0'], '::1'), holds(['::/0'], '10.0.0.1'), holds(['::/0'], '::ffff:10.0.0.1')]).toEqual([true, false, false]) // prettier-ignore
    expect([holds(['0.0.0.0/0'], '10.0.0.1'), holds(['0.0.0.0/0'], '::1')]).toEqual([true, false])
    expect([holds(['::ffff:10.0.0.0/104'], '10.9.9.9'), holds(['::ffff:10.0.0.0/104'], '11.0.0.0')]).toEqual([true, false]) // prettier-ignore
  })

  test('never holds without an address, for one that is none, and in a network that is none', () => {
    expect(holds(['0.0.0.0/0'])).toBe(false)
    for (const address of ['', '10.0.0', '010.0.0.1', '10.0.0.1/8', '10.0.0.1:80', 'localhost', '10.0.0.1 ', '::g'])
      expect(holds(['0.0.0.0/0', '::/0'], address), address).toBe(false)
    for (const network of ['', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/08', '10.0.0.0/8/8', '10/8', 'fd00::/129', '::ffff:10.0.0.0/90'])
      expect(holds([network], '10.0.0.0'), network).toBe(false) // prettier-ignore
  })
})

describe('a link with conditions', () => {
  test('must meet all of them, and its end', () => {
    const conditions: Conditions = {
      window: { zone: 'UTC', days: ['mon'], from: '00:00', until: '24:00' },
      networks: ['10.0.0.0/8'],
    }
    const link = bound(conditions, { expiresAt: '2026-11-23T12:00:00Z' })
    const index = compile({ revision: 1, rules: [deploy], links: [link] })
    const ask = (time: string, address: string): boolean =>
      index.decide({ ...request, context: { address, ...at(time) } }).allowed
    expect([ask('2026-11-23T11:59:59Z', '10.0.0.1'), ask('2026-11-23T12:00:00Z', '10.0.0.1')]).toEqual([true, false])
    expect([ask('2026-11-22T11:00:00Z', '10.0.0.1'), ask('2026-11-23T11:00:00Z', '11.0.0.1')]).toEqual([false, false])
  })

  test('carries a deny only while they hold', () => {
    const deny: Rule = { ...deploy, subject: 'group:outside', effect: 'deny' }
    const own: Rule = { ...deploy, subject: 'user:ana' }
    const links = [{ ...bound({ networks: ['203.0.113.0/24'] }), role: 'group:outside' }]
    const index = compile({ revision: 1, rules: [deny, own], links })
    const from = (address: string): boolean => index.decide({ ...request, context: { address } }).allowed
    expect([from('203.0.113.9'), from('10.0.0.1')]).toEqual([false, true])
  })

  test('is told, with what it waits for, where it would have led to an allow and to no deny', () => {
    const deny: Rule = { ...deploy, subject: 'role:denied', effect: 'deny' }
    const useless = { subject: 'user:ana', role: 'role:denied', domain: '*', conditions: { networks: ['10.0.0.0/8'] } }
    const more: Link[] = [useless, { subject: 'role:denied', role: 'role:r', domain: '*' }]
    const waiting = bound({ networks: ['10.0.0.0/8'] })
    const ended = bound({ breakGlass: true }, { domain: 'shop', expiresAt: '2026-01-01T00:00:00Z' })
    const { decision, unmet } = compile({ revision: 1, rules: [deploy, deny], links: [waiting, ...more] }).explain(
      request,
    )
    expect(decision.allowed).toBe(false)
    expect(unmet).toEqual([{ link: waiting, why: 'holds only within: networks 10.0.0.0/8' }])
    expect(compile({ revision: 1, rules: [deploy], links: [ended] }).explain(request).unmet).toEqual([
      { link: ended, why: 'ended 2026-01-01T00:00:00Z' },
    ])
  })

  test('is a mark on whoever hangs on it in who-can, and is judged where the circumstances are given', () => {
    const links: Link[] = [
      bound({ networks: ['10.0.0.0/8'] }),
      { subject: 'user:bob', role: 'role:r', domain: 'shop' },
      { subject: 'user:bob', role: 'group:outside', domain: '*', conditions: { networks: ['203.0.113.0/24'] } },
      { subject: 'user:eve', role: 'role:r', domain: 'shop', conditions: { breakGlass: true } },
    ]
    const deny: Rule = { ...deploy, subject: 'group:outside', effect: 'deny' }
    const index = compile({ revision: 1, rules: [deploy, deny], links })
    const [ana, bob, eve] = ['user:ana', 'user:bob', 'user:eve'].map((subject) => ({ subject }))
    const marked = (who: object | undefined) => ({ ...who, conditional: true })
    expect(index.whoCan(request)).toEqual([marked(ana), marked(bob), eve])
    expect(index.whoCan(request, {})).toEqual([marked(ana), marked(bob), eve])
    expect(index.whoCan(request, { address: '10.0.0.1' })).toEqual([marked(ana), marked(bob), eve])
    expect(index.whoCan(request, { address: '203.0.113.1' })).toEqual([eve])
    expect(index.whatCan('user:ana').map(({ through }) => through)).toEqual([[links[0]]])
    expect(index.whatCan('user:ana', { context: { address: '1.1.1.1' } })).toEqual([])
  })

  test('is refused where a condition cannot hold, and kept where all can', () => {
    const problems = (conditions: Conditions): string[] => validateLink(bound(conditions)).map(({ path }) => path)
    const window = { zone: 'Europe/Berlin', days: ['mon' as const], from: '22:00', until: '06:00' }
    expect(problems({ window, networks: ['10.0.0.0/8', '::1'], breakGlass: true })).toEqual([])
    expect(problems({ window: { ...window, days: [], from: '24:00' } })).toEqual(['conditions/window/days', 'conditions/window/from']) // prettier-ignore
    expect(problems({ networks: [] })).toEqual(['conditions/networks'])
  })
})

describe('a change freeze', () => {
  const freeze = { domain: 'shop', from: '2026-12-20T00:00:00Z', until: '2027-01-02T00:00:00Z', reason: 'Holidays' }
  const during = at('2026-12-24T12:00:00Z')
  const rules: Rule[] = [{ subject: 'role:all', domain: '*', object: '*', action: '*', effect: 'allow' }]
  const links: Link[] = [
    { subject: 'user:ana', role: 'role:all', domain: '*' },
    { subject: 'user:bob', role: 'group:breakers', domain: '*', conditions: { breakGlass: true } },
    { subject: 'group:breakers', role: 'role:all', domain: 'shop' },
  ]
  const index = compile({ revision: 1, rules, links, freezes: [freeze] })
  const ask = (
    subject: string,
    action: string,
    domain = 'shop/production',
    context = during,
    object = 'application/web',
  ) => index.decide({ subjects: [subject], domain, object, action, context })

  test('withholds what changes, in its domain and below, from its first instant until its last, and says until when', () => {
    expect(ask('user:ana', 'deploy')).toEqual({
      allowed: false,
      revision: 1,
      frozen: freeze,
      reason: 'frozen until 2027-01-02T00:00:00Z: Holidays',
      isLasting: false,
    })
    expect(ask('user:ana', 'deploy', 'shop').allowed).toBe(false)
    expect(ask('user:ana', 'deploy', 'shop/production', at('2026-12-19T23:59:59.999Z')).allowed).toBe(true)
    expect(ask('user:ana', 'deploy', 'shop/production', at('2026-12-20T00:00:00Z')).allowed).toBe(false)
    expect(ask('user:ana', 'deploy', 'shop/production', at('2027-01-02T00:00:00Z')).allowed).toBe(true)
    for (const domain of ['*', 'shopping', 'orders'])
      expect(ask('user:ana', 'deploy', domain).allowed, domain).toBe(true)
  })

  test('leaves reading, using, approving and granting, its own end, and telemetry', () => {
    for (const action of ['get', 'list', 'logs', 'use', 'approve', 'grant']) expect(ask('user:ana', action).allowed, action).toBe(true)
    for (const action of ['create', 'update', 'delete', 'run', 'deploy', 'rollback', 'exec']) expect(ask('user:ana', action).allowed, action).toBe(false)
    expect(ask('user:ana', 'delete', 'shop', during, 'freeze').allowed).toBe(true)
    expect(ask('user:ana', 'create', 'shop', during, 'telemetry').allowed).toBe(true)
  }) // prettier-ignore

  test('is broken by a link that may, anywhere on the way, and never against a deny', () => {
    expect(ask('user:bob', 'deploy')).toMatchObject({ allowed: true, rule: rules[0] })
    const deny: Rule = { subject: 'user:bob', domain: 'shop', object: 'application', action: 'deploy', effect: 'deny' }
    const denied = index.apply({ revision: 2, addRules: [deny] })
    expect(denied.decide({ subjects: ['user:bob'], domain: 'shop', object: 'application', action: 'deploy', context: during })).toMatchObject({
      allowed: false, rule: deny,
    }) // prettier-ignore
    expect(ask('user:stranger', 'deploy'), 'no rule is no freeze').toMatchObject({ allowed: false, reason: 'no rule' })
  })

  test('is left out of who-can, unless a time is given, and of the same policy without freezes', () => {
    const target = { domain: 'shop', object: 'application', action: 'deploy' }
    expect(index.whoCan(target).map(({ subject }) => subject)).toEqual(['user:ana', 'user:bob'])
    expect(index.whoCan(target, during)).toEqual([{ subject: 'user:bob' }])
    expect(index.withoutFreezes().decide({ ...target, subjects: ['user:ana'], context: during }).allowed).toBe(true)
    expect(index.explain({ ...target, subjects: ['user:ana'], context: during })).toMatchObject({
      frozen: freeze,
      unmet: [],
      matches: [{ rule: rules[0] }],
    })
  })

  test('comes and goes by a change, and begins at once when its times cannot be read', () => {
    const thawed = index.apply({ revision: 2, freezes: [] })
    expect(thawed.policySet().freezes).toBeUndefined()
    const frozen = thawed.apply({ revision: 3, freezes: [{ ...freeze, from: 'soon', until: 'later' }] })
    const again = frozen.apply({ revision: 4, addLinks: [] })
    expect(again.decide({ subjects: ['user:ana'], domain: 'shop', object: 'application', action: 'deploy' }).allowed).toBe(false)
  }) // prettier-ignore
})

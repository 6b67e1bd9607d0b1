import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  applyChange,
  changeLines,
  compile,
  constraintProblems,
  diffPolicies,
  ruleText,
  withinScopes,
  type Conditions,
  type Constraint,
  type Link,
  type PolicySet,
  type Rule,
} from './index.ts'

const link = (subject: string, role: string, domain = '*', more: Partial<Link> = {}): Link => ({
  subject,
  role,
  domain,
  ...more,
})

describe('scopes', () => {
  const question = { action: 'deploy', object: 'application/web', domain: 'shop/production' }

  test('contain what one of them covers, as a rule would', () => {
    const within = (scope: object): boolean => withinScopes([{ ...question, ...scope }], question)
    for (const scope of [{}, { action: '*' }, { object: '*' }, { object: 'application' }, { domain: 'shop' }, { domain: '*' }])
      expect(within(scope), JSON.stringify(scope)).toBe(true) // prettier-ignore
    for (const scope of [{ action: 'get' }, { object: 'application/w' }, { object: 'job' }, { domain: 'shop/staging' }, { domain: 'sho' }])
      expect(within(scope), JSON.stringify(scope)).toBe(false) // prettier-ignore
  })

  test('contain everything where there are none, and nothing where the list is empty', () => {
    expect([withinScopes(undefined, question), withinScopes([], question)]).toEqual([true, false])
    expect(withinScopes([{ action: '*', object: '*', domain: '*' }], { ...question, action: '' })).toBe(false)
  })
})

describe('constraints', () => {
  const found = (constraint: Constraint, links: Link[]): string[] =>
    constraintProblems(links, [constraint], { at: new Date('2026-11-23') }).map(
      ({ subject, domain, message }) => `${subject} ${domain}: ${message}`,
    )
  const both = { kind: 'sod', roles: ['role:author', 'role:approver'] } as const

  test('sod: nobody reaches both roles in domains that overlap, by whatever way', () => {
    const links = [
      link('user:ana', 'role:author', 'shop'), link('user:ana', 'group:leads'), link('group:leads', 'role:approver', 'shop/production'),
      link('user:bob', 'role:author', 'shop'), link('user:bob', 'role:approver', 'orders'),
      link('role:boss', 'role:author'), link('role:boss', 'role:approver'),
    ] // prettier-ignore
    expect(found(both, links)).toEqual([
      'role:boss *: holds role:author and role:approver everywhere, which nobody may hold together',
      'user:ana shop/production: holds role:author and role:approver in shop/production, which nobody may hold together',
    ])
  })

  test('count links whose conditions may hold, and not those that have ended', () => {
    const author = link('user:ana', 'role:author')
    expect(found(both, [author, link('user:ana', 'role:approver', '*', { expiresAt: '2026-11-22T00:00:00Z' })])).toEqual([]) // prettier-ignore
    const approver = link('user:ana', 'role:approver', '*', { conditions: { networks: ['10.0.0.0/8'] } })
    expect(found(both, [author, approver])).toHaveLength(1)
    expect(constraintProblems(compile({ revision: 1, rules: [], links: [author, approver] }), [both])).toHaveLength(1)
  })

  test('sodMax: nobody holds more of them than so many', () => {
    const three = { kind: 'sodMax', roles: ['role:a', 'role:b', 'role:c'], max: 2 } as const
    const links = [link('user:ana', 'role:a'), link('user:ana', 'role:b', 'shop'), link('user:bob', 'role:a')]
    expect(found(three, links)).toEqual([])
    expect(found(three, [...links, link('user:ana', 'role:c', 'shop/production')])).toEqual([
      'user:ana shop/production: holds role:a and role:b and role:c in shop/production, of which nobody may hold more than 2',
    ])
  })

  test('roleMax: no more of those who act hold a role in any one place', () => {
    const two = { kind: 'roleMax', roles: ['role:admin'], max: 2 } as const
    const links = [
      link('group:admins', 'role:admin'), link('user:ana', 'group:admins'), link('sa:a/bot', 'role:admin', 'shop'), link('user:eve', 'role:admin', 'orders'),
    ] // prettier-ignore
    expect(found(two, links)).toEqual([])
    expect(found(two, [...links, link('user:bob', 'role:admin', 'shop')])).toEqual([
      'role:admin shop: is held by 3 in shop, of at most 2',
    ])
  })

  test('rolePre: whoever holds a role holds what it takes, wherever he holds it', () => {
    const needs = { kind: 'rolePre', roles: ['role:deployer', 'role:trained'] } as const
    const links = [
      link('user:ana', 'role:deployer', 'shop/production'), link('user:ana', 'role:trained', 'shop'),
      link('user:bob', 'role:deployer', 'shop'), link('user:bob', 'role:trained', 'shop/production'), link('group:team', 'role:deployer'),
    ] // prettier-ignore
    expect(found(needs, links)).toEqual([
      'user:bob shop: holds role:deployer in shop without role:trained, which it takes',
    ])
  })

  test('end on circles', () => {
    expect(
      found(both, [link('role:author', 'role:x'), link('role:x', 'role:author'), link('user:ana', 'role:x')]),
    ).toEqual([])
  })
})

describe('the difference of two policies', () => {
  const subject = fc.constantFrom('user:a', 'user:b', 'role:r', 'role:s')
  const domain = fc.constantFrom('*', 'shop', 'shop/production')
  const rule: fc.Arbitrary<Rule> = fc.record({
    subject, domain, object: fc.constantFrom('*', 'job', 'job/a*'), action: fc.constantFrom('get', '*'),
    effect: fc.constantFrom('allow' as const, 'deny' as const),
  }) // prettier-ignore
  const conditions = fc.constantFrom(
    ...([{ networks: ['10.0.0.0/8'] }, { breakGlass: true }] satisfies Conditions[] as Conditions[]),
  )
  const expiresAt = fc.constantFrom('2099-01-01T00:00:00Z', '2099-01-01T00:00:00.000Z', '2100-01-01T00:00:00Z')
  const someLink = fc.record(
    { subject, role: fc.constantFrom('role:r', 'role:s'), domain, expiresAt, conditions },
    { requiredKeys: ['subject', 'role', 'domain'] },
  )
  const id = (row: Link): string => `${row.subject} ${row.role} ${row.domain}`
  const freeze = { domain: 'shop', from: '2026-12-20T00:00:00Z', until: '2026-12-31T00:00:00Z', reason: 'Holidays' }
  const policy = fc.record({
    revision: fc.constant(4),
    rules: fc.uniqueArray(rule, { selector: ruleText, maxLength: 10 }),
    links: fc.uniqueArray(someLink, { selector: (row) => id(row), maxLength: 10 }),
    freezes: fc.subarray([freeze, { ...freeze, domain: '*' }]),
  })
  const rowsOf = ({ rules, links, freezes = [] }: PolicySet) => ({
    rules: rules.map(ruleText).sort(),
    links: links.map((row) => `${id(row)} ${Date.parse(row.expiresAt ?? '')} ${JSON.stringify(row.conditions)}`).sort(),
    freezes: freezes.map((one) => one.domain).sort(),
  })

  test('leads from one to the other, as rows and as an index, and is empty only between equal ones', () => {
    fc.assert(
      fc.property(policy, policy, (before, after) => {
        const { empty, ...change } = diffPolicies(before, after)
        expect(rowsOf(applyChange(before, change))).toEqual(rowsOf(after))
        expect(rowsOf(compile(before).apply(change).policySet())).toEqual(rowsOf(after))
        expect(change.revision).toBe(5)
        expect(empty).toBe(JSON.stringify(rowsOf(before)) === JSON.stringify(rowsOf(after)))
        expect(diffPolicies(before, { ...before, rules: before.rules.toReversed() }).empty).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('leaves freezes alone where the new text says none', () => {
    const before = { revision: 1, rules: [], links: [], freezes: [freeze] }
    expect(diffPolicies(before, { revision: 1, rules: [], links: [] })).toMatchObject({ empty: true })
  })

  test('reads as lines of policy.csv', () => {
    const before = { revision: 1, rules: [], links: [link('user:ana', 'role:r')] }
    const after = {
      revision: 1,
      rules: [],
      links: [link('user:ana', 'role:r', '*', { expiresAt: '2099-01-01T00:00:00Z' })],
    }
    expect(changeLines(diffPolicies(before, after))).toEqual({
      added: ['g2, user:ana, role:r, *, 2099-01-01T00:00:00.000Z'],
      removed: ['g, user:ana, role:r, *'],
    })
  })
})

import { describe, expect, test } from 'vitest'
import { compile, type Link, type Rule } from './index.ts'

const allow = (subject: string, object: string, action: string, domain = '*'): Rule => ({
  subject,
  domain,
  object,
  action,
  effect: 'allow',
})
const deny = (subject: string, object: string, action: string, domain = '*'): Rule => ({
  ...allow(subject, object, action, domain),
  effect: 'deny',
})
const link = (subject: string, role: string, domain = '*'): Link => ({ subject, role, domain })
const request = {
  subjects: ['user:ana'],
  domain: 'payments/production',
  object: 'application/ledger',
  action: 'deploy',
}

const deployer = allow('role:deployer', 'application', 'deploy')
const administrator = allow('role:administrator', '*', '*')

describe('an explanation', () => {
  test('lists every matching rule with the links that lead to it, denies first', () => {
    const freeze = deny('group:staff', 'application/led*', '*', 'payments')
    const links = [link('user:ana', 'group:staff'), link('group:staff', 'role:deployer', 'payments')]
    const { decision, matches, nearest } = compile({
      revision: 1,
      rules: [deployer, administrator, freeze],
      links,
    }).explain(request)
    expect(decision).toMatchObject({ allowed: false, rule: freeze })
    expect(matches).toEqual([
      { rule: freeze, through: [links[0]] },
      { rule: deployer, through: links },
    ])
    expect(nearest, 'no role helps against a deny').toBeUndefined()
  })

  test('of a denial names the narrowest role that would allow it there', () => {
    const { nearest } = compile({
      revision: 1,
      rules: [administrator, deployer, allow('user:bob', 'application', 'deploy')],
      links: [],
    }).explain(request)
    expect(nearest).toEqual({ role: 'role:deployer', domain: 'payments/production' })
  })

  test('never names a role that a deny of its own, or a rule in another domain, makes useless', () => {
    const rules = [
      deployer,
      deny('role:deployer', 'application', 'deploy', 'payments/production'),
      allow('role:orders', 'application', 'deploy', 'orders'),
    ]
    expect(compile({ revision: 1, rules, links: [] }).explain(request)).toMatchObject({ matches: [], unmet: [] })
    expect(compile({ revision: 1, rules, links: [] }).explain(request).nearest).toBeUndefined()
  })
})

describe('the searches', () => {
  test('what-can gives each right where the rule and all links on the way hold', () => {
    const rules = [
      deployer,
      deny('group:staff', 'application', 'deploy', 'payments/production'),
      allow('role:deployer', 'log', 'get', 'orders'),
    ]
    const links = [link('user:ana', 'group:staff'), link('group:staff', 'role:deployer', 'payments')]
    const rights = compile({ revision: 1, rules, links }).whatCan('user:ana')
    expect(
      rights.map(({ rule, domain, through }) => [rule.effect, rule.action, rule.object, domain, through.length]),
    ).toEqual([
      ['deny', 'deploy', 'application', 'payments/production', 1],
      ['allow', 'deploy', 'application', 'payments', 2],
    ])
  })

  test('what-can stops at its limit, and on circles', () => {
    const rules = Array.from({ length: 50 }, (_, at) => allow('role:a', `component/c${at}`, 'get'))
    const index = compile({
      revision: 1,
      rules,
      links: [link('role:a', 'role:b'), link('role:b', 'role:a'), link('user:ana', 'role:a')],
    })
    expect(index.whatCan('user:ana', { limit: 10 })).toHaveLength(10)
    expect(index.whatCan('user:ana')).toHaveLength(50)
    expect(index.whatCan('')).toEqual([])
  })

  test('who-can leaves out roles and groups, and everybody below a deny', () => {
    const rules = [deployer, deny('group:interns', 'application', 'deploy')]
    const links = [
      link('user:ana', 'role:deployer'), link('sa:payments/bot', 'role:deployer', 'payments'), link('user:bob', 'role:deployer', 'orders'),
      link('user:eve', 'role:deployer'), link('user:eve', 'group:interns'), link('group:leads', 'role:deployer'),
    ] // prettier-ignore
    const index = compile({ revision: 1, rules, links })
    expect(index.whoCan(request)).toEqual([{ subject: 'sa:payments/bot' }, { subject: 'user:ana' }])
    expect(index.whoCan({ ...request, object: '' })).toEqual([])
  })
})

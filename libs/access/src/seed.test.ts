import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { actions, contracts, objectKinds, type Guard, type RouteSpec } from '@plinth/contracts'
import {
  administratorsGroup,
  compile,
  jobsGroup,
  parsePolicy,
  formatPolicy,
  permissionCanBeHeld,
  projectLinks,
  ruleText,
  seedAdditions,
  seededRoles,
  seedGeneration,
  seedPolicy,
  validateLink,
  validateRule,
  workloadsGroup,
  type Link,
} from './index.ts'

const people: Link[] = [
  { subject: 'user:dev', role: 'role:developer', domain: 'payments' },
  { subject: 'user:lead', role: 'role:team-lead', domain: 'payments' },
  { subject: 'user:tess', role: 'role:qa', domain: 'payments' },
  { subject: 'user:release', role: 'role:deployer', domain: 'payments/production' },
  { subject: 'user:admin', role: administratorsGroup, domain: '*' },
  { subject: 'user:audit', role: 'role:auditor', domain: '*' },
]
const seed = seedPolicy()
const index = compile({ ...seed, links: [...seed.links, ...people, ...projectLinks('payments')] })
const may = (subject: string, action: string, object: string, domain: string): boolean =>
  index.decide({ subjects: [subject], action, object, domain }).allowed

describe('with the seeded roles', () => {
  test('a developer builds in his project and asks for production, and nothing else', () => {
    const can = [
      'create component',
      'update repository/ledger',
      'run pipeline',
      'logs job',
      'create schema',
      'create change-request',
      'use template',
    ]
    for (const right of can) {
      const [action = '', object = ''] = right.split(' ')
      expect(may('user:dev', action, object, 'payments'), right).toBe(true)
      expect(may('user:dev', action, object, 'orders'), `${right} elsewhere`).toBe(false)
    }
    expect(may('user:dev', 'create', 'change-request', 'payments/production')).toBe(true)
    expect(may('user:dev', 'deploy', 'application/ledger', 'payments/development')).toBe(true)
    for (const action of ['approve', 'deploy', 'rollback', 'run', 'exec', 'delete', 'grant']) {
      for (const object of ['change-request', 'application/ledger', 'workload/ledger', 'binding', 'policy']) {
        for (const domain of ['payments', 'payments/production', 'payments/staging', '*']) {
          expect(may('user:dev', action, object, domain), `${action} ${object} in ${domain}`).toBe(false)
        }
      }
    }
  })

  test('the denial of a developer in production names the role that is missing there', () => {
    for (const [action, object] of [
      ['approve', 'change-request'],
      ['deploy', 'application/ledger'],
    ] as const) {
      const { decision, nearest } = index.explain({
        subjects: ['user:dev'],
        action,
        object,
        domain: 'payments/production',
      })
      expect({ allowed: decision.allowed, nearest }).toEqual({
        allowed: false,
        nearest: { role: 'role:deployer', domain: 'payments/production' },
      })
    }
  })

  test('a team lead approves and deploys in every environment of his project, and gives its roles', () => {
    for (const domain of ['payments/production', 'payments/staging']) {
      expect(may('user:lead', 'approve', 'change-request', domain)).toBe(true)
      expect(may('user:lead', 'deploy', 'application/ledger', domain)).toBe(true)
      expect(may('user:lead', 'rollback', 'application/ledger', domain)).toBe(true)
    }
    expect(may('user:lead', 'grant', 'binding', 'payments')).toBe(true)
    expect(may('user:lead', 'grant', 'binding', 'orders')).toBe(false)
    expect(may('user:lead', 'approve', 'change-request', 'orders/production')).toBe(false)
  })

  test('a deployer deploys where he is bound, and writes no code', () => {
    expect(may('user:release', 'deploy', 'application/ledger', 'payments/production')).toBe(true)
    expect(may('user:release', 'deploy', 'application/ledger', 'payments/staging')).toBe(false)
    for (const object of ['repository/ledger', 'template', 'component', 'schema']) {
      for (const action of ['create', 'update', 'delete'])
        expect(may('user:release', action, object, 'payments/production')).toBe(false)
    }
  })

  test('testers deploy in staging only; an administrator does everything; an auditor only reads', () => {
    expect([
      may('user:tess', 'deploy', 'application/ledger', 'payments/staging'),
      may('user:tess', 'deploy', 'application/ledger', 'payments/production'),
    ]).toEqual([true, false])
    for (const action of actions) {
      for (const kind of objectKinds) {
        expect(may('user:admin', action, kind, '*')).toBe(true)
        expect(may('user:audit', action, kind, 'payments'), `${action} ${kind}`).toBe(
          ['get', 'list', 'logs'].includes(action),
        )
      }
    }
  })

  test('the token of a job has rights in its own project only, and that of a workload sends telemetry only', () => {
    const job = { subjects: ['job:payments/pip_1', jobsGroup('payments')], object: 'artifact', action: 'create' }
    expect([
      index.decide({ ...job, domain: 'payments' }).allowed,
      index.decide({ ...job, domain: 'orders' }).allowed,
    ]).toEqual([true, false])
    expect(index.decide({ ...job, domain: 'payments', object: 'application', action: 'deploy' }).allowed).toBe(false)
    for (const action of actions) {
      for (const object of objectKinds) {
        const sendsTelemetry = action === 'create' && object === 'telemetry'
        expect(may(workloadsGroup, action, object, '*'), `${action} ${object}`).toBe(sendsTelemetry)
      }
    }
  })

  test('every row is one that may be stored, and is read back from policy.csv as it was', () => {
    const all = { rules: seed.rules, links: [...seed.links, ...projectLinks('payments')] }
    for (const rule of all.rules) expect(validateRule(rule), JSON.stringify(rule)).toEqual([])
    for (const [at, link] of all.links.entries())
      expect(validateLink(link, all.links.slice(0, at)), JSON.stringify(link)).toEqual([])
    expect(parsePolicy(formatPolicy(all))).toEqual({ ...all, problems: [] })
    expect(new Set(seed.rules.map((rule) => rule.subject))).toEqual(
      new Set(seededRoles.map(({ name }) => `role:${name}`)),
    )
  })
})

describe('the seed', () => {
  test('grows by generations alone: what was shipped first is as it was, or platforms would miss the change', () => {
    const later = new Set(seedAdditions(1).map(ruleText))
    const first = seed.rules.map(ruleText).filter((text) => !later.has(text))
    const digest = createHash('sha256').update(first.sort().join('\n')).digest('hex')
    expect(digest).toBe('ef47b44337a4d89b7a5ca01de3fea6cb1d5b98580d49bde417fc8ca07e9e5c4b')
    expect([seedAdditions(1).length, seedAdditions(seedGeneration)]).toEqual([8, []])
  })

  test('lets a lead break the glass and run his accounts and webhooks in his project, and a job test policies', () => {
    for (const [action, object] of [['use', 'break-glass'], ['create', 'service-account'], ['delete', 'webhook'], ['create', 'freeze'], ['use', 'policy']]) {
      expect(may('user:lead', action ?? '', object ?? '', 'payments'), `${action} ${object}`).toBe(true)
      expect(may('user:lead', action ?? '', object ?? '', 'orders'), `${action} ${object}`).toBe(false)
      expect(may('user:dev', action ?? '', object ?? '', 'payments'), `${action} ${object}`).toBe(false)
    }
    expect(may('user:release', 'use', 'break-glass', 'payments/production')).toBe(true)
    expect(may(jobsGroup('payments'), 'use', 'policy', 'payments')).toBe(true)
  }) // prettier-ignore
})

describe('whether a permission can be held', () => {
  const guard = (action: Guard['action'], object: Guard['object'], domain: string): Guard => ({
    action,
    object,
    domain,
  })
  const only = (rule: { domain: string; object: string; action?: string }, deny = false) => ({
    revision: 1,
    links: [],
    rules: [
      { subject: 'role:r', action: 'get', effect: 'allow' as const, ...rule },
      ...(deny ? [{ subject: 'role:r', domain: '*', object: '*', action: '*', effect: 'deny' as const }] : []),
    ],
  })

  test('is so for every route of the platform with the seeded policy', () => {
    const seeded = compile(seed)
    const routes: [string, RouteSpec][] = Object.values(contracts).flatMap(({ routes }) => Object.entries(routes))
    const guarded = routes.flatMap(([operation, { permission }]) =>
      typeof permission === 'string' ? [] : [{ operation, permission }],
    )
    expect(guarded.length).toBeGreaterThan(50)
    expect(guarded.filter(({ permission }) => !permissionCanBeHeld(permission, seeded))).toEqual([])
  })

  test('follows from what some role has, with the parameters of the route filled in', () => {
    expect(permissionCanBeHeld(guard('deploy', 'application/:component', ':project/:environment'), seed)).toBe(true)
    expect(
      permissionCanBeHeld(
        guard('get', 'component/:component', ':project'),
        only({ domain: 'payments', object: 'component/led*' }),
      ),
    ).toBe(true)
    expect(
      permissionCanBeHeld(
        guard('get', 'component/:component', ':project/:environment'),
        only({ domain: 'payments/production', object: 'component/ledger' }),
      ),
    ).toBe(true)
  })

  test('is refused where no rule fits, a rule of a person alone fits, or the role is denied it everywhere', () => {
    expect(permissionCanBeHeld(guard('get', 'component', '*'), only({ domain: 'payments', object: 'component' }))).toBe(
      false,
    )
    expect(
      permissionCanBeHeld(
        guard('get', 'component', ':project'),
        only({ domain: 'payments/production', object: 'component' }),
      ),
    ).toBe(false)
    expect(
      permissionCanBeHeld(guard('get', 'component', ':project'), only({ domain: '*', object: 'component/ledger' })),
    ).toBe(false)
    expect(
      permissionCanBeHeld(guard('get', 'component', ':project'), only({ domain: '*', object: 'component' }, true)),
    ).toBe(false)
    const person = { subject: 'user:ana', domain: '*', object: 'component', action: 'get', effect: 'allow' as const }
    expect(
      permissionCanBeHeld(guard('get', 'component', ':project'), { revision: 1, links: [], rules: [person] }),
    ).toBe(false)
  })
})

import { newEnforcer, newModelFromString, StringAdapter } from 'casbin'
import { describe, expect, test } from 'vitest'
import { AppError, type Problem } from '@plinth/kernel'
import {
  casbinModel,
  compile,
  formatPolicy,
  parsePolicy,
  registerCasbinFunctions,
  seedPolicy,
  validateLink,
  validateRule,
  type Link,
  type Rule,
} from './index.ts'

const good: Rule = {
  subject: 'role:developer',
  domain: 'payments',
  object: 'component',
  action: 'get',
  effect: 'allow',
}
const link = (subject: string, role: string, domain = '*'): Link => ({ subject, role, domain })

/** The problems of the error that the work ends in. */
function problemsOf(work: () => unknown): readonly Problem[] {
  try {
    work()
  } catch (error) {
    if (error instanceof AppError) return error.problems
    throw error
  }
  throw new Error('expected an error')
}

describe('a rule', () => {
  test.each<[keyof Rule, string]>([
    ['subject', ''], ['subject', 'ana'], ['subject', 'user:a"b'], ['subject', 'user:a\nb'], ['subject', 'user:\u202eana'], ['subject', `user:${'a'.repeat(300)}`],
    ['domain', ''], ['domain', '../x'], ['domain', 'a/b/c'], ['domain', 'a/*'], ['domain', 'a b'],
    ['object', ''], ['object', 'thing'], ['object', 'comp*'], ['object', 'component/'], ['object', 'component/a*b'], ['object', 'component/.*x'], ['object', '**'],
    ['action', ''], ['action', 'fly'], ['action', 'get*'],
    ['effect', ''], ['effect', 'maybe'],
  ])('with a wrong %s (%j) is refused, naming the field and what to do', (field, value) => {
    const problems = validateRule({ ...good, [field]: value })
    expect(problems.map((problem) => problem.path)).toEqual([field])
    expect(problems[0]?.message.length).toBeGreaterThan(10)
  }) // prettier-ignore

  test('lists all that is wrong at once', () => {
    expect(validateRule({ ...good, subject: '', object: 'x', action: 'y' }).map(({ path }) => path)).toEqual([
      'subject',
      'object',
      'action',
    ])
  })
})

describe('a link', () => {
  test('that closes a circle is refused with the way round it', () => {
    const existing = [link('role:a', 'role:b'), link('role:b', 'role:c', 'payments')]
    expect(validateLink(link('role:c', 'role:a', 'payments/production'), existing)[0]?.message).toContain(
      'role:c -> role:a -> role:b -> role:c',
    )
    expect(validateLink(link('role:a', 'role:a'))[0]?.message).toContain('circle')
    expect(validateLink(link('role:c', 'role:a', 'orders'), existing), 'no domain in common: no circle').toEqual([])
  })

  test('with a wrong field is refused, naming it', () => {
    const wrong = (change: Partial<Link>) =>
      validateLink({ ...link('user:ana', 'role:r'), ...change }).map(({ path }) => path)
    expect(wrong({ subject: '' })).toEqual(['subject'])
    expect(wrong({ role: 'user:bob' })).toEqual(['role'])
    expect(wrong({ domain: 'a/b/c' })).toEqual(['domain'])
    expect(wrong({ subject: 'role:r', role: 'group:g' })).toEqual(['role'])
    for (const expiresAt of ['tomorrow', '2026-13-01T00:00:00Z', '2026-01-01'])
      expect(wrong({ expiresAt })).toEqual(['expiresAt'])
    expect(wrong({ expiresAt: '2026-12-31T23:59:59Z' })).toEqual([])
  })
})

describe('policy.csv', () => {
  test('errors name line and column, all of them in one go', () => {
    const text =
      '# ours\np, role:r, *, component, get\np, role:r, *, thing, fly, allow\n\ng, user:ana, role:r\np, "role:r\nx, 1\ng,role:a,role:b,*\ng,role:b,role:a,*'
    const problems = problemsOf(() => parsePolicy(text))
    expect(problems.map(({ path }) => path)).toEqual([
      'policy.csv:3:15', 'policy.csv:3:22', 'policy.csv:5:1', 'policy.csv:6:4', 'policy.csv:7:1', 'policy.csv:9:1',
    ]) // prettier-ignore
    expect(problems.at(-1)?.message).toContain('role:b -> role:a -> role:b')
  })

  test('a row without its effect allows, quotes are read, and comments and blank lines are skipped', () => {
    expect(parsePolicy('\n# x\r\n p , "role:r" , *, component , get \r\ng, user:ana, role:r, *\r\n')).toEqual({
      rules: [{ subject: 'role:r', domain: '*', object: 'component', action: 'get', effect: 'allow' }],
      links: [link('user:ana', 'role:r')],
    })
  })

  test('keeps an expiry to come through export and import, and leaves out what has expired', () => {
    const links = [
      { ...link('user:ana', 'role:r'), expiresAt: '2027-01-01T00:00:00.000Z' },
      { ...link('user:bob', 'role:r'), expiresAt: '2026-01-01T00:00:00.000Z' },
      link('user:eve', 'role:r'),
    ]
    expect(parsePolicy(formatPolicy({ rules: [], links }, new Date('2026-11-23'))).links).toEqual([links[0], links[2]])
  })

  test.each(['a"b', 'a,b', 'a\nb', '', ' a', 'a(b', '#a'])(
    'refuses to write %j, which a later load would misread',
    (subject) => {
      expect(() => formatPolicy({ rules: [{ ...good, subject }], links: [] })).toThrow(/cannot be written/)
    },
  )

  test('is read by stock node-casbin to the same decisions, seed included', async () => {
    const seed = seedPolicy()
    const links = [...seed.links, link('user:lead', 'role:team-lead', 'payments')]
    const enforcer = await newEnforcer(
      newModelFromString(casbinModel),
      new StringAdapter(formatPolicy({ rules: seed.rules, links })),
    )
    await registerCasbinFunctions(enforcer)
    const index = compile({ ...seed, links })
    for (const domain of ['*', 'payments', 'payments/production', 'orders']) {
      const ask = ['user:lead', domain, 'application/ledger', 'deploy'] as const
      const ours = index.decide({
        subjects: ['user:lead'],
        domain,
        object: 'application/ledger',
        action: 'deploy',
      }).allowed
      expect(enforcer.enforceSync(...ask)).toBe(ours)
      expect(ours).toBe(domain.startsWith('payments'))
    }
  })
})

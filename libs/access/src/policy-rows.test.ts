import { newEnforcer, newModelFromString, StringAdapter } from 'casbin'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { actions, objectKinds } from '@plinth/contracts'
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

const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/)
const domain = fc.oneof(
  fc.constant('*'),
  name,
  fc.tuple(name, name).map((parts) => parts.join('/')),
)
const instant = fc
  .date({ min: new Date('2026-11-24'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString())
const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const times = fc.uniqueArray(fc.integer({ min: 0, max: 1439 }), { minLength: 2, maxLength: 2 })
const clockTime = (minutes = 0): string => new Date(minutes * 60_000).toISOString().slice(11, 16)
const window = fc
  .record({
    zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Etc/GMT+5', 'Asia/Kathmandu'),
    days: fc.subarray([...days], { minLength: 1 }),
    times,
  })
  .map(({ times: [from, until], ...rest }) => ({ ...rest, from: clockTime(from), until: clockTime(until) }))
const conditions = fc
  .record(
    {
      window,
      networks: fc.uniqueArray(fc.constantFrom('10.0.0.0/8', '192.168.1.7', 'fd00::/8', '::1/128'), { minLength: 1 }),
      breakGlass: fc.constant(true as const),
    },
    { requiredKeys: [] },
  )
  .filter((some) => Object.keys(some).length > 0)
const anyPolicy = fc.record({
  rules: fc.uniqueArray(
    fc.record({
      subject: name.map((text) => `role:${text}`),
      domain,
      object: fc.constantFrom('*', ...objectKinds, 'component/led*', 'job/a.b_c-d'),
      action: fc.constantFrom('*', ...actions),
      effect: fc.constantFrom('allow' as const, 'deny' as const),
    }),
    { selector: (row) => [row.subject, row.domain, row.object, row.action].join(' '), maxLength: 12 },
  ),
  links: fc.uniqueArray(
    fc.record(
      {
        subject: name.map((text) => `user:${text}`),
        role: name.map((text) => `role:${text}`),
        domain,
        expiresAt: instant,
        conditions,
      },
      { requiredKeys: ['subject', 'role', 'domain'] },
    ),
    { selector: (row) => [row.subject, row.role, row.domain].join(' '), maxLength: 12 },
  ),
  freezes: fc.uniqueArray(
    fc.record({
      domain,
      from: fc.constant('2026-01-01T00:00:00.000Z'),
      until: instant,
      reason: fc.constantFrom('Rest', 'End of year, "quiet" (all)', '# no comment'),
    }),
    { selector: (row) => JSON.stringify(row), minLength: 1, maxLength: 3 },
  ),
})

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
    const index = compile({ revision: 1, rules: [], links: existing })
    const closing = link('role:c', 'role:a', 'payments/production')
    expect(validateLink(closing, index)).toEqual(validateLink(closing, existing))
    expect(validateLink(link('role:c', 'role:a', 'orders'), index)).toEqual([])
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
    const mars = { zone: 'Europe/Mars', from: '09:00', until: '09:00' }
    expect(wrong({ conditions: { window: { ...mars, days: ['mon'] }, networks: ['10.0.0.0/8', '10.0.0.1/8'] } })).toEqual([
      'conditions/window/zone', 'conditions/window/until', 'conditions/networks/1',
    ]) // prettier-ignore
    for (const expiresAt of ['tomorrow', '2026-13-01T00:00:00Z', '2026-01-01'])
      expect(wrong({ expiresAt })).toEqual(['expiresAt'])
    expect(wrong({ expiresAt: '2026-12-31T23:59:59Z' })).toEqual([])
  })
})

describe('policy.csv', () => {
  test('is checked whole: every problem has its line and its columns', () => {
    const text = [
      '# ours', 'p, role:r, *, component, get', 'p, role:r, *, thing, fly, allow', '', 'g, user:ana, role:r', 'p, "role:r', 'x, 1',
      'g,role:a,role:b,*', 'g,role:b,role:a,*', 'p, role:r, *, component, get, allow', 'p, role:r, *, component, get, deny',
      'g2, user:ana, role:r, *, soon, window mon 9-17 Mars', 'g2, user:bob, role:r, *, -, networks 10.0.0.1/8, break-glass, break-glass',
      'g2, user:eve, role:r, *, -, window mon 09:00-17:00 Europe/Atlantis', 'f, payments, 2026-12-20T00:00:00Z, 2026-12-19T00:00:00Z, rest',
      'g, user:eve, role:r, *', 'g, user:zoe, role:unknown, *',
    ].join('\n') // prettier-ignore
    const { problems } = parsePolicy(text)
    const errors = problems.filter(({ severity }) => severity === 'error')
    expect(errors.map(({ line, column, endColumn }) => `${line}:${column}-${endColumn}`)).toEqual([
      '3:15-20', '3:22-25', '5:1-20', '6:4-11', '7:1-5', '9:10-16', '12:26-30', '12:32-52', '12:32-52', '12:32-52', '13:29-48', '13:63-74',
      '14:29-67', '15:36-56', '16:1-23',
    ]) // prettier-ignore
    expect(errors.find(({ line }) => line === 9)?.message).toContain('role:b -> role:a -> role:b')
    expect(errors.at(-1)?.message).toContain('on other terms')
    expect(
      problems.filter(({ severity }) => severity === 'warning').map(({ line, message }) => [line, message]),
    ).toEqual([
      [10, 'is the same as line 2'],
      [11, 'says the opposite of line 2; the deny wins'],
      [17, 'role:unknown has no rule in this text, so it gives nothing'],
    ])
  })

  test('never throws, and lists at most some thousand problems, errors first', () => {
    for (const text of ['', '\u0000', 'p', ',,,,', '"', '\n\n', 'g2,,,,', 'f,,,,', 'p,p,p,p,p,p,p']) parsePolicy(text)
    const good = 'p, role:r, *, component, get\n'.repeat(3_000)
    const { problems } = parsePolicy(`${good}q\n`)
    expect(problems.length).toBe(1_001)
    expect(problems.some(({ line, severity }) => line === 3_001 && severity === 'error')).toBe(true)
    expect(parsePolicy('x'.repeat(33 * 1024 * 1024)).problems).toHaveLength(1)
  })

  test('a row without its effect allows, quotes are read, and comments and blank lines are skipped', () => {
    expect(parsePolicy('\n# x\r\n p , "role:r" , *, component , get \r\ng, user:ana, role:r, *\r\n')).toEqual({
      rules: [{ subject: 'role:r', domain: '*', object: 'component', action: 'get', effect: 'allow' }],
      links: [link('user:ana', 'role:r')],
      problems: [],
    })
  })

  test('does not take a link for one without end because its expiry stands in a comment', () => {
    const { problems } = parsePolicy('# expires 2027-01-01T00:00:00.000Z\ng, user:ana, role:r, *\n')
    expect(problems[0]).toMatchObject({ line: 2, severity: 'error', message: expect.stringContaining('g2') })
  })

  test('leaves out what has ended', () => {
    const links = [
      { ...link('user:ana', 'role:r'), expiresAt: '2027-01-01T00:00:00.000Z' },
      { ...link('user:bob', 'role:r'), expiresAt: '2026-01-01T00:00:00.000Z' },
    ]
    const freeze = { domain: 'a', from: '2026-01-01T00:00:00.000Z', until: '2026-02-01T00:00:00.000Z', reason: 'over' }
    const text = formatPolicy({ rules: [], links, freezes: [freeze] }, new Date('2026-11-23'))
    expect(text).toBe('g2, user:ana, role:r, *, 2027-01-01T00:00:00.000Z\n')
  })

  test('comes back from its text as it was, whatever stands in it', () => {
    fc.assert(
      fc.property(anyPolicy, (policy) => {
        const { problems, ...read } = parsePolicy(formatPolicy(policy, new Date('2026-11-23')))
        expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
        expect(read).toEqual(policy)
      }),
      { numRuns: 300 },
    )
  })

  test.each(['a"b', 'a,b', 'a\nb', '', ' a', 'a(b', '#a'])(
    'refuses to write %j, which a later load would misread',
    (subject) => {
      expect(() => formatPolicy({ rules: [{ ...good, subject }], links: [] })).toThrow(/cannot be written/)
    },
  )

  test('is read by stock node-casbin to the same decisions, seed included', async () => {
    const seed = seedPolicy()
    const later = { expiresAt: '2100-01-01T00:00:00.000Z', conditions: { networks: ['10.0.0.0/8'] } }
    const conditional = { ...link('user:temp', 'role:team-lead', 'payments'), ...later }
    const links = [...seed.links, link('user:lead', 'role:team-lead', 'payments'), conditional]
    const freezes = [{ domain: 'orders', from: later.expiresAt, until: '2101-01-01T00:00:00Z', reason: 'a, "b" (c)' }]
    const enforcer = await newEnforcer(
      newModelFromString(casbinModel),
      new StringAdapter(formatPolicy({ rules: seed.rules, links, freezes })),
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
      expect(enforcer.enforceSync('user:temp', ...ask.slice(1)), 'what it cannot judge gives nothing').toBe(false)
    }
  })
})

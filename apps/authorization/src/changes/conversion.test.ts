import { casbinModel } from '@plinth/access'
import { AppError } from '@plinth/kernel'
import { describe, expect, test } from 'vitest'
import { convertPolicy } from './conversion.ts'

const now = new Date('2026-11-23T10:00:00Z')
type Model = { r?: string; p?: string; g?: string; e?: string; m: string }
const model = ({ r = 'sub, obj, act', p = r, g = '', e = 'some(where (p.eft == allow))', m }: Model): string => `
[request_definition]
r = ${r}
[policy_definition]
p = ${p}
${g === '' ? '' : `[role_definition]\ng = ${g}`}
[policy_effect]
e = ${e}
[matchers]
m = ${m}
`
const acl = model({ m: 'r.sub == p.sub && r.obj == p.obj && r.act == p.act' })
const rbac = model({ g: '_, _', m: 'g(r.sub, p.sub) && keyMatch(r.obj, p.obj) && r.act == p.act' })
const domains = model({
  r: 'sub, dom, obj, act',
  p: 'sub, dom, obj, act, eft',
  g: '_, _, _',
  e: 'some(where (p.eft == allow)) && !some(where (p.eft == deny))',
  m: 'g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj && r.act == p.act',
})
const casbin = (policy: string, text?: string) =>
  convertPolicy({ format: 'casbin', policy, ...(text !== undefined && { model: text }) }, now)
const said = ({ notes }: { notes: { line?: number; message: string }[] }) =>
  notes.map(({ line, message }) => `${line} ${message}`)

describe('a Casbin policy', () => {
  test('of an ACL, of RBAC and of RBAC with domains keeps its meaning', () => {
    expect(casbin('p, alice, log/one, get\n', acl)).toEqual({
      csv: 'p, user:alice, *, log/one, get, allow\n',
      notes: [],
    })
    expect(casbin('p, ops, application/web-*, deploy\ng, bob, ops\n', rbac)).toEqual({
      csv: 'p, role:ops, *, application/web-*, deploy, allow\ng, user:bob, role:ops, *\n',
      notes: [],
    })
    const found = casbin('p, ops, payments, log/one, get, deny\ng, bob, ops, payments\n', domains)
    expect(found.csv).toBe('p, role:ops, payments, log/one, get, deny\ng, user:bob, role:ops, payments\n')
    expect(said(found)).toEqual(['1 what holds in a domain holds here also in the environments below it'])
  })

  test('exported from here comes back as it was, with ends and conditions', () => {
    const csv = 'p, role:ops, payments, log, get, allow\ng2, user:bob, role:ops, payments, 2027-01-01T00:00:00.000Z, networks 10.0.0.0/8\n' // prettier-ignore
    expect(casbin(csv, casbinModel)).toEqual({ csv, notes: [] })
    expect(casbin(csv).csv).toBe(csv)
  })

  test('never means more here than there: what would is left out, and noted by line', () => {
    const found = casbin(
      'p, alice, *, get\np, alice, data1, read\np, alice, log, get\np, alice, log/a*, get\nq, x\n',
      acl,
    )
    expect(found.csv).toBe('p, user:alice, *, log, get, allow\n')
    expect(said(found)).toEqual([
      "1 the object '*' means that very name there, and a pattern here; it is left out",
      expect.stringMatching(/^2 object must be a kind/),
      expect.stringMatching(/^2 action must be/),
      '3 an object without an id stands here for all of its kind',
      "4 the object 'log/a*' means that very name there, and a pattern here; it is left out",
      expect.stringMatching(/^5 a row 'q' means nothing/),
    ])
    const denies = model({ p: 'sub, obj, act, eft', m: 'r.sub == p.sub && r.obj == p.obj && r.act == p.act' })
    expect(casbin('p, alice, log/a, get, deny\n', denies)).toMatchObject({ csv: '', notes: [{ severity: 'warning' }] })
    expect(said(casbin('p, a1, log/x*y, get\n', rbac))[0]).toContain('only up to its first *')
    expect(casbin('g, role:a, role:b\ng, role:b, role:a\n', rbac).notes).toMatchObject([{ line: 2, severity: 'error' }])
  })

  test.each([
    ['a default of allow', model({ e: '!some(where (p.eft == deny))', m: 'r.sub == p.sub && r.obj == p.obj && r.act == p.act' }), 'none denies'],
    ['priorities', model({ e: 'priority(p.eft) || deny', m: 'r.sub == p.sub && r.obj == p.obj && r.act == p.act' }), 'none denies'],
    ['a superuser in the matcher', model({ m: 'r.sub == p.sub && r.obj == p.obj && r.act == p.act || r.sub == "root"' }), 'no counterpart'],
    ['regular expressions', model({ m: 'r.sub == p.sub && regexMatch(r.obj, p.obj) && r.act == p.act' }), 'no counterpart'],
    ['rules of attributes', model({ m: 'eval(p.sub) && r.obj == p.obj && r.act == p.act' }), 'no counterpart'],
    ['another request', model({ r: 'sub, obj, act, ip', m: 'r.sub == p.sub && r.obj == p.obj && r.act == p.act' }), "'ip'"],
    ['a field that is not compared', model({ m: 'r.sub == p.sub && r.obj == p.obj' }), 'does not compare the action'],
    ['roles of resources', `${rbac}\n[role_definition]\ng2 = _, _\n`, 'g2'],
    ['roles asked in no domain', model({ r: 'sub, dom, obj, act', g: '_, _, _', m: 'g(r.sub, p.sub) && r.dom == p.dom && r.obj == p.obj && r.act == p.act' }), 'declares'],
    ['no model at all', 'nonsense', 'no definition'],
  ])('with %s is refused, naming why', (_what, text, why) => {
    const refused = (() => {
      try {
        return casbin('', text)
      } catch (error) {
        return error
      }
    })()
    expect(refused).toBeInstanceOf(AppError)
    expect(refused).toMatchObject({ code: 'authorization.policy_invalid', publicDetail: expect.stringContaining(why) })
  }) // prettier-ignore
})

test('an Argo CD policy is taken over by its importer', () => {
  const { csv } = convertPolicy(
    { format: 'argocd', policy: 'g, my-org:devs, role:readonly\n', defaultRole: 'role:readonly' },
    now,
  )
  expect(csv).toContain('role:')
})

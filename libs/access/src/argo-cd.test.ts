import { expect, test } from 'vitest'
import { compile, formatPolicy, importArgoCd, parsePolicy } from './index.ts'

const text = [
  '# policy.csv of argocd-rbac-cm',
  'p, role:staging, applications, get, shop/*, allow',
  'p, role:staging, applications, sync, shop/web-*, allow',
  'p, role:staging, applications, action/apps/Deployment/restart, shop/web, allow',
  'p, role:staging, logs, get, shop/*, allow',
  'p, role:staging, exec, create, */*, allow',
  'p, my-org:interns, applications, sync, shop/*, deny',
  'p, role:staging, applications, override, shop/*, allow',
  'p, role:staging, applications, delete, sh*, deny',
  'p, role:staging, applications, update, */w?b, allow',
  'p, role:staging, applicationsets, *, *, allow',
  'p, proj:shop:ci, repositories, *, shop/*, allow',
  'p, role:staging, widgets, get, *, allow',
  'p, role:ops, *, *, *, allow',
  'p, role:ops, applications, get',
  'g, my-org:team-a, role:staging',
  'g, my-org:platform, role:admin',
  'g, role:ops, role:staging',
  'g, role:staging, role:ops',
].join('\n')

test('a policy of Argo CD becomes one of ours, which reads without an error and decides as far as it can be said', () => {
  const { rules, links } = importArgoCd(text)
  const { problems, ...read } = parsePolicy(formatPolicy({ rules, links }))
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(read).toEqual({ rules, links })
  const index = compile({ revision: 1, ...read })
  const may = (subject: string, action: string, object: string, domain: string): boolean =>
    index.decide({ subjects: [subject], action, object, domain }).allowed
  const team = 'group:my-org/team-a'
  expect([may(team, 'get', 'application/web', 'shop'), may(team, 'list', 'application', 'shop')]).toEqual([true, true])
  expect([may(team, 'deploy', 'application/web-1', 'shop/production'), may(team, 'deploy', 'application/api', 'shop')]).toEqual([true, false]) // prettier-ignore
  expect([may(team, 'run', 'workload/web', 'shop'), may(team, 'exec', 'workload/api', 'orders')]).toEqual([true, true])
  expect(may(team, 'get', 'application/web', 'orders')).toBe(false)
  expect(may('role:shop/ci', 'update', 'repository/web', 'shop')).toBe(true)
  const both = { action: 'deploy', object: 'application/web-1', domain: 'shop' }
  expect(index.decide({ subjects: [team, 'group:my-org/interns'], ...both }).allowed).toBe(false)
})

test('each difference is noted at its line; a deny that cannot be said is an error', () => {
  const { notes } = importArgoCd(text, { defaultRole: 'role:readonly' })
  const told = notes.map(
    ({ line, column, severity, message }) => `${line}:${column} ${severity} ${message.slice(0, 40)}`,
  )
  expect(told).toEqual([
    "4:32 warning 'action/apps/Deployment/restart' names s",
    '7:4 warning Argo CD does not tell users from groups;',
    '7:48 warning Argo CD asks for the user and for each g',
    '8:18 warning left out: nothing is deployed here that ',
    '9:40 error left out: its * matches project and name',
    '10:40 warning left out: here a name has at most one *,',
    '11:18 warning left out: applications are made from com',
    '12:4 warning tokens of proj:shop:ci are service accou',
    '13:18 warning left out: "widgets" is no resource of Ar',
    '15:1 error is no row of Argo CD: p with subject, re',
    '16:4 warning Argo CD does not tell users from groups;',
    '17:4 warning Argo CD does not tell users from groups;',
    '17:21 warning role:admin is built into Argo CD; role:a',
    '19:4 error left out: role would close a circle: rol',
    '1:1 warning everybody has role:readonly in Argo CD, ',
  ])
})

test('nothing makes it throw', () => {
  for (const broken of ['', 'p', 'g', 'g,,', 'p,,,,,', '"', 'p, __proto__, constructor, toString, a/b, allow', 'p, a, toString, valueOf, *, deny', 'p, a, __proto__, get, *', 'g, a@b, role:x'])
    expect(importArgoCd(broken).rules).toEqual([]) // prettier-ignore
})

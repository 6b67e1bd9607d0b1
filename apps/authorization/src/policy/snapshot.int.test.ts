import { applyChange, compile, diffPolicies, type PolicyChange, type PolicySet } from '@plinth/access'
import { decide, policySnapshot, policySteps } from '@plinth/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testApp, type TestApp } from '../test-app.ts'

let app: TestApp
let admin: ReturnType<TestApp['as']>

beforeAll(async () => {
  app = await testApp()
  admin = app.as('user:admin')
})
afterAll(() => app?.close())

async function whole(): Promise<{ policy: PolicySet; pages: number; largest: number }> {
  const first = await app.bus.ask(policySnapshot, {})
  const pages = [first]
  for (let page = 1; page < first.pages; page++)
    pages.push(await app.bus.ask(policySnapshot, { page, revision: first.revision }))
  const policy = {
    revision: first.revision,
    rules: pages.flatMap(({ rules }) => rules),
    links: pages.flatMap(({ links }) => links),
    freezes: first.freezes ?? [],
  }
  return { policy, pages: pages.length, largest: Math.max(...pages.map((one) => JSON.stringify(one).length)) }
}
const revision = async (): Promise<number> => (await app.bus.ask(policySnapshot, {})).revision
const allowed = async (subject: string, action: string, object: string, domain: string, address?: string) => {
  const question = { subjects: [subject], action, object, domain, ...(address !== undefined && { address }) }
  return (await app.bus.ask(decide, { questions: [question] })).decisions[0]?.allowed
}
/** As another replica does, or an older one: the rows, and the revision without its step. */
const behindTheBack = (statement: string) =>
  app.rows(`with made as (${statement}) update policy_revision set revision = revision + 1`)

describe('the policy for those who enforce it', () => {
  test('comes with conditions and freezes, and decides here by them as well', async () => {
    await behindTheBack(`insert into bindings (id, subject, role, domain, created_at, created_by, conditions) values
      ('bnd_net', 'user:nina', 'role:deployer', 'payments', now(), 'test', '{"networks":["10.0.0.0/8"]}')`)
    expect(await allowed('user:nina', 'deploy', 'application', 'payments', '10.1.1.1')).toBe(true)
    expect(await allowed('user:nina', 'deploy', 'application', 'payments', '11.1.1.1')).toBe(false)
    expect(await allowed('user:nina', 'deploy', 'application', 'payments')).toBe(false)
    await behindTheBack(`insert into freezes (id, domain, starts_at, ends_at, reason, created_at, created_by) values
      ('frz_now', 'payments', now() - interval '1 hour', now() + interval '1 hour', 'Quiet', now(), 'test')`)
    expect(await allowed('user:nina', 'deploy', 'application', 'payments', '10.1.1.1')).toBe(false)
    const { policy } = await whole()
    expect(policy.links).toContainEqual({
      subject: 'user:nina',
      role: 'role:deployer',
      domain: 'payments',
      conditions: { networks: ['10.0.0.0/8'] },
    })
    expect(policy.freezes).toMatchObject([{ domain: 'payments', reason: 'Quiet' }])
    await behindTheBack(`delete from freezes`)
  })

  test('comes in pages far below what a message may hold, which stay together while the policy changes', async () => {
    await behindTheBack(`insert into bindings (id, subject, role, domain, created_at, created_by)
      select 'bnd_many' || n, 'user:u' || n, 'role:developer', 'project-' || n, now(), 'test' from generate_series(1, 12000) n`)
    const { policy, pages, largest } = await whole()
    expect(pages).toBeGreaterThan(2)
    expect(largest).toBeLessThan(1024 * 1024)
    expect(new Set(policy.links.map(({ subject, role, domain }) => `${subject} ${role} ${domain}`)).size).toBeGreaterThan(12_000)
    await admin.createBinding({ body: { subject: 'user:admin', role: 'role:auditor', domain: 'payments' } })
    const later = await app.bus.ask(policySnapshot, { page: 1, revision: policy.revision })
    expect([later.revision, later.links]).toEqual([policy.revision, expect.arrayContaining([policy.links[5_000]])])
    const beyond = await app.bus.ask(policySnapshot, { page: 1_000, revision: policy.revision - 1 })
    expect([beyond.revision, beyond.rules]).toEqual([policy.revision + 1, []])
  }) // prettier-ignore

  test('follows by steps, each to the next revision, to the policy that stands', async () => {
    const { policy } = await whole()
    for (const domain of ['one', 'two', 'three'])
      await admin.createBinding({ body: { subject: 'user:admin', role: 'role:auditor', domain } })
    const { items } = await admin.listBindings({ query: { subject: 'user:admin', domain: 'two' } })
    await admin.deleteBinding({ params: { binding: items[0]?.id ?? '' } })
    const { complete, steps, revision: reached } = await app.bus.ask(policySteps, { after: policy.revision })
    expect({ complete, reached, count: steps.length }).toEqual({ complete: true, reached: policy.revision + 4, count: 4 })
    const followed = steps.reduce((set: PolicySet, step) => applyChange(set, step as PolicyChange), policy)
    expect(diffPolicies(followed, (await whole()).policy).empty).toBe(true)
    expect(compile(followed).decide({ subjects: ['user:admin'], action: 'list', object: 'audit', domain: 'three' }).allowed).toBe(true)
    expect(await app.bus.ask(policySteps, { after: reached })).toEqual({ revision: reached, complete: true, steps: [] })
  }) // prettier-ignore

  test('says so when steps are missing, or the revision was never reached', async () => {
    const before = await revision()
    await behindTheBack(`delete from bindings where id = 'bnd_net'`)
    const missing = { revision: before + 1, complete: false, steps: [] }
    expect(await app.bus.ask(policySteps, { after: before })).toEqual(missing)
    expect(await app.bus.ask(policySteps, { after: before + 50 })).toEqual(missing)
    expect(await allowed('user:nina', 'deploy', 'application', 'payments', '10.1.1.1')).toBe(false)
  })
})

describe('a platform that stands already', () => {
  const count = async (object: string): Promise<unknown> =>
    (
      await app.rows(`select count(*)::int as n from policy_rules where object = $1 and subject like 'role:%'`, [
        object,
      ])
    )[0]?.['n']

  test('is given at its start what roles have got since, once, and nothing that was taken away', async () => {
    const seeded = await count('break-glass')
    expect(seeded).toBe(2)
    await behindTheBack(`delete from policy_rules where object in ('break-glass', 'webhook', 'service-account', 'freeze')
      or subject = 'role:deployer' or (subject = 'role:developer' and object = 'schema')`)
    await app.rows('update policy_seed set generation = 1')
    const before = await revision()
    await app.restart()
    expect(await revision()).toBe(before + 1)
    expect([await count('break-glass'), await count('webhook')], 'but for the role that was emptied').toEqual([1, 1])
    const schema = await app.rows(`select 1 from policy_rules where subject = 'role:developer' and object = 'schema'`)
    expect(schema, 'what was there before is not given again').toEqual([])
    await behindTheBack(`delete from policy_rules where object = 'webhook'`)
    await app.restart()
    expect([await count('webhook'), await revision()]).toEqual([0, before + 2])
    expect(await app.ledger('policy.seed', 2)).toHaveLength(2)
  }) // prettier-ignore
})

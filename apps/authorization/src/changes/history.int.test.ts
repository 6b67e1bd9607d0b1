import { parsePolicy, type Link, type Rule } from '@plinth/access'
import type { PolicyEdit } from '@plinth/contracts'
import { fakeClock, until } from '@plinth/testkit'
import fc from 'fast-check'
import type { Static } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { linkKey, linkText, ruleKey } from '../policy/rows.ts'
import { refusal, testApp, type TestApp } from '../test-app.ts'

type Edit = Static<typeof PolicyEdit>
const clock = fakeClock(new Date())
let app: TestApp
let admin: ReturnType<TestApp['as']>

beforeAll(async () => {
  app = await testApp({ clock })
  admin = app.as('user:admin')
  for (const username of ['ana', 'lea'])
    await admin.createUser({ body: { username, password: `${username} signs in` } })
  await admin.createGroup({ body: { name: 'leads' } })
})
afterAll(() => app?.close())

const linesOf = (csv: string): string[] =>
  csv
    .split('\n')
    .filter((line) => line !== '')
    .sort()
const policyNow = async () => {
  const { csv, revision } = await admin.getRawPolicy()
  return { revision, csv, lines: linesOf(csv) }
}
async function apply(edit: Edit): Promise<void> {
  const { id } = await admin.createChangeSet({ body: { title: 'A random change', edit } })
  await admin.proposeChangeSet({ params: { changeSet: id } })
  await admin.applyChangeSet({ params: { changeSet: id } })
}

const rule = fc.record({
  subject: fc.constantFrom('role:one', 'role:two', 'user:ana'),
  domain: fc.constantFrom('*', 'payments', 'payments/production'),
  object: fc.constantFrom('application', 'application/a*', '*'),
  action: fc.constantFrom('get' as const, 'deploy' as const, '*' as const),
  effect: fc.constantFrom('allow' as const, 'deny' as const),
})
const terms = fc.constantFrom<Pick<Link, 'expiresAt' | 'conditions'>>(
  {}, {}, { expiresAt: '2098-01-01T00:00:00.000Z' }, { expiresAt: '2099-01-01T00:00:00.000Z' },
  { conditions: { networks: ['10.0.0.0/8'] } }, { conditions: { breakGlass: true } },
) // prettier-ignore
const binding = fc
  .tuple(
    fc.record({
      subject: fc.constantFrom('user:ana', 'user:lea', 'group:leads'),
      role: fc.constantFrom('role:one', 'role:two'),
      domain: fc.constantFrom('*', 'payments'),
    }),
    terms,
  )
  .map(([link, more]) => ({ ...link, ...more }))
const membership = fc
  .constantFrom('user:ana', 'user:lea')
  .map((subject): Link => ({ subject, role: 'group:leads', domain: '*' }))
const step = fc.record({
  rules: fc.uniqueArray(rule, { maxLength: 4, selector: ruleKey }),
  links: fc.uniqueArray<Link, string>(fc.oneof(binding, membership), { maxLength: 4, selector: linkKey }),
})

/** The rows that change what is there: one that is there goes, one on other terms takes them, another one comes. */
function toggled(csv: string, want: { rules: Rule[]; links: Link[] }): Edit {
  const there = parsePolicy(csv)
  const rules = new Set(there.rules.map(ruleKey))
  const links = new Map(there.links.map((link) => [linkKey(link), link]))
  const goes = (link: Link): boolean => links.has(linkKey(link))
  const stays = (link: Link): boolean => linkText(links.get(linkKey(link)) ?? link) !== linkText(link) || !goes(link)
  return {
    removeRules: want.rules.filter((row) => rules.has(ruleKey(row))),
    addRules: want.rules.filter((row) => !rules.has(ruleKey(row))),
    removeLinks: want.links.filter(goes).map((link) => links.get(linkKey(link)) ?? link),
    addLinks: want.links.filter(stays),
  } as Edit
}

test('after any changes, restoring a revision gives exactly its rows, and a difference leads from one to the other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 3 }), fc.nat(), async (steps, pick) => {
      const states = [await policyNow()]
      for (const wanted of steps) {
        const edit = toggled(states.at(-1)?.csv ?? '', wanted)
        if (Object.values(edit).every((list) => list.length === 0)) continue
        await apply(edit)
        states.push(await policyNow())
      }
      const [from, to] = [states[pick % states.length], states.at(-1)]
      if (from === undefined || to === undefined) return
      for (const [before, after] of [
        [from, to],
        [to, from],
      ] as const) {
        // prettier-ignore
        const { added, removed } = await admin.diffPolicyRevisions({
          params: { revision: after.revision },
          query: { from: before.revision },
        })
        expect(
          before.lines
            .filter((line) => !removed.includes(line))
            .concat(added)
            .sort(),
        ).toEqual(after.lines)
      }
      const restore = admin.restorePolicyRevision({
        params: { revision: from.revision },
        body: { reason: 'As it was' },
      })
      if (from.csv === to.csv) expect((await refusal(restore)).code).toBe('platform.conflict')
      else expect((await restore).appliedRevision).toBe(to.revision + 1)
      expect((await policyNow()).lines).toEqual(from.lines)
    }),
    { numRuns: 6 },
  )
})

test('the first revision is kept whole, and one that nobody announced is a place to compute from', async () => {
  const { items } = await admin.listPolicyRevisions({ query: { limit: 200 } })
  expect(items.at(-1)).toMatchObject({ revision: 1, by: 'sa:platform/authorization', removed: 0 })
  const first = await admin.diffPolicyRevisions({ params: { revision: 1 } })
  expect(first.added).toContain('p, role:administrator, *, *, *, allow')
  await app.rows('update policy_revision set revision = 498')
  const found = await policyNow()
  const row = { domain: 'orders', object: 'application', action: 'get', effect: 'allow' } as const
  for (const name of ['one', 'two', 'three', 'four']) await apply({ addRules: [{ subject: `role:${name}`, ...row }] })
  const wholes = await app.rows('select revision::int as revision from policy_wholes order by revision')
  expect(wholes).toEqual([{ revision: 1 }, { revision: 498 }, { revision: 500 }])
  expect((await refusal(admin.diffPolicyRevisions({ params: { revision: 400 } }))).code).toBe(
    'authorization.revision_unknown',
  )
  expect((await refusal(admin.restorePolicyRevision({ params: { revision: 503 }, body: { reason: 'Not yet' } }))).status).toBe(404) // prettier-ignore
  expect((await admin.diffPolicyRevisions({ params: { revision: 501 }, query: { from: 499 } })).added).toHaveLength(2)
  await admin.restorePolicyRevision({ params: { revision: 498 }, body: { reason: 'Back' } })
  expect((await policyNow()).lines).toEqual(found.lines)
  expect(await app.ledger('policy.restore')).not.toEqual([])
})

test('where changes need approval a restore is proposed, and applied like any other', async () => {
  await admin.createUser({ body: { username: 'second', password: 'second second', groups: ['administrators'] } })
  const before = await policyNow()
  await apply({ addRules: [{ subject: 'role:one', domain: 'late', object: 'log', action: 'get', effect: 'allow' }] })
  await admin.updatePolicySettings({ body: { approvalsNeeded: 1 } })
  const restore = await admin.restorePolicyRevision({
    params: { revision: before.revision },
    body: { reason: 'Too much' },
  })
  expect(restore).toMatchObject({ state: 'proposed', diff: { removed: ['p, role:one, late, log, get, allow'] } })
  const at = { params: { changeSet: restore.id } }
  await app.as('user:second').approveChangeSet(at)
  await admin.applyChangeSet(at)
  expect((await policyNow()).lines).toEqual(before.lines)
  await admin.updatePolicySettings({ body: { approvalsNeeded: 0 } })
})

test('an application that is cut off in the middle has changed nothing, and can be repeated', async () => {
  const row = { subject: 'role:cut', domain: '*', object: 'log', action: 'get', effect: 'allow' } as const
  const { id } = await admin.createChangeSet({ body: { title: 'Cut off', edit: { addRules: [row] } } })
  const at = { params: { changeSet: id } }
  await admin.proposeChangeSet(at)
  const before = await policyNow()
  // Its rows are written by the time it comes to this table, and nothing is committed.
  await app.rows('begin')
  await app.rows('lock table policy_revisions in exclusive mode')
  const cut = refusal(admin.applyChangeSet(at))
  const waiting = async () => {
    // Else a transaction sees one picture of all activity.
    await app.rows('select pg_stat_clear_snapshot()')
    return app.rows<{ pid: number }>(
      "select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into policy_revisions%'",
    )
  }
  await until(async () => (await waiting()).length === 1)
  await app.rows('select pg_terminate_backend(pid) from pg_stat_activity where pid = $1', [(await waiting())[0]?.pid])
  expect((await cut).status).toBe(503)
  await app.rows('commit')
  expect(await policyNow()).toEqual(before)
  expect((await app.rows("select 1 from roles where name = 'cut'")).length).toBe(0)
  expect((await admin.getChangeSet(at)).state).toBe('approved')
  expect((await admin.applyChangeSet(at)).appliedRevision).toBe(before.revision + 1)
})

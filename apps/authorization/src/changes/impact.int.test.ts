import { answer, answers } from '@plinth/bus'
import { decisionSummary, type RpcResponse } from '@plinth/contracts'
import { fakeClock } from '@plinth/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { refusal, testApp, type TestApp } from '../test-app.ts'

const clock = fakeClock(new Date())
let app: TestApp
let admin: ReturnType<TestApp['as']>
let log: RpcResponse<typeof decisionSummary> = { complete: true, items: [] }

beforeAll(async () => {
  app = await testApp({ clock })
  admin = app.as('user:admin')
  for (const username of ['ana', 'lea'])
    await admin.createUser({ body: { username, password: `${username} signs in` } })
  await admin.createGroup({ body: { name: 'crew' } })
  await admin.createGroup({ body: { name: 'claimed' } })
  await admin.addGroupMember({ body: { group: 'crew', username: 'ana' } })
  await admin.createBinding({ body: { subject: 'group:crew', role: 'role:developer', domain: 'payments' } })
  await admin.createBinding({ body: { subject: 'group:claimed', role: 'role:developer', domain: 'payments' } })
})
afterAll(() => app?.close())

const deploys = { action: 'deploy', object: 'application/ledger', domain: 'payments/production', lastAt: '2026-11-01T00:00:00.000Z' } // prettier-ignore
const edit = {
  addRules: [
    { subject: 'role:developer', domain: 'payments', object: 'application', action: 'deploy', effect: 'allow' },
  ],
  removeRules: [{ subject: 'role:developer', domain: '*', object: 'artifact', action: 'create', effect: 'allow' }],
  addLinks: [{ subject: 'user:lea', role: 'role:qa', domain: 'payments', conditions: { networks: ['10.0.0.0/8'] } }],
} as const
const drafted = async () =>
  (await admin.createChangeSet({ body: { title: 'Let them deploy', edit: structuredClone(edit) as never } })).id
const impact = (changeSet: string) => admin.impactOfChangeSet({ params: { changeSet }, body: { days: 7 } })

test('says whose rights change, through groups too, and stands without the decision log', async () => {
  const found = await impact(await drafted())
  expect(found.notes).toEqual([expect.stringContaining('decision log does not answer')])
  expect(found.decisions).toEqual([])
  expect(found.subjects.map(({ subject }) => subject)).toEqual(['group:claimed', 'user:ana', 'user:lea'])
  const [claimed, ana, lea] = found.subjects
  expect(ana).toMatchObject({ gains: ['deploy application in payments'], loses: ['create artifact in payments'] })
  expect(claimed).toMatchObject({ gains: ana?.gains, loses: ana?.loses })
  expect(lea?.gains).toContain('run pipeline in payments (under conditions)')
})

test('says which of 20,000 kinds of past decisions would turn, weighed, in less than 5 s', async () => {
  const worker = answers(app.bus, [answer(decisionSummary, async () => log)])
  await worker.start()
  const item = (subject: string, count: number) => ({ ...deploys, subject, subjects: [subject], allowed: false, count })
  log = {
    complete: false,
    items: [
      item('user:ana', 40),
      item('user:lea', 7),
      { ...item('user:jon', 2), subjects: ['user:jon', 'group:claimed'] },
    ],
  }
  for (let row = log.items.length; row < 20_000; row++) log.items.push(item(`user:u${row}`, 1))
  const id = await drafted()
  const startedMs = performance.now()
  const found = await impact(id)
  expect(performance.now() - startedMs).toBeLessThan(5_000)
  expect(found).toMatchObject({ days: 7, examined: 40 + 7 + 2 + 19_997, changed: 42 })
  expect(found.decisions.map(({ subject, before, after, count }) => [subject, before, after, count])).toEqual([
    ['user:ana', 'deny', 'allow', 40],
    ['user:jon', 'deny', 'allow', 2],
  ])
  expect(found.decisions[0]?.reason).toContain('role:developer, payments, application, deploy')
  expect(found.notes).toEqual(['Only the 20000 most frequent kinds of decision were examined.'])
  await worker.stop()
})

test('a policy text is validated in its place: line and column, names, guards, and what it would change', async () => {
  const { csv } = await admin.getRawPolicy()
  const validate = (text: string) => admin.validatePolicy({ body: { csv: text } })
  expect(await validate(csv)).toMatchObject({ valid: true, diff: { added: [], removed: [] } })
  const lines = csv.split('\n').length
  const broken = await validate(`${csv}p, role:developer, payments, nonsense, get\n`)
  expect(broken).toMatchObject({ valid: false, problems: [{ line: lines, column: 30, severity: 'error' }] })
  const foreign = await validate(`${csv}g, user:nobody, role:developer, payments\n`)
  expect(foreign).toMatchObject({ valid: false, diff: { added: ['g, user:nobody, role:developer, payments'] } })
  expect(foreign.problems).toMatchObject([{ line: lines, column: 1, message: expect.stringContaining('user:nobody') }])
  const locked = await validate(csv.replace('p, role:administrator, *, *, *, allow\n', ''))
  expect(locked.problems.map(({ message }) => message).join()).toContain('nobody could administer')
})

test('what one holds for an hour he gives for that hour at most, and never as a rule', async () => {
  const inMs = (ms: number): string => new Date(clock.now().getTime() + ms).toISOString()
  const [hour, soon, late] = [inMs(3_600_000), inMs(60_000), inMs(7_200_000)]
  await admin.createBinding({ body: { subject: 'user:lea', role: 'role:administrator', domain: '*', expiresAt: hour } })
  const lea = app.as('user:lea')
  const give = (more: object) =>
    lea.createBinding({ body: { subject: 'user:ana', role: 'role:administrator', domain: '*', ...more } })
  const rule = { subject: 'user:lea', domain: '*', object: '*', action: '*', effect: 'allow' } as const
  const ways = [() => give({}), () => give({ expiresAt: late }), () => lea.createPolicy({ body: rule })]
  for (const way of ways) expect((await refusal(way())).code).toBe('authorization.escalation_refused')
  expect((await give({ expiresAt: soon })).expiresAt).toBe(soon)
})

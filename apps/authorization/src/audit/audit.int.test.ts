import { auditRecorded, projectCreated, subjectOf, type EventSpec, type EventSource } from '@plinth/contracts'
import { newId } from '@plinth/kernel'
import { until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refusal, testApp, type TestApp } from '../test-app.ts'

let app: TestApp
let admin: ReturnType<TestApp['as']>

beforeAll(async () => {
  app = await testApp()
  admin = app.as('user:admin')
})
afterAll(() => app?.close())

/** Publishes a fact as its service would; `id` again for a repeat. */
async function publish(
  spec: EventSpec,
  data: unknown,
  { id = newId('evt'), project = 'payments' }: { id?: string; project?: string } = {},
): Promise<string> {
  const source = spec.type.split('.')[2] as EventSource
  await app.bus.ensureStream(source)
  const subject = subjectOf(spec.type, project, id)
  const body = JSON.stringify({
    specversion: '1.0', id, source: `/plinth/${source}`, type: spec.type, time: new Date().toISOString(), subject: id,
    datacontenttype: 'application/json', plinthproject: project, data,
  }) // prettier-ignore
  // Under another message id, so that the broker does not see the repeat and the inbox has to.
  await app.bus.publish([{ id: newId('evt'), key: id, subject, body }])
  return id
}

const entry = (action: string, more: object = {}) => ({
  actor: 'user:ana', action, project: 'payments', object: 'component/ledger', outcome: 'success', detail: {},
  occurredAt: '2026-11-23T10:00:00.000Z', ...more,
}) // prettier-ignore

describe('the ledger', () => {
  test('chains what every source records, without a gap, and verifies', async () => {
    for (const source of ['gateway', 'provisioning', 'gitops', 'schemas', 'pipelines'] as const)
      for (let count = 0; count < 10; count++)
        await publish(auditRecorded(source), entry('chain.test', { detail: { count } }))
    await app.ledger('chain.test', 50)
    const { items } = await admin.listAudit({ query: { limit: 200 } })
    for (const [partition, entries] of Map.groupBy(items, (item) => item.partition))
      expect([partition, ...entries.map(({ sequence }) => sequence)]).toEqual([
        partition,
        ...entries.map((_, index) => entries.length - index),
      ])
    const partitions = new Set(items.map(({ partition }) => partition)).size
    expect(await admin.verifyAudit()).toMatchObject({ valid: true, entries: items.length, partitions })
  })

  test('has an event that comes twice once', async () => {
    const id = await publish(auditRecorded('gitops'), entry('twice.test'))
    await publish(auditRecorded('gitops'), entry('twice.test'), { id })
    await publish(auditRecorded('gitops'), entry('after-twice.test'), { id: newId('evt') })
    await app.ledger('after-twice.test')
    await until(async () => (await app.rows('select 1 from plinth_inbox where event_id = $1', [id])).length === 1)
    expect(await app.ledger('twice.test')).toHaveLength(1)
  })

  test('keeps hostile text as one entry and verifies over it', async () => {
    const detail = { text: 'a\u0000b\n{"sequence":1}\u202e', __proto__x: [1e21, -0, 0.1, null], nested: { b: 1, a: 2 } }
    await publish(auditRecorded('gateway'), entry('hostile.test', { object: 'x\u0000\ud800', detail }))
    await app.ledger('hostile.test')
    expect(await admin.verifyAudit()).toMatchObject({ valid: true })
    const { items } = await admin.listAudit({ query: { action: 'hostile.test' } })
    expect(items[0]?.detail).toEqual(JSON.parse(JSON.stringify(detail)))
  })

  test('is filtered and paged, newest first, and a project sees its own', async () => {
    await publish(auditRecorded('gitops'), entry('filter.test', { project: 'orders', actor: 'user:bea' }), {
      project: 'orders',
    })
    await app.ledger('filter.test')
    const { items } = await admin.listProjectAudit({ params: { project: 'orders' }, query: {} })
    expect(items.map(({ actor, action, partition }) => [actor, action, partition])).toEqual([
      ['user:bea', 'filter.test', 'orders'],
    ])
    const first = await admin.listAudit({ query: { action: 'chain.test', limit: 30 } })
    const second = await admin.listAudit({ query: { action: 'chain.test', limit: 30, cursor: first.nextCursor ?? '' } })
    expect([first.items.length, second.items.length, second.nextCursor]).toEqual([30, 20, undefined])
    const count = async (query: object) =>
      (await admin.listAudit({ query: { action: 'chain.test', ...query } })).items.length
    expect(await count({ object: 'component/', since: '2026-11-23T11:00:00+01:00', limit: 200 })).toBe(50)
    expect(await count({ object: 'comp%nent' })).toBe(0)
    expect(await count({ until: '2026-11-23T10:00:00Z' })).toBe(0)
    expect(await count({ outcome: 'denied' })).toBe(0)
    expect(await refusal(admin.listAudit({ query: { since: 'yesterday' } }))).toMatchObject({ status: 400 })
  })

  test('files what was denied in projects that nobody made under the platform', async () => {
    await publish(auditRecorded('gateway'), entry('probe.test', { project: 'guessed', outcome: 'denied' }))
    const [found] = await app.ledger('probe.test')
    expect(found).toMatchObject({ partition: 'platform', project: 'guessed' })
  })

  test('refuses to change, delete or empty entries', async () => {
    for (const statement of [
      'update audit_entries set actor = $$x$$',
      'delete from audit_entries',
      'truncate audit_entries',
    ])
      await expect(app.rows(statement)).rejects.toThrow('neither changed nor deleted')
  })
})

describe('a new project', () => {
  const bindingsOf = async (project: string) =>
    (await admin.listBindings({ query: { limit: 200 } })).items
      .filter(({ domain }) => domain === project || domain.startsWith(`${project}/`))
      .map(({ subject, role, domain }) => `${subject} ${role} ${domain}`)
      .sort()

  const defaults = (project: string) => [
    `group:${project}/jobs role:job ${project}`,
    `role:developer role:deployer ${project}/development`,
    `role:qa role:deployer ${project}/staging`,
  ]

  test('gets its access defaults, and its creator leads it, once however often it is said', async () => {
    const data = { project: 'ledgers', createdBy: 'user:carl' }
    const id = await publish(projectCreated, data, { project: 'ledgers' })
    await until(async () => (await bindingsOf('ledgers')).length > 0)
    const { revision } = await admin.getRawPolicy()
    await publish(projectCreated, data, { project: 'ledgers', id })
    await publish(projectCreated, data, { project: 'ledgers' })
    await publish(auditRecorded('provisioning'), entry('after-project.test'), { project: 'ledgers' })
    await app.ledger('after-project.test')
    await until(async () => (await app.rows(`select 1 from plinth_inbox where consumer = 'authorization'`)).length > 0)
    expect(await bindingsOf('ledgers')).toEqual([...defaults('ledgers'), 'user:carl role:team-lead ledgers'])
    expect((await admin.getRawPolicy()).revision).toBe(revision)
    expect(await app.ledger('project.grant')).toHaveLength(1)
  })

  test('of an administrator or of nobody has no lead', async () => {
    await publish(projectCreated, { project: 'rooted', createdBy: 'user:admin' }, { project: 'rooted' })
    await publish(projectCreated, { project: 'orphan', createdBy: 'anonymous' }, { project: 'orphan' })
    await until(async () => (await bindingsOf('rooted')).length > 0 && (await bindingsOf('orphan')).length > 0)
    expect(await bindingsOf('rooted')).toEqual(defaults('rooted'))
    expect(await bindingsOf('orphan')).toEqual(defaults('orphan'))
  })
})

test('an event that cannot be read is buried, listed, and refused a replay; one that failed replays', async () => {
  await publish(projectCreated, { project: 7 })
  const { items } = await until(async () => {
    const found = await admin.listAuthorizationDeadLetters()
    return found.items.length > 0 && found
  })
  const [letter] = items
  const replay = admin.replayAuthorizationDeadLetter({ params: { deadLetter: letter?.id ?? '' } })
  expect(await refusal(replay)).toMatchObject({ status: 409 })
  const body = {
    id: 'evt_again', type: projectCreated.type, source: '/plinth/provisioning', time: '', project: 'again',
    entity: 'again', attempt: 5, data: { project: 'again', createdBy: 'user:admin' },
  } // prettier-ignore
  await app.rows(
    `insert into plinth_dead_letters (id, consumer, event_id, event_type, subject, error, attempts, body)
      values ('ddl_again', 'authorization', 'evt_again', $1, 's', 'e', 5, $2)`,
    [projectCreated.type, body],
  )
  await admin.replayAuthorizationDeadLetter({ params: { deadLetter: 'ddl_again' } })
  expect((await admin.listBindings({ query: { domain: 'again/staging' } })).items).toHaveLength(1)
  expect((await admin.listAuthorizationDeadLetters()).items.map(({ id }) => id)).toEqual([letter?.id])
})

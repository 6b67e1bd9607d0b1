import { auditCheckpointed, auditRecorded, subjectOf, type EventSource } from '@plinth/contracts'
import { newId } from '@plinth/kernel'
import { hashOfCheckpoint, verifyExport } from '@plinth/kernel/audit'
import { asIdentity, fakeClock, until } from '@plinth/testkit'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collect, testApp, type TestApp } from '../test-app.ts'

let app: TestApp
let admin: ReturnType<TestApp['as']>
const clock = fakeClock()

beforeAll(async () => {
  app = await testApp({ clock })
  admin = app.as('user:admin')
  await app.bus.ensureStream('gitops')
  for (let count = 0; count < 20; count++) await write(count % 2 === 0 ? 'payments' : 'orders', { count })
  await app.ledger('tamper.test', 20)
})
afterAll(() => app?.close())

async function write(project: string, detail: object, source: EventSource = 'gitops'): Promise<void> {
  const spec = auditRecorded(source)
  const id = newId('evt')
  const data = {
    actor: 'user:ana', action: 'tamper.test', project, object: 'component/ledger', outcome: 'success', detail,
    occurredAt: '2026-11-23T10:00:00.000Z',
  } // prettier-ignore
  const body = JSON.stringify({
    specversion: '1.0', id, source: `/plinth/${source}`, type: spec.type, time: '2026-11-23T10:00:00.000Z', subject: id,
    datacontenttype: 'application/json', plinthproject: project, data,
  }) // prettier-ignore
  await app.bus.publish([{ id, key: project, subject: subjectOf(spec.type, project, id), body }])
}

const exported = async (query = ''): Promise<Response> => {
  const headers = asIdentity('user:admin', { nowSeconds: clock.now().getTime() / 1000 })
  return fetch(`${app.url()}/api/v1/audit/export${query}`, { headers })
}
const verified = async (query = '') => verifyExport((await exported(query)).body ?? [])

async function tamper(...statements: string[]): Promise<void> {
  await app.rows('begin')
  for (const table of ['audit_entries', 'audit_checkpoints'])
    await app.rows(`alter table ${table} disable trigger user`)
  for (const statement of statements) await app.rows(statement)
  for (const table of ['audit_entries', 'audit_checkpoints']) await app.rows(`alter table ${table} enable trigger user`)
  await app.rows('commit')
}

describe('what a superuser of the database did', () => {
  const cases: [string, string, object][] = [
    ['edited', `update audit_entries set actor = 'user:eve' where partition = 'payments' and sequence = 7`, { brokenAt: 7 }],
    ['edited in its detail', `update audit_entries set detail = '{"count":99}' where partition = 'orders' and sequence = 3`, { partition: 'orders', brokenAt: 3 }],
    ['edited in its hash', `update audit_entries set hash = repeat('a', 64) where partition = 'payments' and sequence = 5`, { brokenAt: 5 }],
    ['deleted', `delete from audit_entries where partition = 'payments' and sequence = 4`, { brokenAt: 4 }],
    ['cut off', `delete from audit_entries where partition = 'payments' and sequence > 8`, { brokenAt: 9 }],
    ['cut off with its end', `delete from audit_entries where partition = 'payments' and sequence > 8; update audit_partitions set sequence = 8, hash = (select hash from audit_entries where partition = 'payments' and sequence = 8) where partition = 'payments'`, { brokenAt: 9 }],
    ['removed as a partition', `delete from audit_entries where partition = 'orders'; delete from audit_partitions where partition = 'orders'`, { partition: 'orders', brokenAt: 1 }],
    ['put in', `insert into audit_entries (partition, sequence, id, source, actor, action, project, object, outcome, detail, occurred_at, hash) select partition, 11, 'evt_forged', source, actor, action, project, object, outcome, detail, occurred_at, hash from audit_entries where partition = 'orders' and sequence = 10`, { brokenAt: 11 }],
    ['forged in a checkpoint', `update audit_checkpoints set statement = replace(statement, '"entries":', '"entries":1')`, {}],
    ['removed as checkpoints', `delete from audit_checkpoints where sequence = 1`, {}],
  ] // prettier-ignore

  test.each(cases)('is named: an entry %s', async (_, statements, found) => {
    await exported().then((response) => response.text())
    const [kept] = await app.rows<{ at: string }>('select count(*)::text as at from audit_checkpoints')
    expect(Number(kept?.at)).toBeGreaterThan(0)
    for (const table of ['entries', 'partitions', 'checkpoints'])
      await app.rows(`create table kept_${table} as select * from audit_${table}`)
    await tamper(...statements.split(';'))
    expect(await admin.verifyAudit()).toMatchObject({ valid: false, ...found })
    // What the ledger never wrote is not exported; everything else is found there as well.
    expect(await verified()).toMatchObject({ valid: statements.startsWith('insert') })
    await tamper(
      ...['entries', 'partitions', 'checkpoints'].flatMap((table) => [
        `delete from audit_${table}`,
        `insert into audit_${table} ${table === 'entries' ? 'overriding system value' : ''} select * from kept_${table}`,
        `drop table kept_${table}`,
      ]),
    )
    expect(await admin.verifyAudit()).toMatchObject({ valid: true })
  })
})

describe('an export', () => {
  test('verifies by itself, whole, of one project, and as a selection', async () => {
    const whole = await verified()
    expect(whole).toMatchObject({ valid: true, complete: true })
    expect(whole.entries).toBe(
      await app.rows<{ n: number }>('select count(*)::int as n from audit_entries').then(([row]) => row?.n),
    )
    expect(await verified('?project=payments')).toMatchObject({
      valid: true,
      complete: true,
      entries: 10,
      partition: 'payments',
    })
    expect(await verified('?actor=user:ana')).toMatchObject({ valid: true, complete: false, entries: 20 })
    const { items } = await admin.auditKeys()
    expect(whole.keys).toEqual(items.map(({ keyId }) => keyId))
  })

  test('as CSV has no formula, and a name that ends no header', async () => {
    await write('payments', { '=cmd()': '@x' })
    await app.ledger('tamper.test', 21)
    const csv = await exported('?format=csv&project=payments')
    expect(csv.headers.get('content-disposition')).toMatch(/^attachment; filename="plinth-audit-payments-[\d-]+\.csv"$/)
    const lines = (await csv.text()).trimEnd().split('\r\n')
    expect([lines[0]?.split(',')[0], lines.length]).toEqual(['partition', 12])
    const odd = await exported(`?format=csv&project=${encodeURIComponent('x"; y')}`)
    expect(odd.headers.get('content-disposition')).toContain('plinth-audit-xy-')
    for (const hostile of ['x\r\nset-cookie: a', 'x\0']) {
      const { status, headers } = await exported(`?format=csv&project=${encodeURIComponent(hostile)}`)
      expect([status, headers.get('set-cookie')]).toEqual([400, null])
    }
  })
})

test('checkpoints are signed, chained, listed, and leave over the broker', async () => {
  const stop = new AbortController()
  const events = collect(app.bus, 'authorization', stop.signal)
  await until(async () => {
    await write('payments', { checkpoint: true })
    await exported().then((response) => response.text())
    return events.some(({ type }) => type === auditCheckpointed.type)
  })
  stop.abort()
  const { items } = await admin.listAuditCheckpoints({ query: { limit: 2 } })
  expect(items[0]?.previous).toBe(items[1] && hashOfCheckpoint(items[1]))
  const told = events.find(({ type }) => type === auditCheckpointed.type)?.data
  const all = await admin.listAuditCheckpoints({ query: { limit: 200 } })
  expect(all.items).toContainEqual(told)
  expect(await admin.verifyAudit()).toMatchObject({ valid: true, checkpoints: all.items.length, head: items[0]?.root })
})

test('writers of one partition do not wait for those of another', async () => {
  const open = new Client({ connectionString: app.databaseUrl })
  await open.connect()
  await open.query('begin')
  await open.query(`select 1 from audit_partitions where partition = 'payments' for update`)
  await write('payments', { waits: true })
  await write('orders', { waits: false })
  await until(async () => (await app.rows(`select 1 from audit_entries where detail = '{"waits":false}'`)).length === 1)
  expect(await app.rows(`select 1 from audit_entries where detail = '{"waits":true}'`)).toEqual([])
  await open.query('rollback')
  await open.end()
  await until(async () => (await app.rows(`select 1 from audit_entries where detail = '{"waits":true}'`)).length === 1)
})

test('retention lets go of what is old, says so, and what is left still verifies', async () => {
  await exported().then((response) => response.text())
  const known = (await admin.listAuditCheckpoints({ query: { limit: 1 } })).items[0]
  expect(await admin.updateAuditSettings({ body: { retentionDays: 90 } })).toEqual({ retentionDays: 90 })
  clock.advance(100 * 86_400_000)
  await app.restart()
  admin = app.as('user:admin')
  await write('payments', { young: true })
  await app.ledger('audit.expire')
  await until(async () => (await app.rows(`select 1 from audit_entries where detail = '{"count":1}'`)).length === 0)
  await until(async () => (await app.rows(`select 1 from audit_entries where detail = '{"young":true}'`)).length === 1)
  expect(await admin.verifyAudit()).toMatchObject({ valid: true })
  expect(await verified()).toMatchObject({ valid: true, base: { checkpoint: known?.sequence } })
  expect(await admin.getAuditSettings()).toEqual({ retentionDays: 90, keepsFrom: known?.at })
  await expect(app.rows('delete from audit_entries')).rejects.toThrow('neither changed nor deleted')
  await tamper(`delete from audit_base`)
  expect(await admin.verifyAudit()).toMatchObject({ valid: false })
})

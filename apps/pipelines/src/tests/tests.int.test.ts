import { until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { flows, type Detail } from '../testing/flows.ts'
import { Harness, type Claimed } from '../testing/harness.ts'

let harness: Harness
let flow: ReturnType<typeof flows>
beforeAll(async () => {
  harness = await Harness.start()
  flow = flows(harness)
})
afterAll(() => harness.close())

type Case = { name: string; ok: boolean; seconds?: number }
type Item = { id: string; name: string; [key: string]: unknown }

const junit = (cases: readonly Case[]): string =>
  `<testsuite name="unit">${cases
    .map(
      ({ name, ok, seconds = 0.1 }) =>
        `<testcase classname="Book" file="t/book.ts" name="${name}" time="${seconds}">${ok ? '' : '<failure message="no"/>'}</testcase>`,
    )
    .join('')}</testsuite>`
const config = 'unit: { script: [npm ci, npm test], artifacts: { reports: { junit: r.xml } } }'
const get = async <T = Record<string, unknown>>(path: string): Promise<T> =>
  (await harness.call<T>('GET', `/api/v1/projects/${path}`)).body
const listed = async (project: string, show: string): Promise<Item[]> =>
  (await get<{ items: Item[] }>(`${project}/repositories/ledger/tests?show=${show}`)).items
const names = async (project: string, show: string): Promise<string[]> =>
  (await listed(project, show)).map(({ name }) => name)

type Push = Parameters<Harness['push']>[2]
/** Pushes, runs the job to its end with these results, and gives the pipeline. */
async function ran(project: string, cases: readonly Case[], o: Push & { log?: string } = {}): Promise<Detail> {
  const before = (await flow.latest(project))?.id
  await harness.push(project, config, o)
  await until(async () => (await flow.latest(project))?.id !== before, { what: 'the next pipeline' })
  const taken = await flow.claimed(project, 'unit')
  return ended(project, taken, cases, o.log)
}

async function ended(project: string, taken: Claimed, cases: readonly Case[], log?: string): Promise<Detail> {
  if (log !== undefined) await harness.log(taken, 0, log)
  const isSuccess = cases.every(({ ok }) => ok)
  await harness.finish(taken, isSuccess ? 'success' : 'failed', { exitCode: isSuccess ? 0 : 1, junit: [junit(cases)] })
  return flow.pipeline(project, taken.assignment.pipeline)
}

const quarantine = (project: string, body: Record<string, unknown>, method = 'POST', id = '') =>
  harness.call<Item>(method, `/api/v1/projects/${project}/repositories/ledger/test-quarantines${id}`, {
    ...(method === 'POST' && { body }),
  })

describe('the history of tests', () => {
  it('tells of a pipeline of a branch what is newly failed, still failing, fixed and slower than on the target', async () => {
    const main = [{ name: 'a', ok: true }, { name: 'b', ok: false }, { name: 'c', ok: false }, { name: 'd', ok: true }]
    for (let round = 0; round < 3; round++) await ran('compare', main)
    const branch = [{ name: 'a', ok: false }, { name: 'b', ok: false }, { name: 'c', ok: true }, { name: 'd', ok: true, seconds: 2 }, { name: 'e', ok: false }]
    const { id } = await ran('compare', branch, { ref: 'refs/heads/feature' })
    const compared = await get<Record<string, { count: number; items: Item[] }>>(`compare/pipelines/${id}/test-comparison`)
    expect(compared).toMatchObject({ target: 'refs/heads/main', compared: 5, fixed: { count: 1 } })
    const found = (key: string) => compared[key]?.items.map(({ name, before, targetFailures }) => [name, before, targetFailures])
    expect(found('newFailures')?.toSorted()).toEqual([['a', 'passed', 0], ['e', undefined, 0]])
    expect(found('stillFailing')).toEqual([['b', 'failed', 3]])
    expect(found('fixed')).toEqual([['c', 'failed', 3]])
    expect(found('slower')).toEqual([['d', 'passed', 0]])
    expect((await names('compare', 'failing')).toSorted()).toEqual(['b', 'c'])
    expect((await names('compare', 'slow'))[0]).toBe('d')
    const [{ id: test } = { id: '' }] = await listed('compare', 'failing')
    expect((await get<{ history: unknown[] }>(`compare/repositories/ledger/tests/${test}`)).history).toHaveLength(4)
    expect(await get(`compare/pipelines/${id}/tests`)).toMatchObject({ items: [{ file: 't/book.ts', test: expect.stringMatching(/^tst_/) }, {}, {}, {}, {}] })
    expect((await get('nowhere/repositories/ledger/tests'))['code']).toBe('pipelines.repository_unknown')
    expect((await get(`nowhere/repositories/ledger/tests/${test}`))['code']).toBe('pipelines.test_unknown')
  }) // prettier-ignore

  it('finds a test flaky that passes and fails at one commit, until it has passed five times', async () => {
    const after = 'c'.repeat(40)
    await ran('flaky', [{ name: 'a', ok: false }, { name: 'b', ok: false }], { after })
    await ran('flaky', [{ name: 'a', ok: true }, { name: 'b', ok: false }], { after })
    expect(await listed('flaky', 'flaky')).toMatchObject([{ name: 'a', flaky: true, runs: 2, failures: 1 }])
    await ran('flaky', [{ name: 'b', ok: true }])
    expect(await names('flaky', 'flaky')).toEqual(['a'])
    for (let round = 0; round < 4; round++) {
      expect(await names('flaky', 'flaky')).toEqual(['a'])
      await ran('flaky', [{ name: 'a', ok: true }])
    }
    expect(await names('flaky', 'flaky')).toEqual([])
  }) // prettier-ignore
})

describe('a quarantine', () => {
  const log = '\u001b[32;1m$ npm ci\u001b[0;m\n\u001b[32;1m$ npm test\u001b[0;m\nno\n'

  it('lets the failures of its test pass as allowed, and of no other; for one owner at a time, until it is ended', async () => {
    const two = [{ name: 'a', ok: false }, { name: 'b', ok: true }]
    expect((await ran('held', two, { log })).status).toBe('failed')
    const [{ id: test } = { id: '' }] = await listed('held', 'failing')
    const made = await quarantine('held', { test, reason: 'Fails at midnight', owner: 'group:held/leads' })
    expect([made.status, made.body['owner']]).toEqual([201, 'group:held/leads'])
    expect((await quarantine('held', { test, reason: 'again' })).body['code']).toBe('pipelines.test_quarantined')
    expect(await listed('held', 'quarantined')).toMatchObject([{ name: 'a', quarantine: { id: made.body.id } }])
    const passed = await ran('held', two, { log })
    expect(passed).toMatchObject({ status: 'success', tests: { failed: 1 } })
    expect(passed.jobs[0]).toMatchObject({ status: 'failed', allowFailure: true, reason: expect.stringContaining('group:held/leads') })
    expect((await ran('held', [{ name: 'a', ok: false }, { name: 'b', ok: false }], { log })).status).toBe('failed')
    // Without a sign that the last command was begun, something else may have been left out.
    expect((await ran('held', two, { log: log.slice(0, 20) })).status).toBe('failed')
    expect((await quarantine('held', {}, 'DELETE', `/${made.body.id}`)).status).toBe(204)
    expect((await quarantine('held', {}, 'DELETE', `/${made.body.id}`)).body['code']).toBe('pipelines.quarantine_unknown')
    expect((await ran('held', two, { log })).status).toBe('failed')
    const audited = await until(() => harness.events.find(({ data }) => data['action'] === 'test.quarantine'), { what: 'the audit' })
    expect(audited.data).toMatchObject({ object: `test/${test}`, detail: { test: 'a', owner: 'group:held/leads' } })
  }) // prettier-ignore
})

describe('coverage and findings', () => {
  it('are shown with the job and the pipeline, by file and the worst first', async () => {
    const jobs = 'artifacts: { reports: { coverage_report: { coverage_format: lcov, path: $CI_JOB_NAME.info } } }'
    await harness.push('covered', `a: { script: x, ${jobs} }\nb: { script: x, ${jobs} }`)
    const [a, b] = [await flow.claimed('covered', 'a'), await flow.claimed('covered', 'b')]
    expect(a.assignment.artifacts?.coverage).toEqual([{ format: 'lcov', path: 'a.info' }])
    const lcov = { kind: 'lcov' as const, name: 'a.info', text: 'SF:x.ts\nDA:1,1\nDA:2,0\nDA:3,0\nend_of_record\nSF:y.ts\nDA:1,1\nend_of_record\n' }
    const finding = (severity: string) => ({ description: severity, severity, location: { path: 'x.ts', lines: { begin: 2 } } })
    const quality = { kind: 'codequality' as const, name: 'q.json', text: JSON.stringify([finding('minor'), finding('blocker')]) }
    await harness.finish(a, 'success', { reports: [lcov, quality] })
    await harness.finish(b, 'success', { reports: [{ ...lcov, text: 'SF:x.ts\nDA:1,1\nDA:2,1\nDA:3,0\nend_of_record\n' }, quality, { ...quality, text: '{' }] })
    const pipeline = await flow.status('covered', 'success')
    expect(pipeline.jobs[0]?.reports).toMatchObject({ coverage: { percent: 50, linesCovered: 2, linesTotal: 4 }, findings: { blocker: 1, minor: 1 }, problems: [] })
    expect(pipeline.reports).toMatchObject({ coverage: { percent: 75 }, findings: { blocker: 1, minor: 1, info: 0 }, problems: [expect.stringContaining('no list')] })
    expect(await get(`covered/jobs/${b.ref.job}`)).toMatchObject({ reports: { coverage: { linesCovered: 2, linesTotal: 3 } } })
    expect(await get(`covered/pipelines/${pipeline.id}/findings`)).toMatchObject({ items: [{ severity: 'blocker', line: 2 }, { severity: 'minor' }] })
    expect(await get(`covered/pipelines/${pipeline.id}/coverage`)).toMatchObject({ items: [{ path: 'x.ts', percent: 66.66 }, { path: 'y.ts' }] })
  }) // prettier-ignore
})

import { until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { flows } from '../testing/flows.ts'
import { Harness } from '../testing/harness.ts'

let harness: Harness
let flow: ReturnType<typeof flows>
beforeAll(async () => {
  harness = await Harness.start()
  flow = flows(harness)
})
afterAll(() => harness.close())

const twoStages = `
variables: { GREETING: hello $CI_PROJECT_NAME }
unit:
  stage: test
  script: [npm test]
ship:
  stage: deploy
  script: [ship]
`

describe('a push', () => {
  it('becomes a pipeline whose jobs are offered, claimed, logged and finished, one stage after the other', async () => {
    const startedAtMs = performance.now()
    await harness.push('happy', twoStages, { after: 'b'.repeat(40) })
    const offer = await flow.offerOf('happy', 'unit')
    expect(offer.offeredAtMs - startedAtMs).toBeLessThan(1_000)
    const unit = await flow.claimed('happy', 'unit')
    expect(unit.assignment).toMatchObject({
      project: 'happy', repository: 'ledger', name: 'unit', revision: 'b'.repeat(40), script: ['npm test'], masked: ['PLINTH_TOKEN', 'CI_JOB_TOKEN'],
      variables: { GREETING: 'hello ledger', CI_COMMIT_BRANCH: 'main', CI_JOB_NAME: 'unit', PLINTH_TOKEN: unit.assignment.token },
    }) // prettier-ignore
    expect((await flow.status('happy', 'running')).startedAt).toBeDefined()
    expect(await harness.log(unit, 0, 'all good\n')).toEqual({ nextOffset: 9 })
    const finishedAtMs = performance.now()
    expect(await harness.finish(unit, 'success', { exitCode: 0 })).toEqual({ accepted: true })
    const next = await flow.offerOf('happy', 'ship')
    expect(next.offeredAtMs - finishedAtMs).toBeLessThan(1_000)
    await flow.run('happy', 'ship')
    const done = await flow.status('happy', 'success')
    expect(done).toMatchObject({ number: 1, source: 'push', author: 'Ana', stages: ['test', 'deploy'] })
    const { text, headers } = await harness.call('GET', `/api/v1/projects/happy/jobs/${unit.ref.job}/log`)
    expect(text).toBe('all good\n')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8')
    const told = await until(() =>
      harness.events.find(({ data }) => data['pipeline'] === done.id && data['finished'] === true),
    )
    expect(told.data).toMatchObject({ status: 'success', revision: 'b'.repeat(40), artifacts: [] })
  })

  it('that is delivered twice is one pipeline', async () => {
    const id = await harness.push('twice', twoStages)
    await flow.created('twice')
    await harness.push('twice', twoStages, { id })
    await harness.push('twice', twoStages, { after: 'c'.repeat(40) })
    await until(async () => (await flow.latest('twice'))?.revision === 'c'.repeat(40))
    const { body } = await harness.call<{ items: unknown[] }>('GET', '/api/v1/projects/twice/pipelines')
    expect(body.items).toHaveLength(2)
  })

  it('of a wrong file is a failed pipeline that names line and column', async () => {
    await harness.push('wrong', 'test:\n  script: [a]\n  scirpt: [b]\n')
    const pipeline = await flow.status('wrong', 'failed')
    expect(pipeline.jobs).toEqual([])
    expect(pipeline.problems).toEqual([
      expect.objectContaining({
        file: '.gitlab-ci.yml',
        line: 3,
        column: 3,
        message: expect.stringContaining('scirpt'),
      }),
    ])
  })

  it('without a file, of a deletion, of a note or with [skip ci] makes no pipeline', async () => {
    await harness.push('silent', undefined)
    await harness.push('silent', twoStages, { after: '0'.repeat(40) })
    await harness.push('silent', twoStages, { ref: 'refs/notes/x' })
    await harness.push('silent', twoStages, { title: 'Docs [skip ci]' })
    await harness.push('silent', twoStages, { ref: 'refs/tags/v1', title: 'last' })
    const only = await flow.created('silent')
    expect(only).toMatchObject({ number: 1, ref: 'refs/tags/v1' })
  })

  it('whose workflow rules say no makes no pipeline', async () => {
    await harness.push('quiet', 'workflow: { rules: [{ if: $CI_COMMIT_TAG }] }\na: { script: x }')
    await harness.push('quiet', 'workflow: { rules: [{ if: $CI_COMMIT_TAG }] }\na: { script: x }', {
      ref: 'refs/tags/v2',
    })
    expect(await flow.created('quiet')).toMatchObject({ number: 1, ref: 'refs/tags/v2' })
  })
})

describe('stages, needs and failures', () => {
  it('a failed job skips the later stages and fails the pipeline', async () => {
    await harness.push('fail', twoStages)
    await flow.run('fail', 'unit', 'failed')
    const pipeline = await flow.status('fail', 'failed')
    expect(pipeline.jobs.map(({ name, status }) => [name, status])).toEqual([
      ['unit', 'failed'],
      ['ship', 'skipped'],
    ])
    expect(pipeline.jobs[1]?.reason).toContain('ended as failed')
  })

  it('a failure that is allowed lets the pipeline go on and pass', async () => {
    await harness.push(
      'allowed',
      'a: { stage: build, script: x, allow_failure: { exit_codes: [42] } }\nb: { stage: test, script: y }',
    )
    await harness.finish(await flow.claimed('allowed', 'a'), 'failed', { exitCode: 42 })
    await flow.run('allowed', 'b')
    expect((await flow.status('allowed', 'success')).jobs[0]).toMatchObject({
      status: 'failed',
      allowFailure: true,
      exitCode: 42,
    })
  })

  it('another exit code than those allowed fails the pipeline', async () => {
    await harness.push(
      'refused',
      'a: { stage: build, script: x, allow_failure: { exit_codes: [42] } }\nb: { stage: test, script: y }',
    )
    await harness.finish(await flow.claimed('refused', 'a'), 'failed', { exitCode: 2 })
    expect((await flow.status('refused', 'failed')).jobs[1]?.status).toBe('skipped')
  })

  it('a job with needs starts when these are done, whatever its stage', async () => {
    await harness.push(
      'dag',
      `
slow: { stage: build, script: x }
fast: { stage: build, script: x }
after-fast: { stage: deploy, script: x, needs: [fast] }
at-once: { stage: deploy, script: x, needs: [] }
`,
    )
    await flow.offerOf('dag', 'at-once')
    await flow.run('dag', 'fast')
    await flow.run('dag', 'after-fast')
    expect(await flow.statuses('dag')).toMatchObject({ slow: 'pending', 'after-fast': 'success' })
  })

  it('a manual job of a rule blocks until somebody plays it, once', async () => {
    await harness.push(
      'gate',
      'gate: { stage: build, script: x, rules: [{ when: manual }] }\nafter: { stage: test, script: y }',
    )
    const blocked = await flow.status('gate', 'manual')
    const [gate] = blocked.jobs
    const play = `/api/v1/projects/gate/jobs/${gate?.id}/play`
    expect((await harness.call('POST', `/api/v1/projects/other/jobs/${gate?.id}/play`)).status).toBe(404)
    expect((await harness.call('POST', play)).body).toMatchObject({ status: 'pending', attempt: 1 })
    expect((await harness.call('POST', play)).status).toBe(409)
    await flow.run('gate', 'gate')
    await flow.run('gate', 'after')
    await flow.status('gate', 'success')
    expect((await harness.call('POST', play)).body).toMatchObject({ code: 'pipelines.job_finished' })
    const audited = await until(() => harness.events.find(({ data }) => data['action'] === 'job.play'))
    expect(audited.data).toMatchObject({ actor: 'user:ana', project: 'gate', object: `job/${gate?.id}` })
  })

  it('an optional manual job does not block, and brings back what was skipped for it when it is played', async () => {
    await harness.push(
      'optional',
      'extra: { stage: build, script: x, when: manual }\nuses: { stage: build, script: y, needs: [extra] }\nmain: { stage: build, script: z }',
    )
    await flow.run('optional', 'main')
    const done = await flow.status('optional', 'success')
    expect(await flow.statuses('optional')).toEqual({ extra: 'manual', uses: 'skipped', main: 'success' })
    await harness.call('POST', `/api/v1/projects/optional/jobs/${done.jobs[0]?.id}/play`)
    await flow.run('optional', 'extra')
    await flow.run('optional', 'uses')
    await flow.status('optional', 'success')
  })

  it('variables of a dotenv report reach the jobs after it, and win over those of the file', async () => {
    await harness.push(
      'dotenv',
      'a: { stage: build, script: x }\nb: { stage: test, script: y, variables: { VERSION: none } }',
    )
    await harness.finish(await flow.claimed('dotenv', 'a'), 'success', { dotenv: { VERSION: '1.2.3' } })
    expect((await flow.claimed('dotenv', 'b')).assignment.variables['VERSION']).toBe('1.2.3')
  })

  it('test reports are parsed, listed failures first, and summed up', async () => {
    await harness.push('tests', 'a: { script: x }')
    const junit =
      '<testsuite name="s"><testcase name="one" time="0.5"/><testcase name="two"><failure message="boom">at x</failure></testcase></testsuite>'
    await harness.finish(await flow.claimed('tests', 'a'), 'failed', { exitCode: 1, junit: [junit] })
    const pipeline = await flow.status('tests', 'failed')
    expect(pipeline.tests).toEqual({ passed: 1, failed: 1, skipped: 0, durationMs: 500 })
    const { body } = await harness.call<{ items: unknown[] }>(
      'GET',
      `/api/v1/projects/tests/pipelines/${pipeline.id}/tests`,
    )
    const test = expect.stringMatching(/^tst_/)
    expect(body.items).toEqual([
      { suite: 's', name: 'two', status: 'failed', durationMs: 0, message: 'boom\nat x', job: 'a', test },
      { suite: 's', name: 'one', status: 'passed', durationMs: 500, job: 'a', test },
    ])
  })
})

describe('asking for a pipeline', () => {
  const path = '/api/v1/projects/asked/repositories/ledger/pipelines'

  it('runs the ref with variables that win over the file, and is audited', async () => {
    harness.files.set('.gitlab-ci.yml', 'a: { script: x, variables: { LEVEL: low } }')
    const { status, body } = await harness.call<{ id: string }>('POST', path, {
      body: { ref: 'main', variables: { LEVEL: 'high' } },
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({ source: 'api', status: 'pending', jobs: [{ name: 'a', status: 'pending' }] })
    expect((await flow.claimed('asked', 'a')).assignment.variables).toMatchObject({
      LEVEL: 'high',
      CI_PIPELINE_SOURCE: 'api',
    })
    const audited = await until(() => harness.events.find(({ data }) => data['object'] === `pipeline/${body.id}`))
    expect(audited.data).toMatchObject({ action: 'pipeline.run', detail: { variables: ['LEVEL'] } })
  })

  it('is answered once for one Idempotency-Key', async () => {
    harness.files.set('.gitlab-ci.yml', 'a: { script: x }')
    const ask = () => harness.call('POST', path, { body: { ref: 'main' }, headers: { 'idempotency-key': 'one' } })
    const [first, second] = [await ask(), await ask()]
    expect(second.body).toEqual(first.body)
  })

  it.each([
    ['an unknown ref', { ref: 'nowhere' }, 404, 'gitops.revision_unknown'],
    ['a hostile ref', { ref: '../../x' }, 400, 'platform.request_invalid'],
    ['an unknown member', { ref: 'main', x: 1 }, 400, 'platform.request_invalid'],
    ['a variable that no shell can hold', { ref: 'main', variables: { 'A-B': '1' } }, 400, 'platform.request_invalid'],
  ])('refuses %s', async (_what, body, status, code) => {
    const answer = await harness.call('POST', path, { body })
    expect([answer.status, answer.body['code']]).toEqual([status, code])
  })

  it('says when there is no file, and when its rules leave nothing', async () => {
    harness.files.delete('.gitlab-ci.yml')
    expect((await harness.call('POST', path, { body: { ref: 'main' } })).body['code']).toBe('pipelines.config_missing')
    harness.files.set('.gitlab-ci.yml', 'a: { script: x, rules: [{ if: $CI_COMMIT_TAG }] }')
    expect((await harness.call('POST', path, { body: { ref: 'main' } })).body['code']).toBe('pipelines.config_invalid')
  })

  it('lint shows jobs in and out with the reason, and writes nothing', async () => {
    const content = 'a: { script: x }\nb: { script: y, rules: [{ if: $CI_COMMIT_TAG }] }'
    const { body } = await harness.call('POST', '/api/v1/projects/linted/pipeline-lint', { body: { content } })
    expect(body).toMatchObject({
      valid: true,
      jobs: [
        { name: 'a', included: true },
        { name: 'b', included: false, reason: 'no rule matched' },
      ],
    })
    const wrong = await harness.call('POST', '/api/v1/projects/linted/pipeline-lint', { body: { content: 'a: [' } })
    expect(wrong.body).toMatchObject({ valid: false, problems: [{ line: 1 }] })
    expect(await flow.latest('linted')).toBeUndefined()
  })

  it('things of other projects are not there', async () => {
    await harness.push('mine', 'a: { script: x }')
    const { id, jobs } = await flow.created('mine')
    for (const path of [
      `pipelines/${id}`,
      `pipelines/${id}/tests`,
      `pipelines/${id}/artifacts`,
      `jobs/${jobs[0]?.id}`,
      `jobs/${jobs[0]?.id}/log`,
      `jobs/${jobs[0]?.id}/log/events`,
    ]) {
      expect((await harness.call('GET', `/api/v1/projects/theirs/${path}`)).status, path).toBe(404)
    }
    for (const path of [
      `pipelines/${id}/cancel`,
      `pipelines/${id}/retry`,
      `jobs/${jobs[0]?.id}/cancel`,
      `jobs/${jobs[0]?.id}/retry`,
    ]) {
      expect((await harness.call('POST', `/api/v1/projects/theirs/${path}`)).status, path).toBe(404)
    }
    expect((await flow.latest('mine'))?.status).toBe('pending')
  })
})

import { until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { flows } from '../testing/flows.ts'
import { Harness, type Claimed } from '../testing/harness.ts'

const silenceMs = 400
let harness: Harness
let flow: ReturnType<typeof flows>
beforeAll(async () => {
  harness = await Harness.start({ silenceMs, timeoutGraceMs: 200 })
  flow = flows(harness)
})
afterAll(() => harness.close())

const one = 'a: { script: x }'
const two = 'a: { stage: build, script: x }\nb: { stage: test, script: y }'

/** A runner that says it is alive, as real ones do, for as long as the work lasts. */
async function alive<T>(taken: Claimed, work: () => Promise<T>): Promise<T> {
  const beats = setInterval(() => void harness.beat(taken), silenceMs / 4)
  try {
    return await work()
  } finally {
    clearInterval(beats)
  }
}

describe('claiming', () => {
  it('gives a job to one of fifty runners that ask at once', async () => {
    await harness.push('crowd', one)
    const offer = await flow.offerOf('crowd', 'a')
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => harness.claim(offer.job, 1, `runner-${index}`)),
    )
    expect(answers.filter(({ claimed }) => claimed)).toHaveLength(1)
  })

  it('refuses an unknown job, another attempt, and a job that was claimed before by the same runner', async () => {
    await harness.push('late', one)
    const taken = await flow.claimed('late', 'a')
    expect(await harness.claim('job_00000', 1)).toEqual({ claimed: false })
    expect(await harness.claim(taken.ref.job, 2)).toEqual({ claimed: false })
    expect(await harness.claim(taken.ref.job, 1)).toEqual({ claimed: false })
  })

  it('gives the attempt back when no token can be made for it', async () => {
    await harness.push('tokenless', one)
    const offer = await flow.offerOf('tokenless', 'a')
    harness.tokensFail = true
    await expect(harness.claim(offer.job, 1)).rejects.toThrow('platform')
    harness.tokensFail = false
    expect(await flow.statuses('tokenless')).toEqual({ a: 'pending' })
    expect((await harness.claim(offer.job, 1)).claimed).toBe(true)
  })

  it('offers a job with a tag to the runners of that tag', async () => {
    await harness.push('tagged', 'a: { script: x, tags: [special] }')
    await flow.offerOf('tagged', 'a')
  })
})

describe('the token of an attempt', () => {
  it('lives as long as the attempt', async () => {
    await harness.push('token', one)
    const taken = await flow.claimed('token', 'a')
    expect(harness.liveTokens).toContain(`job:${taken.ref.job}:1`)
    await harness.finish(taken, 'success')
    await until(() => !harness.liveTokens.has(`job:${taken.ref.job}:1`))
  })
})

describe('a delayed job', () => {
  it('waits for its time once what is before it is over, and the pipeline waits with it', async () => {
    await harness.push('later', 'a: { script: x, stage: build }\nb: { script: y, when: delayed, start_in: 1 second }')
    await flow.run('later', 'a')
    expect((await flow.status('later', 'scheduled')).status).toBe('scheduled')
    const { assignment } = await flow.claimed('later', 'b')
    expect(assignment.script).toEqual(['y'])
  })

  it('starts at once where somebody says so, and only once', async () => {
    await harness.push('sooner', 'b: { script: y, rules: [{ when: delayed, start_in: 3 days }] }')
    const { id } = await flow.status('sooner', 'scheduled')
    const { jobs } = (await harness.call('GET', `/api/v1/projects/sooner/pipelines/${id}`)).body as { jobs: { id: string; reason: string }[] }
    expect(jobs[0]?.reason).toMatch(/^starts at 20/)
    expect((await harness.call('POST', `/api/v1/projects/sooner/jobs/${jobs[0]?.id}/play`)).status).toBe(200)
    await flow.claimed('sooner', 'b')
  })
}) // prettier-ignore

describe('identity tokens', () => {
  it('say what runs, for whom and for how long, and are masked in the log', async () => {
    const file =
      'a: { script: x, timeout: 5 minutes, environment: staging, id_tokens: { CLOUD: { aud: "https://$CI_SERVER_HOST" }, VAULT: { aud: [one, two] } } }'
    await harness.push('cloud', file)
    const { assignment } = await flow.claimed('cloud', 'a')
    expect(assignment.variables).toMatchObject({ CLOUD: 'jwt.for.https://localhost', VAULT: 'jwt.for.one+two' })
    expect(assignment.masked).toEqual(expect.arrayContaining(['CLOUD', 'VAULT']))
    const [asked] = harness.identityTokens
    expect(asked).toMatchObject({
      subject: `project_path:cloud/${assignment.repository}:ref_type:branch:ref:main`,
      ttlSeconds: 300,
      claims: {
        project_path: `cloud/${assignment.repository}`,
        ref: 'main',
        ref_type: 'branch',
        ref_protected: expect.stringMatching(/^(?:true|false)$/),
        pipeline_id: assignment.pipeline,
        job_id: assignment.job,
        sha: assignment.revision,
        environment: 'staging',
      },
    })
  })
})

describe('an attempt that is over', () => {
  it('counts once, and a second or late word of it is not accepted', async () => {
    await harness.push('once', one)
    const taken = await flow.claimed('once', 'a')
    const answers = await Promise.all([
      harness.finish(taken, 'success'),
      harness.finish(taken, 'failed'),
      harness.finish(taken, 'success'),
    ])
    expect(answers.filter(({ accepted }) => accepted)).toHaveLength(1)
    expect(await harness.finish(taken, 'failed')).toEqual({ accepted: false })
    expect(await harness.beat(taken)).toEqual({ stop: 'stale' })
  })

  it('is not accepted from a runner that did not claim it', async () => {
    await harness.push('thief', one)
    const taken = await flow.claimed('thief', 'a')
    const thief = { ...taken, ref: { ...taken.ref, runner: 'thief' } }
    expect(await harness.finish(thief, 'success')).toEqual({ accepted: false })
    await expect(harness.log(thief, 0, 'x')).rejects.toThrow('attempt_stale')
    expect(await flow.statuses('thief')).toEqual({ a: 'running' })
  })
})

describe('a runner that falls silent', () => {
  it('loses the job to the next attempt, and its late result does not count', async () => {
    await harness.push('lost', one)
    const taken = await flow.claimed('lost', 'a')
    await flow.offerOf('lost', 'a', 2)
    expect(await harness.beat(taken)).toEqual({ stop: 'stale' })
    expect(await harness.finish(taken, 'failed')).toEqual({ accepted: false })
    await expect(harness.log(taken, 0, 'late')).rejects.toThrow('attempt_stale')
    await flow.run('lost', 'a', 'success', 2)
    await flow.status('lost', 'success')
  })

  it('is given up four times, and then the job has failed', async () => {
    await harness.push('hopeless', one)
    for (let attempt = 1; attempt <= 4; attempt++) await flow.claimed('hopeless', 'a', attempt)
    const pipeline = await flow.status('hopeless', 'failed')
    expect(pipeline.jobs[0]).toMatchObject({ attempt: 4, reason: 'the runner fell silent' })
  })

  it('keeps the job for as long as its heartbeats come', async () => {
    await harness.push('alive', one)
    const taken = await flow.claimed('alive', 'a')
    const startedAtMs = performance.now()
    await alive(taken, () => until(() => performance.now() - startedAtMs > silenceMs * 3))
    expect(await flow.job('alive', 'a')).toMatchObject({ status: 'running', attempt: 1 })
  })

  it('is not told from a service that was away: a restart gives every attempt its time again', async () => {
    await harness.push('restart', two)
    const taken = await flow.claimed('restart', 'a')
    await harness.restart()
    expect(await harness.beat(taken)).toEqual({})
    expect(await harness.finish(taken, 'success')).toEqual({ accepted: true })
    await flow.run('restart', 'b')
    await flow.status('restart', 'success')
  })
})

describe('a job that runs longer than its timeout', () => {
  it('is ended from here when its runner does not do so', async () => {
    await harness.push('endless', 'a: { script: x, timeout: 1 second }')
    const taken = await flow.claimed('endless', 'a')
    await alive(taken, () => flow.status('endless', 'failed'))
    expect(await flow.job('endless', 'a')).toMatchObject({
      status: 'failed',
      attempt: 1,
      reason: 'it ran longer than its timeout',
    })
    expect(await harness.beat(taken)).toEqual({ stop: 'timeout' })
    await until(() => harness.stops.some(({ job }) => job === taken.ref.job))
  })
})

describe('canceling', () => {
  it('stops a running job within a second: status, nudge and heartbeat say so, and the next stage does not start', async () => {
    await harness.push('cancel', two)
    const taken = await flow.claimed('cancel', 'a')
    const canceledAtMs = performance.now()
    const { body } = await harness.call('POST', `/api/v1/projects/cancel/jobs/${taken.ref.job}/cancel`)
    expect(body).toMatchObject({ status: 'canceled', reason: 'canceled by ana' })
    await until(() => harness.stops.some(({ job, attempt }) => job === taken.ref.job && attempt === 1))
    expect(performance.now() - canceledAtMs).toBeLessThan(1_000)
    expect(await harness.beat(taken)).toEqual({ stop: 'canceled' })
    expect(await harness.finish(taken, 'canceled')).toEqual({ accepted: false })
    expect(await flow.statuses('cancel')).toEqual({ a: 'canceled', b: 'skipped' })
    expect((await harness.call('POST', `/api/v1/projects/cancel/jobs/${taken.ref.job}/cancel`)).body['code']).toBe(
      'pipelines.job_finished',
    )
  })

  it('a pipeline ends everything that has not ended; an offer of it can no longer be claimed', async () => {
    await harness.push('cancel-all', two)
    const offer = await flow.offerOf('cancel-all', 'a')
    const { id } = await flow.created('cancel-all')
    const { body } = await harness.call('POST', `/api/v1/projects/cancel-all/pipelines/${id}/cancel`)
    expect(body).toMatchObject({ status: 'canceled', jobs: [{ status: 'canceled' }, { status: 'canceled' }] })
    expect(await harness.claim(offer.job, 1)).toEqual({ claimed: false })
  })
})

describe('running again', () => {
  it('happens by itself as often as `retry` says', async () => {
    await harness.push('auto', 'a: { script: x, retry: 2 }')
    for (let attempt = 1; attempt <= 3; attempt++) await flow.run('auto', 'a', 'failed', attempt)
    expect((await flow.status('auto', 'failed')).jobs[0]?.attempt).toBe(3)
  })

  it('happens only for the reasons that `retry:when` names', async () => {
    await harness.push(
      'reasons',
      'a: { script: x, retry: { max: 1, when: job_execution_timeout } }\nb: { script: y, retry: { max: 1, when: job_execution_timeout } }',
    )
    await flow.run('reasons', 'a', 'failed')
    await harness.finish(await flow.claimed('reasons', 'b'), 'timeout')
    await flow.offerOf('reasons', 'b', 2)
    expect(await flow.job('reasons', 'a')).toMatchObject({ status: 'failed', attempt: 1 })
  })

  it('of a job brings back what was skipped after it', async () => {
    await harness.push('again', two)
    const first = await flow.run('again', 'a', 'failed')
    await flow.status('again', 'failed')
    const { body } = await harness.call('POST', `/api/v1/projects/again/jobs/${first.ref.job}/retry`)
    expect(body).toMatchObject({ status: 'pending', attempt: 2 })
    await flow.run('again', 'a', 'success', 2)
    await flow.run('again', 'b')
    await flow.status('again', 'success')
  })

  it('of a pipeline repeats the failed jobs and leaves the others', async () => {
    await harness.push(
      'repeat',
      'ok: { stage: build, script: x }\nbad: { stage: build, script: y }\nend: { stage: test, script: z }',
    )
    await flow.run('repeat', 'ok')
    await flow.run('repeat', 'bad', 'failed')
    const { id } = await flow.status('repeat', 'failed')
    await harness.call('POST', `/api/v1/projects/repeat/pipelines/${id}/retry`)
    await flow.run('repeat', 'bad', 'success', 2)
    await flow.run('repeat', 'end')
    const done = await flow.status('repeat', 'success')
    expect(done.jobs.map(({ name, attempt }) => [name, attempt])).toEqual([
      ['ok', 1],
      ['bad', 2],
      ['end', 1],
    ])
  })

  it('is refused for a job that runs', async () => {
    await harness.push('busy', one)
    const taken = await flow.claimed('busy', 'a')
    expect((await harness.call('POST', `/api/v1/projects/busy/jobs/${taken.ref.job}/retry`)).status).toBe(409)
  })
})

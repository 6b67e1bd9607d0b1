import { pause } from '@plinth/kernel'
import { until } from '@plinth/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { flows } from '../testing/flows.ts'
import { Harness, type Offer } from '../testing/harness.ts'

const silenceMs = 1_500
let harness: Harness
beforeAll(async () => {
  harness = await Harness.startProcess(silenceMs)
})
afterAll(() => harness.close())

const config = `
build: { stage: build, script: x }
test-a: { stage: test, script: x }
test-b: { stage: test, script: x, needs: [build] }
deploy: { stage: deploy, script: x }
`
const projects = Array.from({ length: 5 }, (_, index) => `crash-${'abcdef'[index]}`)

/** A runner that knows nothing of crashes but to ask again. Returns once the service has said what became of the job. */
async function work({ job, attempt }: Offer, finished: Map<string, number>): Promise<void> {
  const answer = await again(() => harness.claim(job, attempt))
  if (!answer.claimed) return
  const taken = { assignment: answer.assignment, ref: { job, attempt, runner: 'runner-1' } }
  await again(() => harness.log(taken, 0, 'working\n')).catch(() => undefined)
  const { accepted } = await again(() => harness.finish(taken, 'success'))
  if (accepted) finished.set(job, (finished.get(job) ?? 0) + 1)
}

async function again<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      const passes = error instanceof Error && /unavailable|timeout/.test(error.message)
      if (!passes || attempt > 200) throw error
      await pause(50)
    }
  }
}

it(
  'kill -9 of the service at any point loses no pipeline, doubles none, and runs every job to its end',
  { timeout: 90_000 },
  async () => {
    const finished = new Map<string, number>()
    harness.onOffer = (offer) => void work(offer, finished).catch(() => undefined)
    for (const [index, project] of projects.entries()) {
      await harness.push(project, config)
      // Each time a little later, so that another step is cut.
      await pause(index * 40)
      await harness.crash()
    }
    const flow = flows(harness)
    for (const project of projects) {
      const done = await until(
        async () => {
          const seen = await flow.latest(project).catch(() => undefined)
          return seen?.status === 'success' && seen
        },
        { timeoutMs: 60_000, what: `${project} to end` },
      )
      expect(done.number).toBe(1)
      expect(done.jobs.map(({ status }) => status)).toEqual(['success', 'success', 'success', 'success'])
      const { body } = await harness.call<{ items: unknown[] }>('GET', `/api/v1/projects/${project}/pipelines`)
      expect(body.items).toHaveLength(1)
    }
    expect([...finished.values()].filter((times) => times > 1)).toEqual([])
  },
)

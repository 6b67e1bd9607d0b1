import type { Job, PipelineDetail } from '@plinth/contracts'
import { until } from '@plinth/testkit'
import type { Static } from 'typebox'
import type { Claimed, Harness, Offer } from './harness.ts'

export type Detail = Static<typeof PipelineDetail>
type JobDetail = Static<typeof Job>

/** Steps that tests share: what a user or a runner does in one sentence. */
export const flows = (harness: Harness) => {
  const latest = async (project: string): Promise<Detail | undefined> => {
    const { body } = await harness.call<{ items: { id: string }[] }>('GET', `/api/v1/projects/${project}/pipelines`)
    const [first] = body.items
    return first && pipeline(project, first.id)
  }
  const pipeline = async (project: string, id: string): Promise<Detail> =>
    (await harness.call<Detail>('GET', `/api/v1/projects/${project}/pipelines/${id}`)).body
  const job = async (project: string, name: string): Promise<JobDetail> => {
    const found = (await latest(project))?.jobs.find((entry) => entry.name === name)
    if (found === undefined) throw new Error(`there is no job ${name}`)
    return found
  }
  const offerOf = (project: string, name: string, attempt = 1): Promise<Offer> =>
    until(
      async () => {
        const wanted = (await latest(project))?.jobs.find((entry) => entry.name === name)
        return wanted && harness.offers.find((offer) => offer.job === wanted.id && offer.attempt === attempt)
      },
      { what: `the offer of ${name}, attempt ${attempt}` },
    )
  const claimed = async (project: string, name: string, attempt = 1, runner = 'runner-1'): Promise<Claimed> => {
    const offer = await offerOf(project, name, attempt)
    const answer = await harness.claim(offer.job, attempt, runner)
    if (!answer.claimed) throw new Error(`${name} could not be claimed`)
    return { assignment: answer.assignment, ref: { job: offer.job, attempt, runner } }
  }
  return {
    latest,
    pipeline,
    job,
    offerOf,
    claimed,
    created: (project: string): Promise<Detail> => until(() => latest(project), { what: `a pipeline of ${project}` }),
    status: (project: string, wanted: string): Promise<Detail> =>
      until(
        async () => {
          const seen = await latest(project)
          return seen?.status === wanted && seen
        },
        { what: `a pipeline of ${project} that is ${wanted}` },
      ),
    async run(project: string, name: string, outcome: 'success' | 'failed' = 'success', attempt = 1): Promise<Claimed> {
      const taken = await claimed(project, name, attempt)
      await harness.finish(taken, outcome, { exitCode: outcome === 'success' ? 0 : 1 })
      return taken
    },
    statuses: async (project: string): Promise<Record<string, string>> =>
      Object.fromEntries(((await latest(project))?.jobs ?? []).map((entry) => [entry.name, entry.status])),
  }
}

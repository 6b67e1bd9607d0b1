import { answer, answers, type Bus } from '@plinth/bus'
import { hostWorkload, observeWorkload, removeHostedWorkload } from '@plinth/contracts'
import type { Worker } from '@plinth/kernel'
import type { WorkloadHost } from './host.ts'

/** What the control plane may ask of this runner, on subjects that carry its name. */
export const workloadAnswers = (bus: Bus, host: WorkloadHost, runner: string): Worker =>
  answers(
    bus,
    [
      answer(hostWorkload, async (wish) => {
        host.host(wish)
        return { accepted: true as const }
      }),
      answer(observeWorkload, async ({ name }) => {
        const state = host.observe(name)
        return state === undefined ? { found: false as const } : { found: true as const, state }
      }),
      answer(removeHostedWorkload, async ({ name }) => ({ gone: host.remove(name) })),
    ],
    { instance: runner },
  )

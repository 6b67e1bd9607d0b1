import type { Bus } from '@plinth/bus'
import { decide, policyChanged, subjectFilter, type EventData } from '@plinth/contracts'
import { backoffMs, pause, type Clock, type Logger, type Worker } from '@plinth/kernel'
import { followAlways } from '../identity/follow-always.ts'
import { policyFetcher, type PolicyFetcher } from './policy-fetcher.ts'
import { policyInForce, type PolicyInForce } from './policy-in-force.ts'

export type LivePolicy = Pick<PolicyInForce, 'current' | 'onChange' | 'health'> & { workers: readonly Worker[] }

type Options = { bus: Bus; clock: Clock; logger: Logger; staleSeconds: number; checkEveryMs?: number }
type Keeping = Pick<Options, 'bus' | 'logger'> & { inForce: PolicyInForce; fetcher: PolicyFetcher }

/**
 * The policy at its newest revision. Authorization tells of each with the step that leads to it, which is taken over at
 * once where it is the very next; where one is missing or they come in another order, the steps are asked for, and the
 * whole policy where those are not enough. The check every 5 s finds what nobody told of (the telling was lost, or a
 * backup was restored). When nobody answers, the last policy goes on deciding; what changes something is refused once
 * that lasts too long.
 */
export function livePolicy({ bus, clock, logger, staleSeconds, checkEveryMs = 5_000 }: Options): LivePolicy {
  const stopping = new AbortController()
  const { signal } = stopping
  const inForce = policyInForce(clock, staleSeconds)
  const fetcher = policyFetcher({ bus, clock, logger, inForce, signal })
  const keeping = { bus, logger, inForce, fetcher }
  const check = checkOf(keeping, signal)
  const { current, onChange, health } = inForce
  return {
    current,
    onChange,
    health,
    workers: [follower(keeping, check), checker(keeping, check, checkEveryMs, stopping)],
  }
}

function follower({ bus, logger, inForce, fetcher }: Keeping, check: () => Promise<void>): Worker {
  return followAlways(bus, logger, {
    name: 'policy changes',
    source: 'authorization',
    filter: subjectFilter(policyChanged.type),
    fromStart: false,
    handle: ({ data }) => {
      const { revision, step } = data as EventData<typeof policyChanged>
      if (step !== undefined && fetcher.take(step)) return
      // One that we are past: told twice, or by an authorization that was set back to a backup.
      const isPast = revision <= (inForce.revision() ?? Number.NEGATIVE_INFINITY)
      const repaired = isPast ? check() : fetcher.fetchTold(revision)
      repaired.catch((error: unknown) => logger.warn({ err: error, revision }, 'could not fetch the new policy'))
    },
  })
}

/** Asks which revision is there, and fetches it where it is not ours; one question at a time. */
function checkOf({ bus, inForce, fetcher }: Keeping, signal: AbortSignal): () => Promise<void> {
  let asking: Promise<void> | undefined
  const ask = async (): Promise<void> => {
    if (inForce.revision() === undefined) return fetcher.fetch()
    const { revision } = await bus.ask(decide, { questions: [] }, { timeoutMs: 3_000, signal })
    inForce.confirm()
    if (revision !== inForce.revision()) await fetcher.fetchFound(revision)
  }
  return () => (asking ??= ask().finally(() => (asking = undefined)))
}

function checker(
  { logger, inForce }: Keeping,
  check: () => Promise<void>,
  everyMs: number,
  stopping: AbortController,
): Worker {
  const { signal } = stopping
  const checkAlways = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted;) {
      try {
        await check()
        failures = 0
      } catch (error) {
        if (failures++ === 0)
          logger.warn({ err: error }, 'authorization does not answer; the last policy stays in force')
      }
      await pause(inForce.revision() === undefined ? backoffMs(failures, 100, 1_000) : everyMs, signal)
    }
  }
  let checking: Promise<void> | undefined
  return {
    name: 'check the policy',
    start() {
      checking = checkAlways()
    },
    async stop() {
      stopping.abort()
      await checking
    },
  }
}

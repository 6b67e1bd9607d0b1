import { compileAside, type PolicyChange } from '@plinth/access'
import type { Bus } from '@plinth/bus'
import { policySteps } from '@plinth/contracts'
import type { Clock, Logger } from '@plinth/kernel'
import type { PolicyInForce } from './policy-in-force.ts'
import { readSnapshot } from './policy-snapshot.ts'

export type PolicyFetcher = {
  /** Fetches the policy, or joins the fetch under way; rejects when authorization does not answer. */
  fetch(): Promise<void>
  /** The same, for a revision that was told of. */
  fetchTold(revision: number): Promise<void>
  /** The same, for the revision that is there now: after a restored backup that is an older one than was told of. */
  fetchFound(revision: number): Promise<void>
  /** Takes over a step, at once, if it is the very next one; says whether it was. */
  take(step: PolicyChange): boolean
}

type Parts = { bus: Bus; clock: Clock; logger: Logger; inForce: PolicyInForce; signal: AbortSignal }

/**
 * One fetch at a time: the steps since the policy in force, or all of it where steps are missing. A new policy is built
 * beside the old one, so that no decision ever sees half of one.
 */
export function policyFetcher({ bus, clock, logger, inForce, signal }: Parts): PolicyFetcher {
  let fetching: Promise<void> | undefined
  let wanted = 0

  const take = (step: PolicyChange): boolean => {
    const index = inForce.index()
    if (index === undefined || step.revision !== index.revision + 1) return false
    inForce.replace(index.apply(step))
    return true
  }
  /** Steps that were told of while these were on their way are passed over. */
  const fetchSteps = async (after: number): Promise<boolean> => {
    const { complete, revision, steps } = await bus.ask(policySteps, { after }, { timeoutMs: 10_000, signal })
    if (!complete) return false
    for (const step of steps) take(step)
    logger.info({ revision, steps: steps.length }, 'the policy followed')
    return true
  }
  const fetchWhole = async (): Promise<void> => {
    const startedAtMs = clock.monotonicMs()
    const before = inForce.revision() ?? 0
    const policySet = await readSnapshot(bus, signal)
    const index = await compileAside(policySet, { clock })
    const { revision, rules, links } = policySet
    const durationMs = Math.round(clock.monotonicMs() - startedAtMs)
    // Steps went on meanwhile, and led further than this: going back would give away what they took.
    const current = inForce.revision() ?? 0
    if (current > before && current > revision) return
    inForce.replace(index)
    logger.info({ revision, rules: rules.length, links: links.length, durationMs }, 'the policy is in force')
  }
  const fetchOnce = async (): Promise<void> => {
    const after = inForce.revision()
    // An older one than ours can't be reached by steps.
    if (after !== undefined && after < wanted && (await fetchSteps(after))) return
    await fetchWhole()
  }
  /**
   * What was told of while one fetch ran is fetched by the next. A failure is left to the next check: without a broker
   * a fetch fails before it waits for anything, so repeating it here would never let the event loop go on.
   */
  const fetchWanted = async (): Promise<void> => {
    let before: number | undefined
    do {
      before = inForce.revision()
      await fetchOnce()
    } while ((inForce.revision() ?? 0) < wanted && inForce.revision() !== before)
  }
  const fetch = (): Promise<void> => (fetching ??= fetchWanted().finally(() => (fetching = undefined)))
  return {
    fetch,
    fetchTold(revision) {
      wanted = Math.max(wanted, revision)
      return fetch()
    },
    fetchFound(revision) {
      wanted = revision
      return fetch()
    },
    take,
  }
}

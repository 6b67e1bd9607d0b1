import { compile } from '@plinth/access'
import type { Bus } from '@plinth/bus'
import { policySnapshot } from '@plinth/contracts'
import type { Clock, Logger } from '@plinth/kernel'
import type { PolicyInForce } from './policy-in-force.ts'

export type PolicyFetcher = {
  /** Fetches the policy, or joins the fetch under way; rejects when authorization does not answer. */
  fetch(): Promise<void>
  /** The same, for a revision that was told of. */
  fetchTold(revision: number): Promise<void>
  /** The same, for the revision that is there now: after a restored backup that is an older one than was told of. */
  fetchFound(revision: number): Promise<void>
}

type Parts = { bus: Bus; clock: Clock; logger: Logger; inForce: PolicyInForce; signal: AbortSignal }

/** One fetch at a time. A new policy is built beside the old one, so that no decision ever sees half of one. */
export function policyFetcher({ bus, clock, logger, inForce, signal }: Parts): PolicyFetcher {
  let fetching: Promise<void> | undefined
  let wanted = 0

  const fetchOnce = async (): Promise<void> => {
    const startedAtMs = clock.monotonicMs()
    const snapshot = await bus.ask(policySnapshot, {}, { timeoutMs: 10_000, signal })
    const index = compile(snapshot)
    const { revision, rules, links } = snapshot
    const durationMs = Math.round(clock.monotonicMs() - startedAtMs)
    inForce.replace(index)
    logger.info({ revision, rules: rules.length, links: links.length, durationMs }, 'the policy is in force')
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
  }
}

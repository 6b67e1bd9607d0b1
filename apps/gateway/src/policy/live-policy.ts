import { compile, type AccessIndex } from '@plinth/access'
import type { Bus } from '@plinth/bus'
import { decide, failure, policyChanged, policySnapshot, subjectFilter, type EventData } from '@plinth/contracts'
import { backoffMs, pause, type Clock, type HealthCheck, type Logger, type Worker } from '@plinth/kernel'
import { followAlways } from '../identity/follow-always.ts'

export type LivePolicy = {
  /** The newest policy; throws `platform.unavailable` before the first, and for writes when it may be out of date. */
  current(forWriting: boolean): AccessIndex
  onChange(listener: () => void): void
  health: HealthCheck
  workers: readonly Worker[]
}

type Options = { bus: Bus; clock: Clock; logger: Logger; staleSeconds: number; checkEveryMs?: number }

/**
 * The policy at its newest revision. A new one is built beside the old one and then takes its place, so that no
 * decision ever sees half of one. It is fetched anew when authorization tells of a new revision, and whenever the check
 * every 5 s finds another one than ours (the telling was lost, or a backup was restored). When nobody answers, the last
 * one goes on deciding; what changes something is refused once that lasts too long.
 */
export function livePolicy({ bus, clock, logger, staleSeconds, checkEveryMs = 5_000 }: Options): LivePolicy {
  const listeners: (() => void)[] = []
  const stopping = new AbortController()
  let index: AccessIndex | undefined
  let contactAtMs = Number.NEGATIVE_INFINITY
  let fetching: Promise<void> | undefined
  let wanted = 0

  const fetchOnce = async (): Promise<void> => {
    const startedAtMs = clock.monotonicMs()
    const snapshot = await bus.ask(policySnapshot, {}, { timeoutMs: 10_000, signal: stopping.signal })
    index = compile(snapshot)
    contactAtMs = clock.monotonicMs()
    const { revision, rules, links } = snapshot
    const durationMs = Math.round(contactAtMs - startedAtMs)
    logger.info({ revision, rules: rules.length, links: links.length, durationMs }, 'the policy is in force')
    for (const listener of listeners) listener()
  }
  /**
   * What was told of while one fetch ran is fetched by the next. A failure is left to the next check: without a broker
   * a fetch fails before it waits for anything, so repeating it here would never let the event loop go on.
   */
  const fetchWanted = async (): Promise<void> => {
    let before: number | undefined
    do {
      before = index?.revision
      await fetchOnce()
    } while (index !== undefined && index.revision < wanted && index.revision !== before)
  }
  const fetchPolicy = (): Promise<void> => (fetching ??= fetchWanted().finally(() => (fetching = undefined)))
  const check = async (): Promise<void> => {
    if (index === undefined) return fetchPolicy()
    const { revision } = await bus.ask(decide, { questions: [] }, { timeoutMs: 3_000, signal: stopping.signal })
    contactAtMs = clock.monotonicMs()
    if (revision === index.revision) return
    wanted = revision
    await fetchPolicy()
  }
  const checkAlways = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted;) {
      try {
        await check()
        failures = 0
      } catch (error) {
        if (failures++ === 0)
          logger.warn({ err: error }, 'authorization does not answer; the last policy stays in force')
      }
      const waitMs = index === undefined ? backoffMs(failures, 100, 1_000) : checkEveryMs
      await pause(waitMs, stopping.signal)
    }
  }
  const isStale = (): boolean => clock.monotonicMs() - contactAtMs > staleSeconds * 1_000

  let checking: Promise<void> | undefined
  const checker: Worker = {
    name: 'check the policy',
    start() {
      checking = checkAlways()
    },
    async stop() {
      stopping.abort()
      await checking
    },
  }
  const follower = followAlways(bus, logger, {
    name: 'policy changes',
    source: 'authorization',
    filter: subjectFilter(policyChanged.type),
    fromStart: false,
    handle: ({ data }) => {
      const { revision } = data as EventData<typeof policyChanged>
      if (index !== undefined && revision <= index.revision) return
      wanted = Math.max(wanted, revision)
      fetchPolicy().catch((error: unknown) => logger.warn({ err: error, revision }, 'could not fetch the new policy'))
    },
  })
  return {
    current(forWriting) {
      if (index === undefined)
        throw failure('platform.unavailable', { detail: 'The access policy is not loaded yet; try again in a moment.' })
      if (forWriting && isStale()) {
        throw failure('platform.unavailable', {
          detail: 'The access policy may be out of date, so nothing can be changed just now; reading still works.',
        })
      }
      return index
    },
    onChange: (listener) => void listeners.push(listener),
    health: {
      name: 'policy',
      check: () => (index === undefined ? Promise.reject(new Error('no policy yet')) : Promise.resolve()),
    },
    workers: [follower, checker],
  }
}

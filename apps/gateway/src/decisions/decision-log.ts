import type { Decision } from '@plinth/access'
import type { Bus } from '@plinth/bus'
import { newId, pause, type Clock, type Identity, type Logger, type OutgoingEvent, type Worker } from '@plinth/kernel'
import { hostname } from 'node:os'
import type { Asked } from '../policy/guard.ts'
import { decisionCounters, type DecisionCounters } from './counters.ts'
import { eventsOf, type Kept } from './events.ts'
import { isByAdministrator, isPrivileged } from './privileged.ts'
import { sampler } from './sampling.ts'

/** What was decided, for whom, on which request. */
export type Decided = {
  readonly identity: Pick<Identity, 'subject' | 'subjects'>
  readonly asked: Asked
  readonly decision: Decision
  readonly operation: string
  readonly address: string
  readonly request: { readonly id: string; readonly span?: { readonly traceparent: string | undefined } }
  /** Why it was refused although the policy allows it, such as a token's scopes; refused by the policy without. */
  readonly refusal?: string
}

export type DecisionLog = {
  /**
   * Notes a decision. For an allow it returns undefined at once. So it does for a denial, unless all room for what must
   * not be lost is taken: then the answer waits for the promise.
   */
  record(decided: Decided): Promise<void> | undefined
  worker: Worker
}

export type DecisionLogOptions = {
  bus: Pick<Bus, 'publish' | 'ensureStream'>
  clock: Clock
  logger: Logger
  /** Of how many ordinary allows one is kept. */
  sampleEvery: number
  /** Decisions that wait for the broker to have stored them; 20,000 unless given, some 10 MB. */
  keptMax?: number
}

const sampledMax = 4_000
/** Denials whose answers wait; more than there can be connections. */
const waitingMax = 10_000
const batchMax = 1_000
const lingerMs = { kept: 20, sampled: 1_000 }

type Waiting = { kept: Kept; resolve(): void }

/**
 * Tells telemetry what was decided, and the audit ledger what was denied. Denials and privileged allows stay here until
 * the broker has stored them; of other allows a sample goes along, and is dropped and counted when there is no room.
 * Nothing is written as text, and nothing is sent, while a request is decided on.
 */
export function decisionLog(options: DecisionLogOptions): DecisionLog {
  const { clock, logger, keptMax = 20_000 } = options
  const weightOf = sampler(options.sampleEvery)
  const counters = decisionCounters()
  const queues = { kept: [] as Kept[], sampled: [] as Kept[], waiting: [] as Waiting[] }
  const sender = createSender({ ...options, queues, keptMax, counters })
  const keep = (decided: Decided, allowed: boolean, weight: number): Kept => ({
    atMs: clock.now().getTime(),
    identity: decided.identity,
    asked: decided.asked,
    decision: decided.decision,
    allowed,
    reason: decided.refusal ?? decided.decision.reason,
    operation: decided.operation,
    address: decided.address,
    requestId: decided.request.id,
    traceparent: decided.request.span?.traceparent,
    weight,
  })
  const allow = (decided: Decided): void => {
    const { identity, asked, decision, operation } = decided
    if (isPrivileged(asked) || isByAdministrator(asked, decision.rule)) {
      if (queues.kept.length >= keptMax) return counters.dropped('privileged')
      queues.kept.push(keep(decided, true, 1))
      return sender.wake()
    }
    const weight = weightOf(identity, operation, asked.domain)
    if (weight === 0) return
    if (queues.sampled.length >= sampledMax) return counters.dropped('sampled')
    queues.sampled.push(keep(decided, true, weight))
    if (queues.sampled.length === 1 || queues.sampled.length === batchMax) sender.wake()
  }
  const deny = (decided: Decided): Promise<void> | undefined => {
    const kept = keep(decided, false, 1)
    if (queues.kept.length < keptMax) {
      queues.kept.push(kept)
      sender.wake()
      return undefined
    }
    if (queues.waiting.length >= waitingMax) {
      counters.dropped('denied')
      logger.error({ subject: kept.identity.subject, ...kept.asked }, 'a denial could not be kept: the broker is away')
      return undefined
    }
    return new Promise((resolve) => queues.waiting.push({ kept, resolve }))
  }
  return {
    record(decided) {
      if (!decided.decision.allowed || decided.refusal !== undefined) return deny(decided)
      allow(decided)
      return undefined
    },
    worker: sender.worker,
  }
}

type Queues = { kept: Kept[]; sampled: Kept[]; waiting: Waiting[] }
type Sending = DecisionLogOptions & { queues: Queues; keptMax: number; counters: DecisionCounters }

/** Sends what is queued, a batch at a time and each with the same ids until the broker has stored it. */
function createSender({ bus, logger, queues, keptMax, counters }: Sending): { wake(): void; worker: Worker } {
  const { kept, sampled, waiting } = queues
  const instance = `${hostname().replace(/[^A-Za-z0-9-]/g, '-')}-${newId('run').slice(-8)}`
  const stopping = new AbortController()
  let wake = (): void => undefined
  let running: Promise<void> | undefined
  let batch: { keptCount: number; count: number; events: OutgoingEvent[] } | undefined

  const makeBatch = (): NonNullable<typeof batch> => {
    const chosen = [...kept.slice(0, batchMax), ...sampled].slice(0, batchMax)
    const { count, events } = eventsOf(chosen, instance)
    const keptCount = Math.min(count, kept.length)
    sampled.splice(0, count - keptCount)
    return { keptCount, count, events }
  }
  const settle = ({ keptCount, count }: NonNullable<typeof batch>): void => {
    kept.splice(0, keptCount)
    batch = undefined
    counters.recorded(count)
    for (const { kept: one, resolve } of waiting.splice(0, keptMax - kept.length)) {
      kept.push(one)
      resolve()
    }
  }
  const sendOnce = async (): Promise<void> => {
    batch ??= makeBatch()
    await bus.publish(batch.events)
    settle(batch)
  }
  const something = async (): Promise<void> => {
    if (kept.length + sampled.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve
        if (kept.length + sampled.length > 0 || stopping.signal.aborted) resolve()
      })
    }
    if (kept.length + sampled.length >= batchMax) return
    if (kept.length === 0) {
      const early = new AbortController()
      wake = () => early.abort()
      await pause(lingerMs.sampled, AbortSignal.any([early.signal, stopping.signal]))
    }
    await pause(lingerMs.kept, stopping.signal)
  }
  const sendAll = async (): Promise<void> => {
    await bus
      .ensureStream('gateway')
      .catch((error: unknown) => logger.warn({ err: error }, 'no stream for decisions yet'))
    while (!stopping.signal.aborted) {
      if (batch === undefined) await something()
      if (stopping.signal.aborted) return
      try {
        await sendOnce()
      } catch (error) {
        logger.warn({ err: error, waiting: kept.length + waiting.length }, 'decisions wait for the broker')
        await pause(1_000, stopping.signal)
      }
    }
  }
  return {
    wake: () => wake(),
    worker: {
      name: 'record decisions',
      start() {
        running = sendAll()
      },
      async stop() {
        stopping.abort()
        wake()
        await running
        try {
          while (batch !== undefined || kept.length + sampled.length > 0) await sendOnce()
        } catch (error) {
          logger.error({ err: error, lost: kept.length + waiting.length }, 'decisions were not recorded')
        }
        for (const { resolve } of waiting.splice(0)) resolve()
      },
    },
  }
}

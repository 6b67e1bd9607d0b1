import type { Decision } from '@plinth/access'
import type { Bus } from '@plinth/bus'
import type { Clock, Identity, Logger, Worker } from '@plinth/kernel'
import type { Asked } from '../policy/guard.ts'
import { batches, batchMax, type Queues } from './batches.ts'
import { decisionCounters } from './counters.ts'
import type { Kept } from './events.ts'
import { isByAdministrator, isPrivileged } from './privileged.ts'
import { sampler } from './sampling.ts'
import { createSender } from './sender.ts'

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

/**
 * Tells telemetry what was decided, and the audit ledger what was denied. Denials and privileged allows stay here until
 * the broker has stored them; of other allows a sample goes along, and is dropped and counted when there is no room.
 * Nothing is written as text, and nothing is sent, while a request is decided on.
 */
export function decisionLog(options: DecisionLogOptions): DecisionLog {
  const { clock, logger, keptMax = 20_000 } = options
  const weightOf = sampler(options.sampleEvery)
  const counters = decisionCounters()
  const queues: Queues = { kept: [], sampled: [], waiting: [] }
  const sender = createSender(options, queues, batches(queues, keptMax, counters))
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

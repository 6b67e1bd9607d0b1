import { newId, type OutgoingEvent } from '@plinth/kernel'
import { hostname } from 'node:os'
import type { DecisionCounters } from './counters.ts'
import { eventsOf, type Kept } from './events.ts'

export type Queues = {
  /** Until the broker has stored them. */
  kept: Kept[]
  /** Until they are sent. */
  sampled: Kept[]
  /** Denials for which there is no room among the kept; their answers wait. */
  waiting: { kept: Kept; resolve(): void }[]
}

/** What is sent together: so many of the kept, and of the sampled the rest. */
export type Batch = { keptCount: number; count: number; events: OutgoingEvent[] }
export type Batches = { next(): Batch; settle(batch: Batch): void }

export const batchMax = 1_000

/** Cuts batches off the queues. The kept of one stay in their queue until it is settled. */
export function batches(queues: Queues, keptMax: number, counters: DecisionCounters): Batches {
  const { kept, sampled, waiting } = queues
  const instance = `${hostname().replace(/[^A-Za-z0-9-]/g, '-')}-${newId('run').slice(-8)}`
  return {
    next() {
      const chosen = [...kept.slice(0, batchMax), ...sampled].slice(0, batchMax)
      const { count, events } = eventsOf(chosen, instance)
      const keptCount = Math.min(count, kept.length)
      sampled.splice(0, count - keptCount)
      return { keptCount, count, events }
    },
    settle({ keptCount, count }) {
      kept.splice(0, keptCount)
      counters.recorded(count)
      for (const { kept: one, resolve } of waiting.splice(0, keptMax - kept.length)) {
        kept.push(one)
        resolve()
      }
    },
  }
}

import { pause, type Worker } from '@plinth/kernel'
import { batchMax, type Batch, type Batches, type Queues } from './batches.ts'
import type { DecisionLogOptions } from './decision-log.ts'

/** How long more is waited for before a batch that is not full is sent. */
const lingerMs = { kept: 20, sampled: 1_000 }

/** Sends what is queued, a batch at a time and each with the same ids until the broker has stored it. */
export function createSender(
  { bus, logger }: Pick<DecisionLogOptions, 'bus' | 'logger'>,
  queues: Queues,
  cut: Batches,
): { wake(): void; worker: Worker } {
  const stopping = new AbortController()
  const state = { wake: (): void => undefined, batch: undefined as Batch | undefined }
  const queued = (): number => queues.kept.length + queues.sampled.length
  const sendOnce = async (): Promise<void> => {
    const batch = (state.batch ??= cut.next())
    await bus.publish(batch.events)
    state.batch = undefined
    cut.settle(batch)
  }
  const sendAll = async (): Promise<void> => {
    await bus
      .ensureStream('gateway')
      .catch((error: unknown) => logger.warn({ err: error }, 'no stream for decisions yet'))
    while (!stopping.signal.aborted) {
      if (state.batch === undefined) await something(queues, stopping.signal, (wake) => (state.wake = wake))
      if (stopping.signal.aborted) return
      try {
        await sendOnce()
      } catch (error) {
        logger.warn({ err: error, waiting: queued() + queues.waiting.length }, 'decisions wait for the broker')
        await pause(1_000, stopping.signal)
      }
    }
  }
  let running: Promise<void> | undefined
  const worker: Worker = {
    name: 'record decisions',
    start() {
      running = sendAll()
    },
    async stop() {
      stopping.abort()
      state.wake()
      await running
      try {
        while (state.batch !== undefined || queued() > 0) await sendOnce()
      } catch (error) {
        const lost = queues.kept.length + queues.waiting.length
        logger.error({ err: error, lost }, 'decisions were not recorded')
      }
      for (const { resolve } of queues.waiting.splice(0)) resolve()
    },
  }
  return { wake: () => state.wake(), worker }
}

/** Resolves when there is something to send, and a moment later, in which more may come; at once when it is a batch. */
async function something(
  { kept, sampled }: Queues,
  stopping: AbortSignal,
  onWake: (wake: () => void) => void,
): Promise<void> {
  const queued = (): number => kept.length + sampled.length
  if (queued() === 0) {
    await new Promise<void>((resolve) => {
      onWake(resolve)
      if (queued() > 0 || stopping.aborted) resolve()
    })
  }
  if (queued() >= batchMax) return
  if (kept.length === 0) {
    const early = new AbortController()
    onWake(() => early.abort())
    await pause(lingerMs.sampled, AbortSignal.any([early.signal, stopping]))
  }
  await pause(lingerMs.kept, stopping)
}

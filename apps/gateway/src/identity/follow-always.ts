import type { Bus } from '@plinth/bus'
import type { CloudEvent, EventSource } from '@plinth/contracts'
import { backoffMs, pause, type Logger, type Worker } from '@plinth/kernel'

type Following = {
  name: string
  source: EventSource
  filter: string
  /** From the first event that the stream keeps; otherwise from now on. */
  fromStart: boolean
  handle(event: CloudEvent): void
}

/** A cursor before the first event of any stream: a stream born at 0 is none that exists, so it is read whole. */
const beforeAll = (source: EventSource): string => Buffer.from(`${source}.0.0`).toString('base64url')

/** Follows one kind of event for as long as it runs, taking up again where it was whenever following breaks. */
export function followAlways(bus: Bus, logger: Logger, { name, source, filter, fromStart, handle }: Following): Worker {
  const stopping = new AbortController()
  let running: Promise<void> | undefined
  let cursor = fromStart ? beforeAll(source) : undefined
  const run = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      try {
        const from = cursor === undefined ? {} : { fromSequence: cursor }
        for await (const item of bus.follow({ sources: [source], filter, signal: stopping.signal, ...from })) {
          failures = 0
          cursor = item.cursor
          handle(item.event)
        }
      } catch (error) {
        logger.warn({ err: error, following: name }, 'following was interrupted')
      }
      await pause(backoffMs(failures + 1, 100, 5_000), stopping.signal)
    }
  }
  return {
    name: `follow ${name}`,
    start() {
      running = run()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}

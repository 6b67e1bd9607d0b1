import { answer, answers, listener, on, type Bus } from '@plinth/bus'
import { decisionsRecorded, decisionSummary } from '@plinth/contracts'
import type { Clock, Inbox, IncomingEvent, Logger, Worker } from '@plinth/kernel'
import { EngineError, type Engine } from '../engine/engine.ts'
import { summarize } from './query.ts'
import { insertDecisions } from './table.ts'

type Parts = { engine: Engine; logger: Logger; clock: Clock; connect(): Promise<Bus> }

/**
 * Takes what the gateway decided into the store, and answers what was decided how often. The broker is waited for
 * beside everything else: records of workloads come in whether or not it is there.
 */
export function decisionIntake(parts: Parts): Worker {
  const { engine, logger, clock, connect } = parts
  const work = { bus: undefined as Bus | undefined, workers: [] as Worker[], isOver: false }
  const begin = async (): Promise<void> => {
    const bus = await connect()
    if (work.isOver) return bus.close()
    work.bus = bus
    work.workers = [
      listener(bus, {
        consumer: 'telemetry',
        inbox: storeInbox(logger),
        logger,
        on: [on(decisionsRecorded, (_tx: undefined, event) => store(engine, logger, event))],
        // A store that is away comes back: nothing is given up for that.
        attemptsMax: Number.MAX_SAFE_INTEGER,
      }),
      answers(bus, [answer(decisionSummary, (request) => summarize(engine, request, clock.now().getTime()))]),
    ]
    for (const worker of work.workers) await worker.start()
  }
  return {
    name: 'decisions',
    start() {
      begin().catch((error: unknown) => logger.error({ err: error }, 'decisions of the gateway are not taken in'))
    },
    async stop() {
      work.isOver = true
      await Promise.all(work.workers.map((worker) => worker.stop()))
      await work.bus?.close()
    },
  }
}

type Recorded = Parameters<typeof insertDecisions>[1]

async function store(engine: Engine, logger: Logger, event: IncomingEvent<{ items: Recorded }>): Promise<void> {
  if (event.data.items.length === 0) return
  try {
    await engine.run(insertDecisions(event.id, event.data.items))
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'refused') throw error
    logger.error({ err: error, eventId: event.id }, 'decisions were set aside: the store does not take them')
  }
}

/** The store itself knows the ids of the last events, so an event is noted where its rows are. */
const storeInbox = (logger: Logger): Inbox<undefined> => ({
  async once(_consumer, _event, work) {
    await work(undefined)
    return 'done'
  },
  async bury(_consumer, { id, type }, error) {
    logger.error({ err: error, eventId: id, eventType: type }, 'an event was set aside')
  },
})

import { answers, connectBus, listener, workQueue, type Bus } from '@plinth/bus'
import { contracts, type ServiceContract } from '@plinth/contracts'
import {
  systemClock,
  type Clock,
  type DeadLetter,
  type HealthCheck,
  type IncomingEvent,
  type Logger,
} from '@plinth/kernel'
import { createLogger, deadLetterHandlers, service, type RunningService } from '@plinth/service'
import { openStore, outboxRelay, recordReplay, type Store } from '@plinth/store'
import { artifactFiles, type ArtifactFiles } from './artifacts/files.ts'
import { artifactUseCases, expiryWorker } from './artifacts/usecases.ts'
import type { PipelinesConfig } from './config.ts'
import { delayWorker, offerWorker, revocationWorker } from './jobs/offers.ts'
import { jobAnswers } from './jobs/rpcs.ts'
import { jobUseCases } from './jobs/usecases.ts'
import { attemptWatcher, forgiveSilence } from './jobs/watch.ts'
import { logSignals } from './logs/signals.ts'
import { logUseCases } from './logs/usecases.ts'
import { defaultLimits, type Limits, type Parts } from './parts.ts'
import { onPush, requestWorker } from './pipelines/on-push.ts'
import { pipelineUseCases } from './pipelines/usecases.ts'
import { artifactRoutes, jobRoutes, logRoutes, pipelineRoutes } from './routes.ts'

type AppOptions = {
  config: PipelinesConfig
  logger?: Logger
  clock?: Clock
  limits?: Partial<Limits>
}

type RunningApp = RunningService & { logger: Logger }

const consumer = 'pipelines'

/** The service, started: everything it is made of, on one screen. */
export async function pipelinesApp({
  config,
  logger: given,
  clock = systemClock,
  limits,
}: AppOptions): Promise<RunningApp> {
  const logger = given ?? createLogger({ service: 'pipelines', level: config.logLevel })
  const files = await artifactFiles(config.dataDir)
  const store = await openStore({
    url: config.databaseUrl,
    migrations: new URL('./db/migrations/', import.meta.url),
    applicationName: 'plinth-pipelines',
    logger,
    clock,
  })
  let bus: Bus | undefined
  try {
    bus = await connectBus({
      url: config.natsUrl,
      user: config.natsUser,
      password: config.natsPassword,
      name: 'pipelines',
      logger,
    })
    const parts: Parts = {
      store,
      bus,
      offers: workQueue(bus, 'jobs'),
      logger,
      clock,
      signals: logSignals(),
      dataDir: config.dataDir,
      publicUrl: config.publicUrl.replace(/\/$/, ''),
      limits: { ...defaultLimits, artifactDays: config.artifactDays, silenceMs: config.silenceMs, ...limits },
    }
    await Promise.all([bus.ensureStream('pipelines'), parts.offers.ensure(), forgiveSilence(parts)])
    const running = await serve(parts, files, config)
    const close = async (): Promise<void> => {
      await running.close()
      await closeAll(parts.bus, store)
    }
    return { ...running, close, logger }
  } catch (error) {
    await closeAll(bus, store)
    throw error
  }
}

async function closeAll(bus: Bus | undefined, store: Store): Promise<void> {
  await bus?.close()
  await store.close()
}

function serve(parts: Parts, files: ArtifactFiles, config: PipelinesConfig): Promise<RunningService> {
  const { store, bus, logger, clock } = parts
  const reactions = [onPush(parts)]
  const again = async ({ body }: DeadLetter): Promise<void> => {
    const event = body as IncomingEvent
    const reaction = reactions.find(({ spec }) => spec.type === event.type)
    await store.inbox.once(consumer, event, async (tx) => reaction?.handle(tx, event))
  }
  const deadLetters = deadLetterHandlers(store.deadLetters, again, recordReplay(store, 'pipelines'))
  const contract: ServiceContract<typeof contracts.pipelines.routes> = contracts.pipelines
  return service({
    name: 'pipelines',
    contract,
    handlers: {
      ...pipelineRoutes(parts, pipelineUseCases(parts)),
      ...jobRoutes(jobUseCases(parts)),
      ...logRoutes(logUseCases(parts)),
      ...artifactRoutes(artifactUseCases(parts, files)),
      listPipelinesDeadLetters: deadLetters.list,
      replayPipelinesDeadLetter: deadLetters.replay,
    },
    logger,
    clock,
    config,
    health: [store.health, bus.health, dataFolder(files)],
    idempotency: store.idempotency,
    workers: [
      outboxRelay(store, bus.publish, logger),
      answers(bus, jobAnswers(parts)),
      offerWorker(parts),
      delayWorker(parts),
      attemptWatcher(parts),
      revocationWorker(parts),
      requestWorker(parts),
      expiryWorker(parts, files),
      listener(bus, { consumer, inbox: store.inbox, logger, on: reactions }),
    ],
  })
}

const dataFolder = (files: ArtifactFiles): HealthCheck => ({ name: 'data folder', check: () => files.check() })

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
import { artifactFiles, cacheFiles, type KeptFiles } from './artifacts/files.ts'
import { artifactUseCases, expiryWorker } from './artifacts/usecases.ts'
import { cacheExpiry } from './caches/expiry.ts'
import { cacheRoutes } from './caches/routes.ts'
import { cacheUseCases } from './caches/usecases.ts'
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
import { historyRetention } from './tests/retention.ts'
import { testRoutes } from './tests/routes.ts'
import { testUseCases } from './tests/usecases.ts'

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
  const files = { artifacts: await artifactFiles(config.dataDir), caches: await cacheFiles(config.dataDir) }
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
      limits: { ...configuredLimits(config), ...limits },
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

const configuredLimits = (config: PipelinesConfig): Limits => ({
  ...defaultLimits,
  artifactDays: config.artifactDays,
  cacheDays: config.cacheDays,
  cachesBytesMax: config.cacheMib * 1024 ** 2,
  silenceMs: config.silenceMs,
})

type Files = { artifacts: KeptFiles; caches: KeptFiles }

function serve(parts: Parts, files: Files, config: PipelinesConfig): Promise<RunningService> {
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
      ...artifactRoutes(artifactUseCases(parts, files.artifacts)),
      ...cacheRoutes(cacheUseCases(parts, files.caches)),
      ...testRoutes(testUseCases(parts)),
      listPipelinesDeadLetters: deadLetters.list,
      replayPipelinesDeadLetter: deadLetters.replay,
    },
    logger,
    clock,
    config,
    health: [store.health, bus.health, dataFolder(files.artifacts)],
    idempotency: store.idempotency,
    workers: [
      outboxRelay(store, bus.publish, logger),
      answers(bus, jobAnswers(parts)),
      offerWorker(parts),
      delayWorker(parts),
      attemptWatcher(parts),
      revocationWorker(parts),
      requestWorker(parts),
      historyRetention(parts),
      expiryWorker(parts, files.artifacts),
      cacheExpiry(parts, files.caches),
      listener(bus, { consumer, inbox: store.inbox, logger, on: reactions }),
    ],
  })
}

const dataFolder = (files: KeptFiles): HealthCheck => ({ name: 'data folder', check: () => files.check() })

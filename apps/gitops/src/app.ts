import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { answers, connectBus, listener, on, type Bus } from '@plinth/bus'
import {
  componentCreated,
  componentDeleted,
  contracts,
  environmentCreated,
  failure,
  pipelineChanged,
  workloadChanged,
} from '@plinth/contracts'
import { systemClock, type Clock, type DeadLetter, type IncomingEvent, type Logger, type Worker } from '@plinth/kernel'
import { createLogger, deadLetterHandlers, service, type RunningService } from '@plinth/service'
import { leasedQueue, openStore, outboxRelay, recordReplay, type Store, type Tx } from '@plinth/store'
import { onWorkloadChanged } from './applications/observe.ts'
import { reconcileApplication } from './applications/reconcile.ts'
import { applicationRoutes } from './applications/routes.ts'
import { onComponentCreated, onComponentDeleted, onEnvironmentCreated } from './catalog/events.ts'
import { changeRequestRoutes } from './change-requests/routes.ts'
import type { Config } from './config.ts'
import { hostingRoutes } from './hosting/routes.ts'
import { queues, type Parts } from './parts.ts'
import { onPipelineChanged } from './releases/on-pipeline-changed.ts'
import { releaseRoutes } from './releases/routes.ts'
import { enqueueAllRepositories, reconcileRefs } from './repositories/refs.ts'
import { repositoryRoutes } from './repositories/routes.ts'
import { repositoryAnswers } from './repositories/rpcs.ts'

export const migrations = new URL('./db/migrations/', import.meta.url)

/** The service with everything it needs, listening; `close` ends it in order. */
export async function startGitops(
  config: Config,
  clock: Clock = systemClock,
): Promise<RunningService & { logger: Logger }> {
  const logger = createLogger({ service: 'gitops', level: config.logLevel })
  const store = await openStore({ url: config.databaseUrl, migrations, applicationName: 'gitops', logger, clock })
  const bus = await connectBus({
    url: config.natsUrl,
    user: config.natsUser,
    password: config.natsPassword,
    name: 'gitops',
    logger,
  })
  const running = await gitops({ config, store, bus, logger, clock })
  const close = async (): Promise<void> => {
    await running.close()
    await bus.close()
    await store.close()
  }
  return { ...running, logger, close }
}

type Given = {
  config: Pick<Config, 'host' | 'port' | 'identityPublicKey' | 'publicUrl' | 'dataDir'> & { otlpUrl?: string }
  store: Store
  bus: Bus
  logger: Logger
  clock: Clock
}

/** The whole service on one screen. */
export async function gitops({ config, store, bus, logger, clock }: Given): Promise<RunningService> {
  const root = join(resolve(config.dataDir), 'repositories')
  await mkdir(root, { recursive: true, mode: 0o700 })
  await bus.ensureStream('gitops')
  const parts: Parts = { store, bus, clock, logger, root, publicUrl: config.publicUrl }
  const reactions = [
    on(componentCreated, onComponentCreated),
    on(componentDeleted, onComponentDeleted),
    on(environmentCreated, onEnvironmentCreated),
    on(pipelineChanged, onPipelineChanged),
    on(workloadChanged, onWorkloadChanged),
  ]
  const deadLetters = deadLetterHandlers(
    store.deadLetters,
    (letter) => replay(store, reactions, letter),
    recordReplay(store, 'gitops'),
  )
  return service({
    name: 'gitops',
    contract: contracts.gitops,
    handlers: {
      ...hostingRoutes(parts),
      ...repositoryRoutes(parts),
      ...changeRequestRoutes(parts),
      ...applicationRoutes(parts),
      ...releaseRoutes(parts),
      listGitopsDeadLetters: deadLetters.list,
      replayGitopsDeadLetter: deadLetters.replay,
    },
    logger,
    config,
    clock,
    health: [store.health, bus.health],
    idempotency: store.idempotency,
    workers: [
      outboxRelay(store, bus.publish, logger),
      leasedQueue(store, { name: queues.refs, concurrency: 4, handle: reconcileRefs(parts), logger }),
      leasedQueue(store, { name: queues.sync, concurrency: 16, handle: reconcileApplication(parts), logger }),
      listener(bus, { consumer: 'gitops', inbox: store.inbox, logger, on: reactions }),
      answers(bus, repositoryAnswers(parts)),
      catchUp(parts),
    ],
  })
}

/** What moved while no process was there to tell of it. */
const catchUp = (parts: Parts): Worker => ({
  name: 'catch up',
  start: () => enqueueAllRepositories(parts),
  stop: async () => undefined,
})

type Reaction = { spec: { type: string }; handle(tx: Tx, event: IncomingEvent): Promise<void> }

async function replay(store: Store, reactions: readonly Reaction[], letter: DeadLetter): Promise<void> {
  const reaction = reactions.find(({ spec }) => spec.type === letter.eventType)
  if (reaction === undefined)
    throw failure('platform.not_found', { detail: `Nothing here handles ${letter.eventType}.` })
  const event = letter.body as IncomingEvent
  await store.inbox.once(letter.consumer, event, (tx) => reaction.handle(tx, event))
}

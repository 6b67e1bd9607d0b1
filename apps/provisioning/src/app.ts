import { fileURLToPath } from 'node:url'
import { answer, answers, connectBus, subscribe, type Bus } from '@plinth/bus'
import { contracts, dryRunSql, failure, gateNudgeSubject, workloadNudgeSubject } from '@plinth/contracts'
import { systemClock, type Clock, type DeadLetter, type Logger, type Worker } from '@plinth/kernel'
import { createSealing } from '@plinth/kernel/sealing'
import { createLogger, deadLetterHandlers, service, type RunningService } from '@plinth/service'
import { enqueue, leasedQueue, openStore, outboxRelay, recordReplay, rows, sql, type Store } from '@plinth/store'
import { reconcileComponent } from './components/reconcile.ts'
import { componentRoutes } from './components/routes.ts'
import { componentQueueKey } from './components/usecases.ts'
import type { Config } from './config.ts'
import { dryRuns } from './databases/dry-run.ts'
import { shadowSweeper } from './databases/shadow-server.ts'
import type { Driver } from './drivers/driver.ts'
import { localRuntime } from './drivers/local-runtime.ts'
import { postgresDriver } from './drivers/postgres.ts'
import { dnsDriver, routeDriver } from './drivers/route.ts'
import { operationRoutes } from './operations/routes.ts'
import { queues, type Parts } from './parts.ts'
import { projectRoutes } from './projects/routes.ts'
import { loadTemplates } from './scaffolding/load.ts'
import { reconcileWorkload } from './workloads/reconcile.ts'
import { workloadRoutes } from './workloads/routes.ts'
import { onGateNudge, onRunnerNudge, provisioningAnswers } from './workloads/rpcs.ts'
import { allWorkloadKeys, queueKey } from './workloads/store.ts'

export const migrations = new URL('./db/migrations/', import.meta.url)
const templatesFolder = fileURLToPath(new URL('../templates/', import.meta.url))

/** The service with everything it needs, listening; `close` ends it in order. */
export async function startProvisioning(
  config: Config,
  clock: Clock = systemClock,
): Promise<RunningService & { logger: Logger }> {
  const logger = createLogger({ service: 'provisioning', level: config.logLevel })
  const store = await openStore({ url: config.databaseUrl, migrations, applicationName: 'provisioning', logger, clock })
  const bus = await connectBus({
    url: config.natsUrl,
    user: config.natsUser,
    password: config.natsPassword,
    name: 'provisioning',
    logger,
  })
  const running = await provisioning({ config, store, bus, logger, clock })
  const close = async (): Promise<void> => {
    await running.close()
    await bus.close()
    await store.close()
  }
  return { ...running, logger, close }
}

type Given = {
  config: Omit<Config, 'databaseUrl' | 'natsUrl' | 'natsUser' | 'natsPassword' | 'logLevel'>
  store: Store
  bus: Bus
  logger: Logger
  clock: Clock
}

/** The whole service on one screen. */
export async function provisioning({ config, store, bus, logger, clock }: Given): Promise<RunningService> {
  await bus.ensureStream('provisioning')
  const postgres = postgresDriver(config.postgresAdminUrl)
  const drivers: Driver[] = [postgres, routeDriver(config.edgePort), dnsDriver()]
  const parts: Parts = {
    store, bus, clock, logger,
    sealing: createSealing(config.secretKey),
    templates: await loadTemplates(templatesFolder),
    drivers: new Map(drivers.map((driver) => [driver.kind, driver])),
    runtime: localRuntime(bus, config.runnerName),
    publicUrl: config.publicUrl.replace(/\/+$/, ''),
  } // prettier-ignore
  const refuse = async ({ eventType }: DeadLetter): Promise<void> => {
    throw failure('platform.not_found', { detail: `Nothing here handles ${eventType}.` })
  }
  const deadLetters = deadLetterHandlers(store.deadLetters, refuse, recordReplay(store, 'provisioning'))
  const running = await service({
    name: 'provisioning',
    contract: contracts.provisioning,
    handlers: {
      ...projectRoutes(parts),
      ...componentRoutes(parts),
      ...operationRoutes(parts),
      ...workloadRoutes(parts),
      listProvisioningDeadLetters: deadLetters.list,
      replayProvisioningDeadLetter: deadLetters.replay,
    },
    logger,
    config,
    clock,
    health: [store.health, bus.health],
    idempotency: store.idempotency,
    workers: [
      outboxRelay(store, bus.publish, logger),
      leasedQueue(store, { name: queues.components, concurrency: 4, handle: reconcileComponent(parts), logger }),
      leasedQueue(store, { name: queues.workloads, concurrency: 16, handle: reconcileWorkload(parts), logger }),
      answers(bus, [...provisioningAnswers(parts), answer(dryRunSql, dryRuns(config.postgresAdminUrl))]),
      shadowSweeper(config.postgresAdminUrl, logger),
      subscribe(bus, workloadNudgeSubject('*'), onRunnerNudge(parts)),
      subscribe(bus, gateNudgeSubject, onGateNudge(parts)),
      catchUp(store),
    ],
  })
  const close = async (): Promise<void> => {
    await running.close()
    await postgres.close()
  }
  return { ...running, close }
}

/** Everything is looked at once after a start, whatever the queue lost or an upgrade changed. */
const catchUp = (store: Store): Worker => ({
  name: 'catch up',
  async start() {
    for (const key of await allWorkloadKeys(store.db)) await enqueue(store.db, queues.workloads, queueKey(key))
    const unfinished = await rows<{ project: string; component: string }>(
      store.db,
      sql`select project, name as component from components where state in ('creating', 'deleting')`,
    )
    for (const key of unfinished) await enqueue(store.db, queues.components, componentQueueKey(key))
  },
  stop: async () => undefined,
})

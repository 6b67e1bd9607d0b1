import { connectBus } from '@plinth/bus'
import { contracts } from '@plinth/contracts'
import { systemClock } from '@plinth/kernel'
import { createLogger, service, type RunningService } from '@plinth/service'
import { openStore, outboxRelay } from '@plinth/store'
import type { Config } from './config.ts'
import { databases } from './database/assembly.ts'
import { confluentHandlers } from './confluent/routes.ts'
import { deployments } from './gate/assembly.ts'
import { governance } from './governance/assembly.ts'
import { registryMemory } from './registry/memory.ts'
import { registration } from './registry/register.ts'
import { registryUseCases } from './registry/usecases.ts'
import { callerRights } from './rights.ts'
import { transferRoutes } from './transfer/routes.ts'

/** The schema registry and the deployment gate, whole. */
export async function schemas(config: Config): Promise<RunningService> {
  const logger = createLogger({ service: 'schemas', level: config.logLevel })
  const clock = systemClock
  const store = await openStore({
    url: config.databaseUrl,
    migrations: new URL('./db/migrations/', import.meta.url),
    applicationName: 'schemas',
    logger,
  })
  const bus = await connectBus({
    url: config.natsUrl,
    user: config.natsUser,
    password: config.natsPassword,
    name: 'schemas',
    logger,
  })
  const rights = callerRights({ bus, store, clock })
  const publicUrl = config.publicUrl.replace(/\/$/, '')
  const governed = governance({ store, bus, clock, logger, rights, mayRead: rights.mayRead, publicUrl })
  const { reviews, admit } = governed
  const register = registration({ store, clock, reviews, admit, mayRead: rights.mayRead })
  const registry = registryUseCases({ store, clock, register })
  const memory = registryMemory(store, clock)
  const confluent = confluentHandlers({ store, clock, rights, memory, register })
  const deployed = deployments({ store, bus, clock, logger, rights })
  const migrated = databases({ store, bus, clock, logger, registry, rights })
  await bus.ensureStream('schemas')

  const running = await service({
    name: 'schemas',
    contract: contracts.schemas,
    logger,
    config,
    health: [store.health, bus.health],
    idempotency: store.idempotency,
    handlers: {
      listSubjects: ({ params, query }) => registry.listSubjects(params.project, query),
      getSubject: ({ params }) => registry.getSubject(params.project, params.subject),
      listVersions: ({ params }) => registry.listVersions(params.project, params.subject),
      getVersion: ({ params }) => registry.getVersion(params.project, params.subject, params.version),
      registerVersion: ({ who, params, body }) => registry.register(who, params.project, params.subject, body),
      checkCompatibility: ({ params, body }) => registry.check(params.project, params.subject, body),
      setCompatibility: ({ who, params, body }) =>
        registry.setCompatibility(who, params.project, params.subject, body.compatibility),
      ...confluent,
      ...transferRoutes({ store, clock, mayRead: rights.mayRead }),
      ...governed.routes,
      ...deployed.routes,
      ...migrated.routes,
    },
    workers: [outboxRelay(store, bus.publish, logger), ...governed.workers, ...deployed.workers, ...migrated.workers],
  })
  return {
    ...running,
    close: async () => {
      await running.close()
      await bus.close()
      await store.close()
    },
  }
}

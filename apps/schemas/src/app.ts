import { answer, answers, connectBus } from '@plinth/bus'
import { checkGate, contracts, recordDeployed } from '@plinth/contracts'
import { systemClock } from '@plinth/kernel'
import { createLogger, service, type RunningService } from '@plinth/service'
import { openStore, outboxRelay } from '@plinth/store'
import type { Config } from './config.ts'
import { gateUseCases } from './gate/usecases.ts'
import { registration } from './registry/register.ts'
import { noReviews } from './registry/reviews.ts'
import { registryUseCases } from './registry/usecases.ts'
import { callerRights } from './rights.ts'

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
  const register = registration({ store, clock, reviews: noReviews, mayRead: rights.mayRead })
  const registry = registryUseCases({ store, clock, register })
  const gate = gateUseCases({ store, clock })
  await bus.ensureStream('schemas')

  const running = await service({
    name: 'schemas',
    contract: contracts.schemas,
    logger,
    config,
    health: [store.health, bus.health],
    handlers: {
      listSubjects: ({ params, query }) => registry.listSubjects(params.project, query),
      getSubject: ({ params }) => registry.getSubject(params.project, params.subject),
      listVersions: ({ params }) => registry.listVersions(params.project, params.subject),
      getVersion: ({ params }) => registry.getVersion(params.project, params.subject, params.version),
      registerVersion: ({ who, params, body }) => registry.register(who, params.project, params.subject, body),
      checkCompatibility: ({ params, body }) => registry.check(params.project, params.subject, body),
      setCompatibility: ({ who, params, body }) =>
        registry.setCompatibility(who, params.project, params.subject, body.compatibility),
      getDeployedSchemas: ({ params }) => gate.list(params.project, params.environment),
      checkDeployment: ({ params, body }) => gate.check({ ...params, ...body }),
    },
    workers: [
      outboxRelay(store, bus.publish, logger),
      answers(bus, [
        answer(checkGate, (candidate) => gate.check(candidate)),
        answer(recordDeployed, async (row) => {
          await gate.record(row)
          return { recorded: true as const }
        }),
      ]),
    ],
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

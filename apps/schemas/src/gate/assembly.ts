import { answer, answers, listener, type Bus } from '@plinth/bus'
import { checkGate, gateNudgeSubject, recordDeployed, validatePayload } from '@plinth/contracts'
import type { Clock, DeadLetter, IncomingEvent, Logger } from '@plinth/kernel'
import { deadLetterHandlers } from '@plinth/service'
import { recordReplay, type Store } from '@plinth/store'
import { knownEnvironments } from '../environments/known-environments.ts'
import { environmentRoutes } from '../environments/routes.ts'
import { environmentUseCases } from '../environments/usecases.ts'
import { declarations, onDeclaration } from '../impact/declared.ts'
import { impactUseCases } from '../impact/impact.ts'
import { lineageUseCases } from '../impact/lineage.ts'
import { impactRoutes } from '../impact/routes.ts'
import { visibleProjects } from '../impact/visible.ts'
import type { CallerRights } from '../rights.ts'
import { sampleBudget } from '../validation/budget.ts'
import { validationRoutes } from '../validation/routes.ts'
import { sampleUseCases } from '../validation/samples.ts'
import { validate } from '../validation/validate.ts'
import type { Surroundings } from './governed.ts'
import { overrideUseCases } from './overrides.ts'
import { gateRoutes } from './routes.ts'
import { gateUseCases } from './usecases.ts'

type Parts = { store: Store; bus: Bus; clock: Clock; logger: Logger; rights: Pick<CallerRights, 'allowed'> }

const consumer = 'schemas'

/** All that knows what is deployed: the gate, lineage, impact, environments, and what is said there. */
export function deployments({ store, bus, clock, logger, rights }: Parts) {
  const visible = visibleProjects(rights)
  const environments = knownEnvironments(bus)
  const around: Surroundings = {
    isProduction: environments.isProduction,
    today: () => clock.now().toISOString().slice(0, 10),
  }
  /** Whoever was held there may come through now. What is not heard is asked again all the same. */
  const moved = (environment: string): void => bus.notify(gateNudgeSubject, { environment })
  const gate = gateUseCases({ store, clock, around, visible })
  const samples = sampleUseCases({ store, clock, budget: sampleBudget(() => clock.monotonicMs()) })
  const again = async ({ body }: DeadLetter): Promise<void> => {
    const event = body as IncomingEvent
    const reaction = onDeclaration.find(({ spec }) => spec.type === event.type)
    await store.inbox.once(consumer, event, async (tx) => reaction?.handle(tx, event))
  }
  const deadLetters = deadLetterHandlers(store.deadLetters, again, recordReplay(store, 'schemas'))
  return {
    routes: {
      ...gateRoutes(gate, overrideUseCases({ store, clock, environments, moved })),
      ...environmentRoutes(environmentUseCases({ store, clock, environments, around, visible, moved })),
      ...impactRoutes(impactUseCases({ store, visible }), lineageUseCases({ store, visible })),
      ...validationRoutes(store.db, samples),
      listSchemasDeadLetters: deadLetters.list,
      replaySchemasDeadLetter: deadLetters.replay,
    },
    workers: [
      answers(bus, [
        answer(checkGate, (candidate) => gate.check(candidate)),
        answer(recordDeployed, async (row) => {
          await gate.record(row)
          moved(row.environment)
          return { recorded: true as const }
        }),
        answer(validatePayload, ({ version, payloads, ...place }) =>
          validate(store.db, { ...place, version: version ?? 'latest' }, payloads),
        ),
      ]),
      listener(bus, { consumer, inbox: store.inbox, logger, on: [...onDeclaration] }),
      declarations({ store, bus, clock, logger }),
    ],
  }
}

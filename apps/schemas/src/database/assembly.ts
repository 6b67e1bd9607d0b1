import type { Bus } from '@plinth/bus'
import type { Clock, Logger } from '@plinth/kernel'
import { leasedQueue, type Store } from '@plinth/store'
import { knownEnvironments } from '../environments/known-environments.ts'
import { visibleProjects } from '../impact/visible.ts'
import type { registryUseCases } from '../registry/usecases.ts'
import type { CallerRights } from '../rights.ts'
import { acceptRuns, runQueue } from './accept.ts'
import { driftSweeper } from './drift.ts'
import { liveDatabases } from './live.ts'
import { planDatabase } from './plan.ts'
import { databaseRoutes } from './routes.ts'
import { runMigrations } from './run.ts'
import { shadowRuns } from './shadow.ts'

type Parts = {
  store: Store
  bus: Bus
  clock: Clock
  logger: Logger
  registry: Pick<ReturnType<typeof registryUseCases>, 'register'>
  rights: Pick<CallerRights, 'allowed'>
}

/** The schemas of databases: linted, tried, planned, applied, watched. */
export function databases(given: Parts) {
  const { store, bus, clock, logger } = given
  const parts = {
    ...given,
    db: store.db,
    live: liveDatabases(bus),
    shadow: shadowRuns({ db: store.db, bus, clock }),
    environments: knownEnvironments(bus),
    visible: visibleProjects(given.rights),
  }
  return {
    routes: databaseRoutes({ ...parts, plan: planDatabase(parts), accept: acceptRuns(parts) }),
    workers: [
      leasedQueue(store, { name: runQueue, concurrency: 4, handle: runMigrations(parts), logger }),
      driftSweeper(parts),
    ],
  }
}

import { databaseDrifted, type DatabaseDrift } from '@plinth/contracts'
import { pause, type Clock, type Logger, type Worker } from '@plinth/kernel'
import { appendEvent, type Store } from '@plinth/store'
import type { Static } from 'typebox'
import { readCatalog } from '../formats/sql/catalog.ts'
import { differencesOf } from '../formats/sql/differences.ts'
import { prefixOf } from './history.ts'
import type { LiveDatabases, Where } from './live.ts'
import type { ShadowRuns } from './shadow.ts'
import {
  claimUnchecked,
  findDatabase,
  recordDrift,
  subjectOf,
  type DatabaseRow,
  type Difference,
  type Place,
} from './store.ts'

type Drift = Static<typeof DatabaseDrift>
export type DriftParts = {
  store: Pick<Store, 'db' | 'transaction'>
  clock: Clock
  live: LiveDatabases
  shadow: Pick<ShadowRuns, 'known'>
}

const differencesMax = 500
const toldMax = 20

/** Compares a live database with what its applied migrations make, and notes and tells what changed about that. */
export async function lookForDrift({ store, clock, live, shadow }: DriftParts, where: Where): Promise<Drift> {
  const seen = await live.look(where)
  const place: Place = { ...where, resource: seen.resource }
  const done = seen.applied.filter(({ state }) => state === 'applied')
  const before = await findDatabase(store.db, place)
  // A database that never had a migration has nothing that it could differ from.
  const isKept = before !== undefined || seen.applied.length > 0
  const recorded = isKept ? await shadow.known(place, prefixOf(done)) : undefined
  const differences =
    recorded === undefined
      ? []
      : differencesOf(readCatalog(recorded), readCatalog(seen.catalog)).slice(0, differencesMax)
  const drift = recorded === undefined ? 'unknown' : differences.length > 0 ? 'drifted' : 'none'
  if (before !== undefined) await note({ store, clock }, place, before, { drift, differences })
  const { schemaVersion } = before ?? {}
  return {
    ...place,
    subject: subjectOf(place),
    drift,
    differences,
    checkedAt: clock.now().toISOString(),
    ...(typeof schemaVersion === 'number' && { schemaVersion }),
  }
}

async function note(
  { store, clock }: Pick<DriftParts, 'store' | 'clock'>,
  place: Place,
  before: DatabaseRow,
  found: { drift: DatabaseRow['drift']; differences: Difference[] },
): Promise<void> {
  const { project, environment, component, resource } = place
  const drifted = found.drift === 'drifted'
  const isNews = found.drift !== 'unknown' && drifted !== (before.drift === 'drifted')
  await store.transaction(async (tx) => {
    await recordDrift(tx, place, found, clock.now())
    if (!isNews) return
    await appendEvent(tx, databaseDrifted, {
      project,
      entity: `${environment}.${component}.${resource}`,
      data: { project, environment, component, resource, drifted, differences: found.differences.slice(0, toldMax).map(({ path }) => path) },
    }) // prettier-ignore
  })
}

/** Looks at every database from time to time; replicas share the work. */
export function driftSweeper(parts: DriftParts & { logger: Logger }, everyMs = 5 * 60_000): Worker {
  const { store, clock, logger } = parts
  const log = logger.child({ worker: 'database drift' })
  const atOnce = 10
  let stopping = new AbortController()
  let running: Promise<void> | undefined
  const sweep = async (): Promise<number> => {
    const now = clock.now()
    const places = await claimUnchecked(store.db, new Date(now.getTime() - everyMs), now, atOnce)
    for (const place of places) {
      if (stopping.signal.aborted) break
      await lookForDrift(parts, place).catch((error: unknown) =>
        log.info({ ...place, error: String(error) }, 'a database could not be looked at'),
      )
    }
    return places.length
  }
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const looked = await sweep().catch((error: unknown) => {
        log.warn({ error: String(error) }, 'a look at the databases failed, trying again')
        return 0
      })
      await pause(looked === atOnce ? 100 : Math.min(everyMs, 30_000) * (0.75 + Math.random() / 2), stopping.signal)
    }
  }
  return {
    name: 'database drift',
    start() {
      stopping = new AbortController()
      running = run()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}

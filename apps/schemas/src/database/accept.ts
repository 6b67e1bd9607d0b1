import { failure, type DatabaseRun } from '@plinth/contracts'
import { newId, type Clock, type Identity, type Problem } from '@plinth/kernel'
import { readMigrations, type Migration, type NamedSql } from '@plinth/sql'
import { enqueue, recordAudit, type Store } from '@plinth/store'
import type { Bus } from '@plinth/bus'
import type { Static } from 'typebox'
import type { KnownEnvironments } from '../environments/known-environments.ts'
import type { Visible } from '../impact/visible.ts'
import { readConfig, writeConfig } from '../registry/settings.ts'
import { findSubject } from '../registry/store.ts'
import type { registryUseCases } from '../registry/usecases.ts'
import { examine, readerProblems, type Examined } from './examine.ts'
import { prefixOf } from './history.ts'
import type { LiveDatabases } from './live.ts'
import { orderProblems } from './order.ts'
import { brokenBy, readersThere, withoutStrangers } from './readers.ts'
import { findOpenRun, findRun, insertRun, type RunRow } from './run-store.ts'
import type { ShadowRuns } from './shadow.ts'
import { listDatabases, lockPlace, recordBuild, subjectOf, type Place } from './store.ts'

export type Run = Static<typeof DatabaseRun>
export type Wanted = {
  migrations: readonly NamedSql[]
  resource?: string
  phase?: 'expand' | 'all'
  revision?: string
}
export type AcceptParts = {
  store: Pick<Store, 'db' | 'transaction'>
  bus: Pick<Bus, 'ask'>
  clock: Clock
  live: LiveDatabases
  shadow: ShadowRuns
  environments: Pick<KnownEnvironments, 'require'>
  visible: Visible
  registry: Pick<ReturnType<typeof registryUseCases>, 'register'>
}

export const runQueue = 'database-runs'
export const queueKeyOf = ({ project, environment, component, resource }: Place): string =>
  [project, environment, component, resource].join('/')

export const viewOf = ({
  files: _files,
  selected,
  applied,
  detail,
  revision,
  finishedAt,
  requestedBy,
  ...row
}: RunRow): Run => ({
  ...row,
  by: requestedBy,
  migrations: selected.map((name) => {
    const done = applied.find((one) => one.name === name)
    return { name, applied: done !== undefined, ...(done && { durationMs: done.durationMs }) }
  }),
  ...(detail !== null && { detail }),
  ...(revision !== null && { revision }),
  ...(finishedAt !== null && { finishedAt }),
})

function refuse(problems: readonly Problem[], where: string): void {
  const [first] = problems
  if (first === undefined) return
  throw failure('schemas.migration_refused', {
    detail: `The migrations can't be applied to ${where}. ${first.path} ${first.message}.`,
    problems: problems.slice(0, 100),
  })
}

/** What a run takes on: everything, or what comes before the first contract step. */
function selectionOf(
  { pending, contracts }: Examined,
  phase: 'expand' | 'all',
): { selected: Migration[]; held: string[] } {
  const at = phase === 'all' ? -1 : pending.findIndex(({ name }) => contracts.has(name))
  if (at === -1) return { selected: pending, held: [] }
  return { selected: pending.slice(0, at), held: pending.slice(at).map(({ name }) => name) }
}

/** The database as a subject: its versions are judged by who is deployed where, not one by the other. */
async function register(
  { store, clock, registry }: AcceptParts,
  who: Identity,
  { project, subject }: { project: string; subject: string },
  catalog: string,
): Promise<number> {
  await store.transaction(async (tx) => {
    if ((await findSubject(tx, project, subject)) !== undefined) return
    const { own } = await readConfig(tx, { project, subject })
    if (own === undefined) await writeConfig(tx, { project, subject }, { compatibilityLevel: 'NONE' }, clock.now())
  })
  return (await registry.register(who, project, subject, { type: 'SQL', schema: catalog })).version
}

type Taken = { who: Identity; place: Place; files: readonly Migration[]; selected: readonly Migration[]; held: string[]; schemaVersion: number; revision: string | undefined } // prettier-ignore

/** The run of the place: a new one, or that which is under way. */
async function takeOn({ store, clock }: AcceptParts, id: string, taken: Taken): Promise<RunRow | undefined> {
  const { who, place, files, held, schemaVersion, revision } = taken
  const { project, environment, component, resource } = place
  const selected = taken.selected.map(({ name }) => name)
  return store.transaction(async (tx) => {
    await lockPlace(tx, place)
    if (revision !== undefined) await recordBuild(tx, place, { revision, prefix: prefixOf(files), at: clock.now() })
    const open = await findOpenRun(tx, place)
    if (open !== undefined) return open
    const texts = files.map(({ name, text }) => ({ name, text }))
    const run = { ...place, id, held, schemaVersion, selected, files: texts, requestedBy: who.subject, revision: revision ?? null } // prettier-ignore
    await insertRun(tx, run, clock.now())
    await recordAudit(tx, 'schemas', who, {
      action: 'database.migrate',
      project,
      object: `schema/${component}`,
      detail: {
        environment,
        resource,
        run: id,
        migrations: selected,
        held,
        ...(revision !== undefined && { revision }),
      },
    })
    await enqueue(tx, runQueue, queueKeyOf(place))
    return findRun(tx, id)
  })
}

/**
 * Takes on migrations for an environment: what they are, what is there, and who reads it decide; a worker applies them.
 * Asking again while they are being applied answers the run that does.
 */
export const acceptRuns =
  (parts: AcceptParts) =>
  async (
    who: Identity,
    { project, environment, component }: Omit<Place, 'resource'>,
    { migrations, resource, phase = 'all', revision }: Wanted,
  ): Promise<Run> => {
    const { store, bus, live, shadow, environments, visible } = parts
    const files = await readMigrations(migrations)
    if (files.length === 0)
      throw failure('schemas.migration_invalid', {
        detail: 'There are no migrations: name files like 0001_what_it_does.sql.',
      })
    const known = await environments.require(project, environment)
    const seen = await live.look({ project, environment, component, ...(resource !== undefined && { resource }) })
    const place: Place = { project, environment, component, resource: seen.resource }
    const where = `${subjectOf(place)} in ${environment}`
    const examined = await examine({ shadow }, place, files, seen.applied)
    const { selected, held } = selectionOf(examined, phase)
    const elsewhere = (await listDatabases(store.db, project, component)).filter(
      (row) => row.resource === place.resource,
    )
    refuse([...examined.problems, ...orderProblems(known, environment, elsewhere, selected)], where)
    const steps = examined.steps.filter(({ file }) => selected.some(({ name }) => name === file))
    const readers = await withoutStrangers(await readersThere(store.db, bus, place), project, { who, visible })
    refuse(readerProblems(brokenBy(steps, readers)), where)

    const catalog = examined.dryRun.succeeded ? examined.dryRun.catalogs.get(files.at(-1)?.name ?? '') : undefined
    const schemaVersion = await register(parts, who, { project, subject: subjectOf(place) }, catalog ?? '')
    const id = newId('mig')
    const taken = await takeOn(parts, id, { who, place, files, selected, held, schemaVersion, revision })
    if (taken === undefined) throw new Error('a run was not inserted')
    if (taken.id !== id && taken.selected.join() !== selected.map(({ name }) => name).join())
      throw failure('schemas.migration_refused', {
        detail: `${taken.id} applies other migrations to ${where} just now; wait for it.`,
      })
    return viewOf(taken)
  }

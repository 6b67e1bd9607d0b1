import type { Bus } from '@plinth/bus'
import type { DatabasePlan } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { readMigrations, type NamedSql } from '@plinth/sql'
import type { Executor } from '@plinth/store'
import type { Static } from 'typebox'
import type { KnownEnvironments } from '../environments/known-environments.ts'
import type { Visible } from '../impact/visible.ts'
import { differencesOf } from '../formats/sql/differences.ts'
import { readCatalog } from '../formats/sql/catalog.ts'
import { examine, readerProblems } from './examine.ts'
import type { LiveDatabases } from './live.ts'
import { orderProblems } from './order.ts'
import { brokenBy, readersThere, withoutStrangers } from './readers.ts'
import type { ShadowRuns } from './shadow.ts'
import { listDatabases } from './store.ts'

type Plan = Static<typeof DatabasePlan>
type Wanted = { migrations: readonly NamedSql[]; environment?: string; resource?: string }
type Parts = {
  db: Executor
  bus: Pick<Bus, 'ask'>
  live: LiveDatabases
  shadow: ShadowRuns
  environments: Pick<KnownEnvironments, 'require'>
  visible: Visible
}

/** What migrations would do, to an environment or to an empty database, and what stands against it. Changes nothing. */
export const planDatabase =
  ({ db, bus, live, shadow, environments, visible }: Parts) =>
  async (
    who: Identity,
    project: string,
    component: string,
    { migrations, environment, resource }: Wanted,
  ): Promise<Plan> => {
    const files = await readMigrations(migrations)
    const where = environment === undefined ? undefined : { project, environment, component, ...(resource !== undefined && { resource }) } // prettier-ignore
    const known = where && (await environments.require(project, where.environment))
    const seen = where && (await live.look(where))
    const examined = await examine({ shadow }, { project, component }, files, seen?.applied ?? [])
    const { pending, findings, statements, advice, dryRun, steps, problems } = examined
    const place = where && seen && { ...where, resource: seen.resource }
    const readers = place ? await withoutStrangers(await readersThere(db, bus, place), project, { who, visible }) : []
    const broken = brokenBy(steps, readers)
    const elsewhere = place
      ? (await listDatabases(db, project, component)).filter((row) => row.resource === place.resource)
      : []
    const [first, last] = [steps[0], steps.at(-1)]
    return {
      project,
      component,
      ...(environment !== undefined && { environment }),
      findings,
      statements,
      advice,
      pending: pending.map(({ name }) => name),
      changes: first && last ? differencesOf(readCatalog(first.before), readCatalog(last.after)) : [],
      readers: broken,
      refusals: [
        ...problems,
        ...(known && environment !== undefined ? orderProblems(known, environment, elsewhere, pending) : []),
        ...readerProblems(broken),
      ],
      dryRun: dryRun.succeeded
        ? { succeeded: true, durationMs: dryRun.durationMs }
        : {
            succeeded: false,
            durationMs: 0,
            detail: `${dryRun.file}:${dryRun.line}:${dryRun.column} ${dryRun.message}`,
          },
    }
  }

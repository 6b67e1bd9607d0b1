import { failure, type contracts, type DatabaseState } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { Executor } from '@plinth/store'
import type { Static } from 'typebox'
import { viewOf, type acceptRuns } from './accept.ts'
import { lookForDrift, type DriftParts } from './drift.ts'
import type { planDatabase } from './plan.ts'
import { findRun, listLastRuns } from './run-store.ts'
import { listDatabases, subjectOf } from './store.ts'

type AllHandlers = Handlers<typeof contracts.schemas.routes>
type Some<Name extends keyof AllHandlers> = Pick<AllHandlers, Name>
type Parts = DriftParts & {
  plan: ReturnType<typeof planDatabase>
  accept: ReturnType<typeof acceptRuns>
}

export const databaseRoutes = ({
  plan,
  accept,
  ...parts
}: Parts): Some<'planDatabase' | 'applyDatabase' | 'getDatabaseRun' | 'getDatabaseDrift' | 'listDatabases'> => ({
  planDatabase: ({ who, params, body }) => plan(who, params.project, params.component, body),
  applyDatabase: ({ who, params, body }) => accept(who, params, body),
  async getDatabaseRun({ params: { run: id, ...place } }) {
    const run = await findRun(parts.store.db, id)
    const isThere =
      run?.project === place.project && run.environment === place.environment && run.component === place.component
    if (!isThere)
      throw failure('schemas.migration_run_unknown', {
        detail: `${place.component} has no run ${id} in ${place.environment}.`,
      })
    return viewOf(run)
  },
  getDatabaseDrift: ({ params, query }) => lookForDrift(parts, { ...params, ...query }),
  listDatabases: async ({ params, query }) => ({
    items: await listStates(parts.store.db, params.project, query.component),
  }),
})

async function listStates(
  db: Executor,
  project: string,
  component: string | undefined,
): Promise<Static<typeof DatabaseState>[]> {
  const [databases, runs] = [await listDatabases(db, project, component), await listLastRuns(db, project)]
  return databases.map(({ applied, prefix: _prefix, differences, schemaVersion, checkedAt, ...row }) => {
    const run = runs.find(
      (one) => one.environment === row.environment && one.component === row.component && one.resource === row.resource,
    )
    const done = applied.filter(({ state }) => state === 'applied')
    const last = done.at(-1)?.name
    return {
      ...row,
      subject: subjectOf(row),
      migrations: done.length,
      differences: differences.length,
      ...(last !== undefined && { last }),
      ...(schemaVersion !== null && { schemaVersion }),
      ...(checkedAt !== null && { checkedAt }),
      ...(run && { run: { id: run.id, state: run.state } }),
    }
  })
}

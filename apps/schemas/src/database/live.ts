import type { Bus } from '@plinth/bus'
import { failure, runInDatabase, type RpcRequest } from '@plinth/contracts'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { catalogQuery, catalogText, readCatalog } from '../formats/sql/catalog.ts'
import type { Applied } from './history.ts'
import type { Place } from './store.ts'

export type Where = Omit<Place, 'resource'> & { resource?: string }
type Statements = RpcRequest<typeof runInDatabase>['statements']

const Record = Type.Array(
  Type.Object({
    number: Type.Integer({ minimum: 0 }),
    name: Type.String(),
    sha256: Type.String(),
    state: Type.Enum(['applied', 'running']),
  }),
)
const readMs = { lockTimeoutMs: 3_000, statementTimeoutMs: 20_000 }
const rpcMs = 30_000

/** What a database says of itself. */
export type Live = { resource: string; applied: Applied[]; catalog: string }

/** Reads the live databases of workloads, through provisioning: the keys stay there. */
export const liveDatabases = (bus: Pick<Bus, 'ask'>) => {
  async function read(
    where: Where,
    statements: Statements,
  ): Promise<{ resource: string; row: Record<string, unknown> }> {
    const { project, environment, component: workload, resource } = where
    const request = { project, environment, workload, ...(resource !== undefined && { resource }), statements, mode: 'read' as const, ...readMs } // prettier-ignore
    const answer = await bus.ask(runInDatabase, request, { timeoutMs: rpcMs })
    if (answer.outcome === 'none') throw failure('schemas.database_unknown', { detail: answer.detail })
    if (answer.outcome === 'failed')
      throw failure('platform.unavailable', {
        detail: `The database of ${project}/${environment}/${workload} could not be read: ${answer.message}`,
      })
    return { resource: answer.resource, row: answer.rows[0] ?? {} }
  }
  return {
    /** @throws schemas.database_unknown where the workload has none there, or several and none is named */
    async look(where: Where): Promise<Live> {
      const { resource, row } = await read(where, [
        { text: `select to_regclass('plinth.migrations') is not null as kept, (${catalogQuery}) as catalog` },
      ])
      const catalog = catalogText(readCatalog(JSON.stringify(row['catalog'])))
      if (row['kept'] !== true) return { resource, applied: [], catalog }
      const said = await read({ ...where, resource }, [
        { text: `select coalesce(json_agg(json_build_object('number', number, 'name', name, 'sha256', sha256, 'state', state) order by number), '[]') as applied from plinth.migrations` },
      ]) // prettier-ignore
      return { resource, applied: recordOf(said.row['applied']), catalog }
    },

    /** Indexes whose building was cut off; they cost writes and serve nobody. */
    async invalidIndexes(where: Where): Promise<string[]> {
      const { row } = await read(where, [
        { text: `select coalesce(json_agg(i.relname), '[]') as names from pg_index x join pg_class i on i.oid = x.indexrelid
          where not x.indisvalid and i.relnamespace::regnamespace::text !~ '^pg_'` },
      ]) // prettier-ignore
      return row['names'] as string[]
    },
  }
}

/** It stands in a database that its owner may change as he likes. */
function recordOf(said: unknown): Applied[] {
  if (Value.Check(Record, said)) return said
  throw failure('schemas.migration_refused', {
    detail: 'plinth.migrations in this database is not as it was kept: put it back as it was.',
  })
}

export type LiveDatabases = ReturnType<typeof liveDatabases>

import { Type } from 'typebox'
import { Closed, ComponentName, EnvironmentName, Items, ProjectName, ProjectParams } from '../core/common.ts'
import { route } from '../core/route.ts'
import { DatabaseDrift, DatabasePlan, DatabaseRun, DatabaseState, MigrationFile } from './databases.ts'

const project = '/api/v1/projects/:project'
const there = `${project}/environments/:environment/components/:component/database`
const guard = { object: 'schema/:component', domain: ':project' } as const
const guardThere = { object: 'schema/:component', domain: ':project/:environment' } as const

const PlaceParams = Closed({ project: ProjectName, environment: EnvironmentName, component: ComponentName })
const Resource = Type.Optional(
  Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$',
    description: 'Which database, where score.yaml has several',
  }),
)
const Migrations = Type.Array(MigrationFile, {
  maxItems: 1_000,
  description: 'All of the repository, applied ones too',
})
/** The text of all migrations together, in JSON. */
const bodyLimitBytes = 4 * 1_048_576
const dryRunMs = 90_000

export const databaseRoutes = {
  planDatabase: route({
    method: 'POST',
    path: `${project}/components/:component/database/plan`,
    summary: 'Lint and try migrations, and tell what they lock and whom they would break; changes nothing',
    permission: { action: 'create', ...guard },
    params: Closed({ project: ProjectName, component: ComponentName }),
    body: Closed({ migrations: Migrations, environment: Type.Optional(EnvironmentName), resource: Resource }),
    response: { 200: DatabasePlan },
    errors: ['schemas.migration_invalid', 'schemas.migration_refused', 'schemas.database_unknown', 'provisioning.environment_unknown'], // prettier-ignore
    bodyLimitBytes,
    timeoutMs: dryRunMs,
  }),
  applyDatabase: route({
    method: 'POST',
    path: `${there}/runs`,
    summary: 'Apply what is pending, in order, once it was linted, tried, and is in the environment before',
    permission: { action: 'deploy', ...guardThere },
    params: PlaceParams,
    body: Closed({
      migrations: Migrations,
      resource: Resource,
      phase: Type.Optional(
        Type.Enum(['expand', 'all'], { description: '`expand` leaves the first contract step and all after it' }),
      ),
      revision: Type.Optional(
        Type.String({
          pattern: '^[0-9a-f]{40}$',
          description: 'The commit; code of it is taken to fit these migrations',
        }),
      ),
    }),
    response: { 202: DatabaseRun },
    errors: ['schemas.migration_invalid', 'schemas.migration_refused', 'schemas.database_unknown', 'provisioning.environment_unknown'], // prettier-ignore
    bodyLimitBytes,
    timeoutMs: dryRunMs,
  }),
  getDatabaseRun: route({
    method: 'GET',
    path: `${there}/runs/:run`,
    summary: 'How far an application of migrations is',
    permission: { action: 'get', ...guardThere },
    params: Closed({ ...PlaceParams.properties, run: Type.String({ pattern: '^mig_[0-9a-z]{1,36}$' }) }),
    response: { 200: DatabaseRun },
    errors: ['schemas.migration_run_unknown'],
  }),
  getDatabaseDrift: route({
    method: 'GET',
    path: `${there}/drift`,
    summary: 'How the live database differs from what its migrations make, looked at now',
    permission: { action: 'get', ...guardThere },
    params: PlaceParams,
    query: Closed({ resource: Resource }),
    response: { 200: DatabaseDrift },
    errors: ['schemas.database_unknown', 'schemas.migration_refused'],
    timeoutMs: dryRunMs,
  }),
  listDatabases: route({
    method: 'GET',
    path: `${project}/databases`,
    summary: 'Which migrations are where, and which databases drift',
    permission: { action: 'list', object: 'schema', domain: ':project' },
    params: ProjectParams,
    query: Closed({ component: Type.Optional(ComponentName) }),
    response: { 200: Items(DatabaseState) },
  }),
}

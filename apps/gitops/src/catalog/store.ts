import { rows, sql, type Executor } from '@plinth/store'

export type KnownEnvironment = { environment: string; automatic: boolean; position: number }
export type KnownComponent = { component: string; repository: string }

/**
 * Until the transaction ends, nobody else changes what is known of the project. A component and an environment that are
 * told of at the same moment would else not see one another, and have no application together.
 */
export async function lockCatalog(db: Executor, project: string): Promise<void> {
  await db.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`catalog/${project}`}, 0))`)
}

export async function noteEnvironment(
  db: Executor,
  project: string,
  { environment, automatic, position }: KnownEnvironment,
): Promise<void> {
  await db.execute(sql`insert into environments (project, environment, automatic, position)
    values (${project}, ${environment}, ${automatic}, ${position})
    on conflict (project, environment) do update set automatic = excluded.automatic, position = excluded.position`)
}

export const environmentsOf = (db: Executor, project: string): Promise<KnownEnvironment[]> =>
  rows<KnownEnvironment>(
    db,
    sql`select environment, automatic, position from environments where project = ${project} order by position, environment`,
  )

export async function noteComponent(
  db: Executor,
  project: string,
  { component, repository }: KnownComponent,
): Promise<void> {
  await db.execute(sql`insert into components (project, component, repository) values (${project}, ${component}, ${repository})
    on conflict (project, component) do update set repository = excluded.repository`)
}

export const componentsOf = (db: Executor, project: string): Promise<KnownComponent[]> =>
  rows<KnownComponent>(
    db,
    sql`select component, repository from components where project = ${project} order by component`,
  )

export async function findComponent(
  db: Executor,
  project: string,
  component: string,
): Promise<KnownComponent | undefined> {
  const [found] = await rows<KnownComponent>(
    db,
    sql`select component, repository from components where project = ${project} and component = ${component}`,
  )
  return found
}

export const componentsOfRepository = async (db: Executor, project: string, repository: string): Promise<string[]> =>
  (
    await rows<{ component: string }>(
      db,
      sql`select component from components where project = ${project} and repository = ${repository}`,
    )
  ).map(({ component }) => component)

export async function forgetComponent(db: Executor, project: string, component: string): Promise<void> {
  await db.execute(sql`delete from components where project = ${project} and component = ${component}`)
  await db.execute(sql`delete from applications where project = ${project} and component = ${component}`)
  await db.execute(sql`delete from releases where project = ${project} and component = ${component}`)
}

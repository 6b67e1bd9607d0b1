import { failure, type Environment as EnvironmentSchema, type Project as ProjectSchema } from '@plinth/contracts'
import { isoTime, rows, sql, type Executor } from '@plinth/store'
import type { Static } from 'typebox'

export type Project = Static<typeof ProjectSchema>
export type Environment = Static<typeof EnvironmentSchema>

const columns = sql`name, description, ${isoTime(sql`created_at`)} as "createdAt", created_by as "createdBy"`
const environmentColumns = sql`name, tier, position, automatic, ${isoTime(sql`created_at`)} as "createdAt"`

/** False when there is one of this name. */
export async function insertProject(
  db: Executor,
  want: { name: string; description: string; createdBy: string },
): Promise<boolean> {
  const { name, description, createdBy } = want
  const result = await db.execute(
    sql`insert into projects (name, description, created_by) values (${name}, ${description}, ${createdBy}) on conflict do nothing`,
  )
  return result.rowCount === 1
}

/** `lock`: it can't go away, and no environment be added, until the transaction ends. Throws provisioning.project_unknown. */
export async function mustFindProject(db: Executor, name: string, lock: 'lock' | 'read' = 'read'): Promise<Project> {
  const [found] = await rows<Project>(
    db,
    sql`select ${columns} from projects where name = ${name} ${lock === 'lock' ? sql`for update` : sql``}`,
  )
  if (found === undefined) throw failure('provisioning.project_unknown', { detail: `There is no project '${name}'.` })
  return found
}

/** By name, those after `after`. */
export const listProjects = (db: Executor, after: string, limit: number): Promise<Project[]> =>
  rows<Project>(db, sql`select ${columns} from projects where name > ${after} order by name limit ${limit}`)

/** False when there is one of this name. */
export async function insertEnvironment(
  db: Executor,
  project: string,
  want: Omit<Environment, 'createdAt'>,
): Promise<boolean> {
  const { name, tier, position, automatic } = want
  const result = await db.execute(sql`insert into environments (project, name, tier, position, automatic)
    values (${project}, ${name}, ${tier}, ${position}, ${automatic}) on conflict do nothing`)
  return result.rowCount === 1
}

/** In order of promotion. */
export const listEnvironments = (db: Executor, project: string): Promise<Environment[]> =>
  rows<Environment>(
    db,
    sql`select ${environmentColumns} from environments where project = ${project} order by position, name limit 200`,
  )

/** Throws provisioning.environment_unknown. */
export async function mustFindEnvironment(db: Executor, project: string, name: string): Promise<Environment> {
  const [found] = await rows<Environment>(
    db,
    sql`select ${environmentColumns} from environments where project = ${project} and name = ${name}`,
  )
  if (found === undefined)
    throw failure('provisioning.environment_unknown', {
      detail: `There is no environment '${name}' in the project '${project}'.`,
    })
  return found
}

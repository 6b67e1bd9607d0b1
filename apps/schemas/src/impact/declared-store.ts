import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'
import { deployedMax, projectsOf, type Use } from '../gate/store.ts'

export type DeclaredRow = {
  project: string
  component: string
  revision: string
  produces: Use[]
  consumes: Use[]
  since: string
}

const columns = sql`project, component, revision, produces, consumes, ${isoTime(sql`since`)} as since`

/** What the default branches say of a project's components, and of others that use its subjects. */
export const listDeclared = (db: Executor, project: string): Promise<DeclaredRow[]> =>
  rows<DeclaredRow>(
    db,
    sql`select ${columns} from declared where project = ${project} or projects @> array[${project}]::text[]
    order by project, component limit ${deployedMax}`,
  )

export const listDeclaredUsers = (db: Executor, subject: string): Promise<DeclaredRow[]> => {
  const use = JSON.stringify([{ subject }])
  return rows<DeclaredRow>(
    db,
    sql`select ${columns} from declared where produces @> ${use}::jsonb or consumes @> ${use}::jsonb
    order by project, component limit ${deployedMax}`,
  )
}

export async function saveDeclared(tx: Tx, row: Omit<DeclaredRow, 'since'>, at: Date): Promise<void> {
  const { project, component, revision, produces, consumes } = row
  await tx.execute(sql`insert into declared (project, component, revision, produces, consumes, projects, since)
    values (${project}, ${component}, ${revision}, ${JSON.stringify(produces)}::jsonb, ${JSON.stringify(consumes)}::jsonb,
      ${sql.param(projectsOf([...produces, ...consumes]))}::text[], ${at.toISOString()})
    on conflict (project, component) do update set revision = excluded.revision, produces = excluded.produces,
      consumes = excluded.consumes, projects = excluded.projects,
      since = case when declared.produces = excluded.produces and declared.consumes = excluded.consumes then declared.since else excluded.since end`)
}

export const forgetDeclared = async (tx: Tx, project: string, component: string): Promise<void> => {
  await tx.execute(sql`delete from declared where project = ${project} and component = ${component}`)
}

export type Latest = { project: string; name: string; type: string; latestVersion: number }

/** The newest versions of subjects, each as `project/subject`. */
export const latestOf = (db: Executor, subjects: readonly string[]): Promise<Latest[]> =>
  rows<Latest>(
    db,
    sql`select project, name, type, latest_version as "latestVersion" from subjects
    where (project, name) in (select split_part(s, '/', 1), split_part(s, '/', 2) from unnest(${sql.param([...subjects])}::text[]) s)
    and latest_version > 0`,
  )

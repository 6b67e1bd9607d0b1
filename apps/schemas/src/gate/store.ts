import { isoTime, rows, sql, type Executor } from '@plinth/store'

/** `subject` is `project/subject` here. */
export type Use = { subject: string; version: number }
export type DeployedRow = {
  project: string
  environment: string
  component: string
  deployment: string
  produces: Use[]
  consumes: Use[]
  since: string
}

const columns = sql`project, environment, component, deployment, produces, consumes, ${isoTime(sql`since`)} as since`

export const listDeployed = (db: Executor, project: string, environment: string): Promise<DeployedRow[]> =>
  rows<DeployedRow>(
    db,
    sql`select ${columns} from deployed where project = ${project} and environment = ${environment} order by component limit 1000`,
  )

/** Who else writes (`produces`) or reads (`consumes`) a subject in environments of this name, over all projects. */
export const listUsers = (
  db: Executor,
  side: 'produces' | 'consumes',
  environment: string,
  subject: string,
): Promise<DeployedRow[]> =>
  rows<DeployedRow>(
    db,
    sql`select ${columns} from deployed where environment = ${environment}
    and ${sql.raw(side)} @> ${JSON.stringify([{ subject }])}::jsonb order by project, component limit 1000`,
  )

export async function record(db: Executor, row: Omit<DeployedRow, 'since'>, at: Date): Promise<void> {
  const { project, environment, component, deployment, produces, consumes } = row
  await db.execute(sql`insert into deployed (project, environment, component, deployment, produces, consumes, since)
    values (${project}, ${environment}, ${component}, ${deployment}, ${JSON.stringify(produces)}::jsonb, ${JSON.stringify(consumes)}::jsonb, ${at.toISOString()})
    on conflict (project, environment, component) do update set deployment = excluded.deployment, produces = excluded.produces,
      consumes = excluded.consumes, since = case when deployed.deployment = excluded.deployment then deployed.since else excluded.since end`)
}

export const forget = async (db: Executor, project: string, environment: string, component: string): Promise<void> => {
  await db.execute(
    sql`delete from deployed where project = ${project} and environment = ${environment} and component = ${component}`,
  )
}

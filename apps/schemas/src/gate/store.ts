import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'

/** `subject` is `project/subject` here. */
export type Use = { subject: string; version: number }
export type Side = 'produces' | 'consumes'
export type DeployedRow = {
  project: string
  environment: string
  component: string
  deployment: string
  produces: Use[]
  consumes: Use[]
  owner: string | null
  replicas: number
  since: string
}
/** A deployed component on one side of a subject, with one version. */
export type Instance = Pick<
  DeployedRow,
  'project' | 'environment' | 'component' | 'deployment' | 'owner' | 'replicas' | 'since'
> & { side: Side; version: number }

/** As many as one question looks at; no subject of a house this size has more users. */
export const deployedMax = 5000

const columns = sql`project, environment, component, deployment, produces, consumes, owner, replicas, ${isoTime(sql`since`)} as since`

export const listDeployed = (db: Executor, project: string, environment: string): Promise<DeployedRow[]> =>
  rows<DeployedRow>(
    db,
    sql`select ${columns} from deployed where project = ${project} and environment = ${environment} order by component limit 1000`,
  )

/** Who writes or reads a subject, over all projects; in environments of one name where one is given. */
export const listUsers = (db: Executor, subject: string, environment?: string): Promise<DeployedRow[]> => {
  const use = JSON.stringify([{ subject }])
  return rows<DeployedRow>(
    db,
    sql`select ${columns} from deployed where (produces @> ${use}::jsonb or consumes @> ${use}::jsonb)
    and (${environment ?? null}::text is null or environment = ${environment ?? null}::text)
    order by project, component, environment limit ${deployedMax}`,
  )
}

/** What is deployed of a project, and of others with its subjects. */
export const listTouching = (db: Executor, project: string): Promise<DeployedRow[]> =>
  rows<DeployedRow>(
    db,
    sql`select ${columns} from deployed where project = ${project} or projects @> array[${project}]::text[]
    order by project, component, environment limit ${deployedMax}`,
  )

/** The rows' parts in one subject. */
export const instancesOf = (found: readonly DeployedRow[], subject: string): Instance[] =>
  found.flatMap(({ produces, consumes, ...rest }) =>
    (['produces', 'consumes'] as const).flatMap((side) =>
      (side === 'produces' ? produces : consumes)
        .filter((use) => use.subject === subject)
        .map(({ version }) => ({ ...rest, side, version })),
    ),
  )

export async function findDeployed(
  db: Executor,
  { project, environment, component }: { project: string; environment: string; component: string },
): Promise<DeployedRow | undefined> {
  const [found] = await rows<DeployedRow>(
    db,
    sql`select ${columns} from deployed where project = ${project} and environment = ${environment} and component = ${component}`,
  )
  return found
}

/** The projects whose subjects are used. */
export const projectsOf = (uses: readonly Use[]): string[] => [
  ...new Set(uses.map(({ subject }) => subject.slice(0, subject.indexOf('/')))),
]

export async function record(tx: Tx, row: Omit<DeployedRow, 'since'>, at: Date): Promise<void> {
  const { project, environment, component, deployment, produces, consumes, owner, replicas } = row
  await tx.execute(sql`insert into deployed (project, environment, component, deployment, produces, consumes, owner, replicas, projects, since)
    values (${project}, ${environment}, ${component}, ${deployment}, ${JSON.stringify(produces)}::jsonb, ${JSON.stringify(consumes)}::jsonb,
      ${owner}, ${replicas}, ${sql.param(projectsOf([...produces, ...consumes]))}::text[], ${at.toISOString()})
    on conflict (project, environment, component) do update set deployment = excluded.deployment, produces = excluded.produces,
      consumes = excluded.consumes, owner = excluded.owner, replicas = excluded.replicas, projects = excluded.projects,
      since = case when deployed.deployment = excluded.deployment then deployed.since else excluded.since end`)
}

export const forget = async (tx: Tx, project: string, environment: string, component: string): Promise<void> => {
  await tx.execute(
    sql`delete from deployed where project = ${project} and environment = ${environment} and component = ${component}`,
  )
}

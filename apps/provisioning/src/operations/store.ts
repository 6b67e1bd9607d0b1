import { failure, type Operation as OperationSchema, type OperationStep } from '@plinth/contracts'
import { newId } from '@plinth/kernel'
import { isoTime, rows, sql, type Executor } from '@plinth/store'
import type { Static } from 'typebox'

export type Operation = Static<typeof OperationSchema>
type Step = Static<typeof OperationStep>
type Row = Omit<Operation, 'error' | 'finishedAt'> & {
  error: NonNullable<Operation['error']> | null
  finishedAt: string | null
  version: number
}

const columns = sql`id, project, kind, target, state, steps, error, version, ${isoTime(sql`created_at`)} as "createdAt",
  ${isoTime(sql`finished_at`)} as "finishedAt"`

export async function startOperation(
  db: Executor,
  want: Pick<Operation, 'project' | 'kind' | 'target'> & { steps: readonly string[] },
): Promise<Operation> {
  const { project, kind, target } = want
  const id = newId('opn')
  const steps: Step[] = want.steps.map((name) => ({ name, state: 'waiting' }))
  await db.execute(
    sql`insert into operations (id, project, kind, target, steps) values (${id}, ${project}, ${kind}, ${target}, ${JSON.stringify(steps)}::jsonb)`,
  )
  return (await mustFindOperation(db, project, id)).operation
}

/** With the number of its changes. Throws provisioning.operation_unknown. */
export async function mustFindOperation(
  db: Executor,
  project: string,
  id: string,
  lock: 'lock' | 'read' = 'read',
): Promise<{ operation: Operation; version: number }> {
  const [found] = await rows<Row>(
    db,
    sql`select ${columns} from operations where project = ${project} and id = ${id} ${lock === 'lock' ? sql`for update` : sql``}`,
  )
  if (found === undefined)
    throw failure('provisioning.operation_unknown', {
      detail: `There is no operation '${id}' in the project '${project}'.`,
    })
  const { error, finishedAt, version, ...rest } = found
  return {
    version,
    operation: { ...rest, ...(error !== null && { error }), ...(finishedAt !== null && { finishedAt }) },
  }
}

export type StepChange = { state: Step['state']; detail?: string }

/** Says how a step stands; the same again changes nothing, so that followers hear of changes only. */
export async function markStep(
  db: Executor,
  project: string,
  id: string,
  name: string,
  { state, detail }: StepChange,
  now: Date,
): Promise<void> {
  const { operation } = await mustFindOperation(db, project, id, 'lock')
  const current = operation.steps.find((step) => step.name === name)
  if (operation.state !== 'running' || current === undefined || (current.state === state && current.detail === detail))
    return
  const at = now.toISOString()
  const { detail: _old, ...kept } = current
  const changed: Step = {
    ...kept,
    state,
    ...(detail !== undefined && { detail }),
    ...(state !== 'waiting' && { startedAt: current.startedAt ?? at }),
    ...((state === 'done' || state === 'failed') && { finishedAt: at }),
  }
  const steps = operation.steps.map((step) => (step.name === name ? changed : step))
  await db.execute(
    sql`update operations set steps = ${JSON.stringify(steps)}::jsonb, version = version + 1 where id = ${id}`,
  )
}

/** Ends it, once; a step that runs or waits is marked as the operation ended. */
export async function endOperation(
  db: Executor,
  project: string,
  id: string,
  error: { code: string; detail: string } | undefined,
  now: Date,
): Promise<void> {
  const { operation } = await mustFindOperation(db, project, id, 'lock')
  if (operation.state !== 'running') return
  const at = now.toISOString()
  const ended = error === undefined ? ('done' as const) : ('failed' as const)
  const steps = operation.steps.map((step): Step =>
    step.state === 'running' || (step.state === 'waiting' && error === undefined)
      ? {
          ...step,
          state: ended,
          startedAt: step.startedAt ?? at,
          finishedAt: at,
          ...(error && { detail: error.detail }),
        }
      : step,
  )
  await db.execute(sql`update operations set state = ${error === undefined ? 'succeeded' : 'failed'}, steps = ${JSON.stringify(steps)}::jsonb,
    error = ${error === undefined ? null : JSON.stringify(error)}::jsonb, finished_at = ${at}::timestamptz, version = version + 1 where id = ${id}`)
}

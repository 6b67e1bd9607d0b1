import { changeRequestChanged, type ChangeRequest as ChangeRequestSchema } from '@plinth/contracts'
import { appendEvent, type Executor, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { approvalsOf, lockChangeRequest, type ChangeRequest } from './store.ts'

export async function viewChangeRequest(
  db: Executor,
  request: ChangeRequest,
): Promise<Static<typeof ChangeRequestSchema>> {
  const { project, number, kind, title, description, author, state, repository, toRevision, createdAt } = request
  const { sourceBranch, targetBranch, component, environment, fromRevision, result, closedAt } = request
  return {
    project, number, kind, title, description, author, state, repository, toRevision, createdAt,
    approvals: await approvalsOf(db, project, number),
    ...(sourceBranch !== null && { sourceBranch }),
    ...(targetBranch !== null && { targetBranch }),
    ...(component !== null && { component }),
    ...(environment !== null && { environment }),
    ...(fromRevision !== null && { fromRevision }),
    ...(result !== null && { result }),
    ...(closedAt !== null && { closedAt }),
  } // prettier-ignore
}

/** Tells the world how the change request stands now, and gives its newest state back. */
export async function tellOfRequest(
  tx: Tx,
  { project, number }: Pick<ChangeRequest, 'project' | 'number'>,
  actor: string,
): Promise<ChangeRequest> {
  const now = await lockChangeRequest(tx, project, number)
  if (now === undefined) throw new Error(`the change request ${project}#${number} is gone`)
  const { kind, state, title, author, environment, component, repository, sourceBranch, targetBranch, toRevision } = now
  await appendEvent(tx, changeRequestChanged, {
    project,
    entity: String(number),
    actor,
    data: {
      project, number, kind, state, title, author, repository, toRevision, actor,
      ...(environment !== null && { environment }),
      ...(component !== null && { component }),
      ...(sourceBranch !== null && { sourceBranch }),
      ...(targetBranch !== null && { targetBranch }),
    },
  }) // prettier-ignore
  return now
}

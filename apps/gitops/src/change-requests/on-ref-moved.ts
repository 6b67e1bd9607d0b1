import { recordAudit, type Tx } from '@plinth/store'
import { zeroRevision } from '../git/names.ts'
import type { Repository } from '../repositories/store.ts'
import { moveHead, openMergesOf, setState } from './store.ts'
import { tellOfRequest } from './view.ts'

/**
 * What a moved branch means for open change requests: new commits on the source take approvals back, a deleted source
 * closes it, and a target that arrived at the prepared merge commit was merged, by whoever died before saying so.
 */
export async function afterRefMoved(
  tx: Tx,
  { project, name }: Repository,
  { ref, after, actor }: { ref: string; after: string; actor: string },
): Promise<void> {
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1]
  if (branch === undefined) return
  for (const request of await openMergesOf(tx, project, name, branch)) {
    if (request.targetBranch === branch) {
      if (request.mergeRevision === after) await endMerged(tx, request, after, { subject: actor })
      continue
    }
    if (request.toRevision === after) continue
    if (after === zeroRevision) await setState(tx, request, 'closed', `The branch '${branch}' was deleted.`)
    else await moveHead(tx, request, after)
    await tellOfRequest(tx, request, actor)
  }
}

type Who = Parameters<typeof recordAudit>[2]

/** The merge is in git; now it is said. Called by whoever merged, and by the reconciler should that one have died. */
export async function endMerged(
  tx: Tx,
  request: Parameters<typeof setState>[1],
  revision: string,
  who: Who,
): Promise<void> {
  await setState(tx, request, 'merged', revision)
  await tellOfRequest(tx, request, who.subject)
  const { project, number, repository, sourceBranch, targetBranch } = request
  const detail = { repository, sourceBranch, targetBranch, revision }
  await recordAudit(tx, 'gitops', who, {
    action: 'change-request.merge',
    project,
    object: `change-request/${number}`,
    detail,
  })
}

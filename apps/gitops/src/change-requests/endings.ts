import { recordAudit, type Tx } from '@plinth/store'
import { lockChangeRequest, openMergesIn, openPromotionsOf, setState, type ChangeRequest } from './store.ts'
import { tellOfRequest } from './view.ts'

/** What became of a promotion that was approved: deployed, or why not. One that has ended already stays as it is. */
export async function endPromotion(
  tx: Tx,
  project: string,
  number: number,
  state: 'merged' | 'failed',
  result: string,
  actor: string,
): Promise<void> {
  const request = await lockChangeRequest(tx, project, number)
  if (request?.state !== 'approved') return
  await setState(tx, request, state, result)
  await tellOfRequest(tx, request, actor)
  await recordAudit(
    tx,
    'gitops',
    { subject: actor },
    {
      action: state === 'merged' ? 'promotion.deployed' : 'promotion.failed',
      project,
      object: `change-request/${number}`,
      detail: { environment: request.environment, component: request.component, revision: request.toRevision, result },
    },
  )
}

export const closePromotionsOf = async (tx: Tx, project: string, component: string, result: string): Promise<void> =>
  closeAll(tx, await openPromotionsOf(tx, project, component), result)

/** With their repository they end: another one of its name, made later, has nothing to do with them. */
export const closeMergesIn = async (tx: Tx, project: string, repository: string, result: string): Promise<void> =>
  closeAll(tx, await openMergesIn(tx, project, repository), result)

async function closeAll(tx: Tx, requests: readonly ChangeRequest[], result: string): Promise<void> {
  for (const request of requests) {
    await setState(tx, request, 'closed', result)
    await tellOfRequest(tx, request, 'system:gitops')
  }
}

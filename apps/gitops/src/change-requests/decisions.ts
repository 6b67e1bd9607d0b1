import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import type { Parts } from '../parts.ts'
import { insertApproval, mustFindChangeRequest, setState, type ChangeRequest, type Where } from './store.ts'
import { tellOfRequest, viewChangeRequest } from './view.ts'

/** `change-request` for merges, `promotion` for promotions: the noun of the audit ledger. */
const nounOf = ({ kind }: ChangeRequest): string => (kind === 'merge' ? 'change-request' : 'promotion')

/**
 * Approves, unless it is one's own: who may approve at all the gateway has decided, but only here the author is known.
 * The refusal is a fact for the ledger too, so it is written before it is said. `then` is done in the same transaction.
 */
export const approve =
  (parts: Parts, then: (tx: Tx, request: ChangeRequest, who: Identity) => Promise<void> = async () => undefined) =>
  async (who: Identity, where: Where) => {
    const outcome = await parts.store.transaction(async (tx) => {
      const request = await mustFindChangeRequest(tx, where, 'lock')
      refuseClosed(request)
      const { project, number } = request
      const detail = {
        kind: request.kind,
        component: request.component,
        environment: request.environment,
        revision: request.toRevision,
      }
      const entry = { action: `${nounOf(request)}.approve`, project, object: `change-request/${number}`, detail }
      if (isAuthor(who, request)) {
        await recordAudit(tx, 'gitops', who, {
          ...entry,
          outcome: 'denied',
          detail: { ...detail, reason: 'self-approval' },
        })
        return { refused: request }
      }
      if (await insertApproval(tx, request, who.subject)) {
        await setState(tx, request, 'approved')
        await recordAudit(tx, 'gitops', who, entry)
        await tellOfRequest(tx, request, who.subject)
      }
      if (request.state === 'open') await then(tx, request, who)
      return { view: await viewChangeRequest(tx, await mustFindChangeRequest(tx, where)) }
    })
    if (outcome.refused !== undefined) {
      throw failure('gitops.self_approval_refused', {
        detail: `You (${who.subject}) opened #${outcome.refused.number}; somebody else with the right to approve must look at it.`,
      })
    }
    return outcome.view
  }

/** A token of one's own is no second pair of eyes. */
const isAuthor = (who: Identity, { author }: ChangeRequest): boolean =>
  who.subject === author || who.subjects.includes(author)

export const close = (parts: Parts) => async (who: Identity, where: Where) =>
  parts.store.transaction(async (tx) => {
    const request = await mustFindChangeRequest(tx, where, 'lock')
    refuseClosed(request)
    if (request.kind === 'promotion' && request.state === 'approved') {
      throw failure('gitops.change_request_closed', {
        detail: `#${request.number} is approved and being deployed; roll back to undo it.`,
      })
    }
    await setState(tx, request, 'closed')
    await tellOfRequest(tx, request, who.subject)
    const { project, number } = request
    await recordAudit(tx, 'gitops', who, {
      action: `${nounOf(request)}.close`,
      project,
      object: `change-request/${number}`,
      detail: {},
    })
    return viewChangeRequest(tx, await mustFindChangeRequest(tx, where))
  })

function refuseClosed({ state, number }: ChangeRequest): void {
  if (state !== 'open' && state !== 'approved')
    throw failure('gitops.change_request_closed', { detail: `#${number} is ${state}.` })
}

import type { AccessIndex } from '@plinth/access'
import { failure, type AccessRequestInfo } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { requireRight } from '../access/rights.ts'
import { auditDenials, projectOf } from '../denials.ts'
import { source, type Parts } from '../parts.ts'
import { changePolicy } from '../policy/change.ts'
import { bindUntil, tell } from './elevation.ts'
import { endGrant } from './ending.ts'
import { maySee } from './listing.ts'
import * as requests from './store.ts'

type Info = Static<typeof AccessRequestInfo>
type GrantParts = Pick<Parts, 'store' | 'policy' | 'clock'>

const minuteMs = 60_000

export const grantUseCases = (parts: GrantParts) => ({
  /** Grants it. Of many who do so at once one does: the policy is held still from the look at the request on. */
  async approve(who: Identity, id: string, want: { durationMinutes?: number; comment?: string }): Promise<Info> {
    const { attempt } = await seen(parts, who, id, 'access.approve')
    return auditDenials(parts, who, attempt, () =>
      changePolicy(
        parts,
        who,
        async (tx, index) => {
          const request = await pending(tx, index, who, id)
          const minutes = Math.min(want.durationMinutes ?? request.durationMinutes, request.durationMinutes)
          const now = parts.clock.now()
          const expiresAt = new Date(now.getTime() + minutes * minuteMs)
          const addLinks = await bindUntil(tx, parts, request, who.subject, expiresAt)
          const verdict = { by: who.subject, at: now, words: want.comment, expiresAt }
          const granted = await requests.setState(tx, id, 'granted', verdict)
          await tell(tx, granted, 'granted', who.subject)
          await recordAudit(tx, source, who, {
            ...attempt,
            detail: { ...attempt.detail, expiresAt: expiresAt.toISOString(), comment: want.comment ?? '' },
          })
          return { edit: { addLinks }, result: { ...granted, mayDecide: false } }
        },
        { exempt: true },
      ),
    )
  },

  async deny(who: Identity, id: string, reason: string): Promise<Info> {
    const { attempt } = await seen(parts, who, id, 'access.deny')
    return auditDenials(parts, who, attempt, async () => {
      const index = await parts.policy.current()
      return parts.store.transaction(async (tx) => {
        await pending(tx, index, who, id)
        const denied = await requests.setState(tx, id, 'denied', {
          by: who.subject,
          at: parts.clock.now(),
          words: reason,
        })
        await recordAudit(tx, source, who, { ...attempt, detail: { ...attempt.detail, words: reason } })
        return { ...denied, mayDecide: false }
      })
    })
  },

  end: (who: Identity, id: string) => end(parts, who, id),
})

/** Withdraws what is asked for, or gives granted access back: at once, as every change of the policy. */
async function end(parts: GrantParts, who: Identity, id: string): Promise<Info> {
  const { attempt } = await seen(parts, who, id, 'access.end')
  return auditDenials(parts, who, attempt, () =>
    changePolicy(
      parts,
      who,
      async (tx, index) => {
        const request = await requests.lockRequest(tx, id)
        if (request === undefined) throw unknown(id)
        const { domain, subject, state } = request
        if (subject !== who.subject) requireRight(index, who, { action: 'grant', object: 'binding', domain })
        const isOver = Date.parse(request.expiresAt ?? '9999-01-01') <= parts.clock.now().getTime()
        if (!(state === 'pending' || state === 'granted') || isOver) throw decided(request)
        const removeLinks = state === 'granted' ? await endGrant(tx, id, who.subject) : []
        if (state === 'pending') await requests.setState(tx, id, 'withdrawn')
        await recordAudit(tx, source, who, { ...attempt, detail: { ...attempt.detail, was: state } })
        const now = (await requests.findRequest(tx, id)) ?? request
        return { edit: { removeLinks }, result: { ...now, mayDecide: false } }
      },
      // Whatever it denied him, he gets back nothing but what he had.
      { exempt: true, escalates: true },
    ),
  )
}

/** The request, as far as the caller may know of it, and what he tries. */
async function seen({ store, policy }: GrantParts, who: Identity, id: string, action: string) {
  const request = await requests.findRequest(store.db, id)
  const isSeen =
    request !== undefined && (request.subject === who.subject || maySee(await policy.current(), who, request.domain))
  if (!isSeen) throw unknown(id)
  const { subject, role, domain, reason } = request
  const detail = { subject, role, domain, reason }
  return { attempt: { action, project: projectOf(domain), object: `access-request/${id}`, detail } }
}

/** The request that is to be decided, held still; throws when the caller may not, or somebody has. */
async function pending(tx: Tx, index: AccessIndex, who: Identity, id: string): Promise<requests.RequestRow> {
  const request = await requests.lockRequest(tx, id)
  if (request === undefined) throw unknown(id)
  if (request.subject === who.subject) throw failure('authorization.self_approval_refused')
  requireRight(index, who, { action: 'grant', object: 'binding', domain: request.domain })
  if (request.state !== 'pending') throw decided(request)
  return request
}

const unknown = (id: string) =>
  failure('authorization.access_request_unknown', { detail: `There is no request for access '${id}'.` })

const decided = ({ state, decidedBy }: requests.RequestRow) =>
  failure('authorization.access_request_decided', {
    detail: `The request is ${state}${decidedBy === undefined ? '' : `, by ${decidedBy}`}.`,
  })

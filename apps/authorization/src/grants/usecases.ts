import type { AccessIndex } from '@plinth/access'
import { failure, type AccessRequestInfo } from '@plinth/contracts'
import { newId, type Identity } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { requireRole } from '../bindings/usecases.ts'
import { requireRight } from '../access/rights.ts'
import { auditDenials, projectOf, type Attempt } from '../denials.ts'
import { source, type Parts } from '../parts.ts'
import { changePolicy } from '../policy/change.ts'
import { bindUntil, refuseHeld, tell } from './elevation.ts'
import { endGrant } from './ending.ts'
import { maySee } from './listing.ts'
import * as requests from './store.ts'

type Asked = { role: string; domain: string; reason: string; durationMinutes: number; breakGlass?: boolean }
type Info = Static<typeof AccessRequestInfo>
type Asking = Required<Attempt>
type GrantParts = Pick<Parts, 'store' | 'policy' | 'clock'>

const minuteMs = 60_000
const breakGlassMinutesMax = 60
const openMax = 20
const rolePrefix = 'role:'

export const grantUseCases = (parts: GrantParts) => ({
  /** Asks for a role for a time; or breaks the glass, which takes it at once. */
  async createAccessRequest(who: Identity, want: Asked): Promise<Info> {
    const breakGlass = want.breakGlass === true
    const attempt = {
      action: breakGlass ? 'access.break-glass' : 'access.request',
      project: projectOf(want.domain),
      object: `role/${want.role.slice(rolePrefix.length)}`,
      detail: { ...want },
    }
    return auditDenials(parts, who, attempt, async () => {
      refuseMalformed(who, want)
      const row: requests.RequestRow = {
        id: newId('acr', parts.clock.now().getTime()),
        subject: who.subject,
        ...want,
        breakGlass,
        state: 'pending',
        createdAt: parts.clock.now().toISOString(),
      }
      return breakGlass ? breakTheGlass(parts, who, row, attempt) : ask(parts, who, row, attempt)
    })
  },

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

  /** Withdraws what is asked for, or gives granted access back: at once, as every change of the policy. */
  async end(who: Identity, id: string): Promise<Info> {
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
  },
})

async function ask(parts: GrantParts, who: Identity, row: requests.RequestRow, attempt: Asking): Promise<Info> {
  return parts.store.transaction(async (tx) => {
    await requireRole(tx, row.role.slice(rolePrefix.length))
    await refuseHeld(tx, row, parts.clock.now())
    await insert(tx, who, row)
    await tell(tx, row, 'requested', who.subject)
    await recordAudit(tx, source, who, { ...attempt, detail: { ...attempt.detail, id: row.id } })
    return { ...row, mayDecide: false }
  })
}

/** Loud, and at once: the binding, its request, the entry in the ledger and the event are one transaction. */
function breakTheGlass(parts: GrantParts, who: Identity, row: requests.RequestRow, attempt: Asking): Promise<Info> {
  const now = parts.clock.now()
  const expiresAt = new Date(now.getTime() + row.durationMinutes * minuteMs)
  return changePolicy(
    parts,
    who,
    async (tx, index) => {
      const role = row.role.slice(rolePrefix.length)
      requireRight(index, who, { action: 'use', object: `break-glass/${role}`, domain: row.domain })
      await requireRole(tx, role)
      const granted: requests.RequestRow = {
        ...row,
        state: 'granted',
        decidedBy: who.subject,
        decidedAt: now.toISOString(),
        expiresAt: expiresAt.toISOString(),
      }
      await insert(tx, who, granted)
      const addLinks = await bindUntil(tx, parts, granted, who.subject, expiresAt)
      await tell(tx, granted, 'granted', who.subject)
      await recordAudit(tx, source, who, {
        ...attempt,
        detail: { ...attempt.detail, id: row.id, expiresAt: expiresAt.toISOString() },
      })
      return { edit: { addLinks }, result: { ...granted, mayDecide: false } }
    },
    // That he gets what he lacks is the point of it: the right to break the glass stands in for that guard. What he
    // gets for an hour he can't hand on for longer.
    { exempt: true, escalates: true },
  )
}

async function insert(tx: Tx, who: Identity, row: requests.RequestRow): Promise<void> {
  if ((await requests.countOpen(tx, who.subject)) >= openMax) {
    throw failure('authorization.access_request_exists', {
      detail: `You have ${openMax} open requests for access; end one of them first.`,
    })
  }
  if (!(await requests.insertRequest(tx, row, who.requestId))) throw failure('authorization.access_request_exists')
}

/** What may be asked for at all. */
function refuseMalformed(who: Identity, { role, durationMinutes, breakGlass }: Asked): void {
  const problems = [
    ...(role.startsWith(rolePrefix) ? [] : [{ path: '/body/role', message: 'must be a role; nobody joins a group for a time' }]), // prettier-ignore
    ...(breakGlass === true && durationMinutes > breakGlassMinutesMax
      ? [{ path: '/body/durationMinutes', message: `must be at most ${breakGlassMinutesMax} for a broken glass` }]
      : []),
  ]
  if (problems.length > 0) throw failure('authorization.policy_invalid', { problems })
  if (!who.subject.startsWith('user:'))
    throw failure('gateway.permission_denied', { detail: 'Only users ask for access; a program is bound.' })
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

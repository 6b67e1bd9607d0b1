import { failure, type AccessRequestInfo } from '@plinth/contracts'
import { newId, type Identity } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { requireRight } from '../access/rights.ts'
import { requireRole } from '../bindings/usecases.ts'
import { auditDenials, projectOf, type Attempt } from '../denials.ts'
import { source, type Parts } from '../parts.ts'
import { changePolicy } from '../policy/change.ts'
import { bindUntil, refuseHeld, tell } from './elevation.ts'
import * as requests from './store.ts'

type Asked = { role: string; domain: string; reason: string; durationMinutes: number; breakGlass?: boolean }
type Info = Static<typeof AccessRequestInfo>
type Asking = Required<Attempt>
type GrantParts = Pick<Parts, 'store' | 'policy' | 'clock'>

const minuteMs = 60_000
const breakGlassMinutesMax = 60
const openMax = 20
const rolePrefix = 'role:'

/** Asks for a role for a time; or breaks the glass, which takes it at once. */
export async function createAccessRequest(parts: GrantParts, who: Identity, want: Asked): Promise<Info> {
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
}

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

import type { AccessIndex, Link } from '@plinth/access'
import { accessElevated, failure, type EventData } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { appendEvent, type Tx } from '@plinth/store'
import { may } from '../access/rights.ts'
import { deleteBindingsOfRequest, findBindingOf, insertBindings, linkOf } from '../bindings/store.ts'
import { projectOf } from '../denials.ts'
import type { Parts } from '../parts.ts'
import { refuseEscalation } from '../policy/guards.ts'
import type { RequestRow } from './store.ts'

/** Of roles that are made for one request for access, and of no interest to anybody by themselves. */
export const elevatedPrefix = 'role:elevated/'

type Asked = Pick<RequestRow, 'id' | 'subject' | 'role' | 'domain' | 'breakGlass'>

/** Whoever watches over the platform is told, in the transaction that does it. */
export const tell = (tx: Tx, request: RequestRow, state: EventData<typeof accessElevated>['state'], actor: string) =>
  appendEvent(tx, accessElevated, {
    project: projectOf(request.domain),
    entity: request.id,
    actor,
    data: {
      request: request.id,
      subject: request.subject,
      role: request.role,
      domain: request.domain,
      reason: request.reason,
      breakGlass: request.breakGlass,
      state,
      ...(request.expiresAt !== undefined && { expiresAt: request.expiresAt }),
    },
  })

/**
 * Writes the bindings that fulfil a request until it ends. A policy has one link from a subject to a role in a domain:
 * where he has a lesser one already (in office hours only, or none that holds through a freeze), the new one goes by a
 * role made for this request, and the other stays as it is.
 *
 * @throws authorization.binding_exists when he has it anyway
 */
export async function bindUntil(
  tx: Tx,
  { clock }: Pick<Parts, 'clock'>,
  asked: Asked,
  by: string,
  expiresAt: Date,
): Promise<Link[]> {
  const { id, subject, role, domain, breakGlass } = asked
  const now = clock.now()
  const until = { domain, expiresAt: expiresAt.toISOString() }
  const given = { ...until, ...(breakGlass && { conditions: { breakGlass: true as const } }) }
  const standing = await refuseHeld(tx, asked, now)
  const through = elevatedPrefix + id.slice(id.indexOf('_') + 1)
  const links: Link[] = standing
    ? [
        { subject, role: through, ...given },
        { subject: through, role, ...until },
      ]
    : [{ subject, role, ...given }]
  return (await insertBindings(tx, links, by, now, id)).map(linkOf)
}

/** Refuses what he holds anyway; else whether he has a lesser binding of the same kind. */
export async function refuseHeld(tx: Tx, asked: Asked, now: Date): Promise<boolean> {
  const standing = await findBindingOf(tx, asked)
  if (standing === undefined) return false
  if (standing.expiresAt !== null && Date.parse(standing.expiresAt) <= now.getTime()) return false
  if (standing.conditions === null && standing.expiresAt === null && !asked.breakGlass) {
    throw failure('authorization.binding_exists', {
      detail: `${asked.subject} holds ${asked.role} in '${asked.domain}' already, without an end.`,
    })
  }
  return true
}

/** Takes away what a request had given; returns the links that are gone. */
export const unbind = async (tx: Tx, request: string): Promise<Link[]> =>
  (await deleteBindingsOfRequest(tx, request)).map(linkOf)

/** Whether the caller may say yes or no: he grants roles there, holds all of this one, and did not ask for it himself. */
export function mayDecide(index: AccessIndex, who: Identity, { subject, role, domain }: Asked): boolean {
  if (subject === who.subject || !may(index, who, { action: 'grant', object: 'binding', domain })) return false
  try {
    refuseEscalation(index, who.subjects, { addLinks: [{ subject, role, domain }] })
    return true
  } catch {
    return false
  }
}

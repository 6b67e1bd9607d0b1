import { withinScopes, type AccessIndex, type Scope } from '@plinth/access'
import type { Bus } from '@plinth/bus'
import { eventSources, type CloudEvent } from '@plinth/contracts'

type Wanted = { project: string | undefined; type: string | undefined; lastEventId: string | undefined }
/** Who wants to see them: his groups, what his token is narrowed to, and where he is. */
export type Asker = { subjects: readonly string[]; scopes?: readonly Scope[] | undefined; address?: string | undefined }
export type SeenEvent = { id: string; data: CloudEvent }

/**
 * The events of all services that somebody may see, as they happen or from a cursor on: those of a project for whoever
 * may get the project, those of the platform for whoever may everywhere; audit entries for whoever may list the ledger.
 * Decided on at each event, with the policy of that moment.
 */
export async function* followEvents(
  bus: Bus,
  policy: { current(forWriting: boolean): AccessIndex },
  who: Asker,
  { project, type, lastEventId }: Wanted,
  signal: AbortSignal,
): AsyncGenerator<SeenEvent> {
  const from = lastEventId === undefined ? {} : { fromSequence: lastEventId }
  for await (const { event, cursor } of bus.follow({ sources: [...eventSources], signal, ...from })) {
    if (project !== undefined && event.plinthproject !== project) continue
    if (type !== undefined && !event.type.startsWith(type)) continue
    if (maySee(policy.current(false), who, event)) yield { id: cursor, data: event }
  }
}

export function maySee(index: AccessIndex, { subjects, scopes, address }: Asker, event: CloudEvent): boolean {
  const domain = event.plinthproject === 'platform' ? '*' : event.plinthproject
  const isAudit = event.type.includes('.audit.')
  const asked = isAudit ? { action: 'list', object: 'audit' } : { action: 'get', object: 'project' }
  const context = address === undefined ? {} : { address }
  return withinScopes(scopes, { domain, ...asked }) && index.decide({ subjects, domain, ...asked, context }).allowed
}

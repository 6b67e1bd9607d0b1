import { maySeeEvent, type AccessIndex, type EventViewer } from '@plinth/access'
import type { Bus } from '@plinth/bus'
import { eventSources, type CloudEvent } from '@plinth/contracts'

type Wanted = { project: string | undefined; type: string | undefined; lastEventId: string | undefined }
export type SeenEvent = { id: string; data: CloudEvent }

/**
 * The events of all services that somebody may see, as they happen or from a cursor on: those of a project for whoever
 * may get the project, those of the platform for whoever may everywhere; audit entries for whoever may list the ledger.
 * Decided on at each event, with the policy of that moment.
 */
export async function* followEvents(
  bus: Bus,
  policy: { current(forWriting: boolean): AccessIndex },
  who: EventViewer,
  { project, type, lastEventId }: Wanted,
  signal: AbortSignal,
): AsyncGenerator<SeenEvent> {
  const from = lastEventId === undefined ? {} : { fromSequence: lastEventId }
  for await (const { event, cursor } of bus.follow({ sources: [...eventSources], signal, ...from })) {
    if (project !== undefined && event.plinthproject !== project) continue
    if (type !== undefined && !event.type.startsWith(type)) continue
    const seen = { type: event.type, project: event.plinthproject }
    if (maySeeEvent(policy.current(false), who, seen)) yield { id: cursor, data: event }
  }
}

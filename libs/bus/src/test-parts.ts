import { repositoryPushed, subjectOf, type CloudEvent, type EventSpec } from '@plinth/contracts'
import type { DeadLetter, Inbox, IncomingEvent, OutgoingEvent } from '@plinth/kernel'

/** What a transaction is here: effects that count only when the work ends well. */
export type Effects = { effect(value: string): void }

export type MemoryInbox = Inbox<Effects> & { effects: string[]; buried: Pick<DeadLetter, 'eventId' | 'error'>[] }

/** The kernel's Inbox in memory, with its guarantee: effect and note of the id together, or neither. */
export function memoryInbox(): MemoryInbox {
  const done = new Set<string>()
  const effects: string[] = []
  const buried: MemoryInbox['buried'] = []
  return {
    effects,
    buried,
    async once(consumer, event, work) {
      const key = `${consumer}/${event.id}`
      if (done.has(key)) return 'duplicate'
      const pending: string[] = []
      await work({ effect: (value) => void pending.push(value) })
      if (done.has(key)) return 'duplicate'
      done.add(key)
      effects.push(...pending)
      return 'done'
    },
    bury(_consumer: string, event: IncomingEvent, error: unknown) {
      buried.push({ eventId: event.id, error: String(error) })
      return Promise.resolve()
    },
  }
}

/** An event as the outbox would hand it over; `entity` is its key, so its order is kept. */
export function outgoing(
  id: string,
  entity: string,
  o: { spec?: EventSpec; data?: unknown; project?: string } = {},
): OutgoingEvent {
  const { spec = repositoryPushed, project = 'payments' } = o
  const body: CloudEvent = {
    specversion: '1.0',
    id,
    source: 'gitops',
    type: spec.type,
    time: '2026-01-01T00:00:00.000Z',
    subject: entity,
    datacontenttype: 'application/json',
    plinthproject: project,
    data: o.data ?? spec.example,
  }
  return { id, key: entity, subject: subjectOf(spec.type, project, entity), body: JSON.stringify(body) }
}

import { maySeeEvent } from '@plinth/access'
import { on, type Reaction } from '@plinth/bus'
import { auditCheckpointed, credentialEnded, decisionsRecorded, events, policyChanged } from '@plinth/contracts'
import { newId, type IncomingEvent } from '@plinth/kernel'
import { enqueue, type Tx } from '@plinth/store'
import type { Parts } from '../parts.ts'
import { deliveryQueue } from './deliver.ts'
import * as webhooks from './store.ts'

/**
 * Writes down that an event is to be sent, for each webhook of its project that wants it and whose owner may see it. In
 * the transaction that notes the event as handled: each webhook gets each event once, whatever is killed in between.
 */
export const fanOut =
  ({ policy, clock }: Pick<Parts, 'policy' | 'clock'>) =>
  async (tx: Tx, event: IncomingEvent): Promise<void> => {
    if (event.project === 'platform') return
    const hooks = await webhooks.activeWebhooks(tx, event.project)
    if (hooks.length === 0) return
    const index = await policy.current()
    for (const { id: webhook, owner, types } of hooks) {
      const wanted = types.length === 0 || types.some((type) => event.type.startsWith(type))
      if (!wanted || !maySeeEvent(index, { subjects: [owner] }, event)) continue
      const id = newId('dlv')
      const delivery = { id, webhook, eventId: event.id, eventType: event.type, body: bodyOf(event) }
      if (await webhooks.insertDelivery(tx, delivery, clock.now())) await enqueue(tx, deliveryQueue, id)
    }
  }

/** Those that are never of a project: no webhook could want one. */
const ofThePlatform: ReadonlySet<string> = new Set(
  [policyChanged, credentialEnded, auditCheckpointed, decisionsRecorded].map(({ type }) => type),
)

/** The reactions of this service, and that every event which some webhook could want is sent as well. */
export function alsoSent(send: (tx: Tx, event: IncomingEvent) => Promise<void>, own: readonly Reaction<Tx>[]) {
  const sent = events.filter(({ type }) => !ofThePlatform.has(type))
  const known = new Map(own.map((reaction) => [reaction.spec.type, reaction]))
  return sent.map((spec) =>
    on(spec, async (tx: Tx, event: IncomingEvent) => {
      await known.get(spec.type)?.handle(tx, event)
      await send(tx, event)
    }),
  )
}

/** A CloudEvent in JSON (structured mode), which has the `type` and `data` that Standard Webhooks asks for. */
const bodyOf = ({ id, type, source, time, entity, project, actor, data }: IncomingEvent): string =>
  JSON.stringify({
    specversion: '1.0',
    id,
    type,
    source,
    time,
    timestamp: time,
    subject: entity,
    datacontenttype: 'application/json',
    plinthproject: project,
    ...(actor !== undefined && { plinthactor: actor }),
    data,
  })

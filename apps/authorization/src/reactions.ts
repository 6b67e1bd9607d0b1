import { on, type Reaction } from '@plinth/bus'
import { auditRecorded, eventSources, failure, projectCreated } from '@plinth/contracts'
import type { DeadLetter, IncomingEvent } from '@plinth/kernel'
import type { Store, Tx } from '@plinth/store'
import { Check } from 'typebox/value'
import { appendEntry } from './audit/ledger.ts'
import type { Parts } from './parts.ts'
import { onProjectCreated } from './projects/on-project-created.ts'
import { alsoSent, fanOut } from './webhooks/fan-out.ts'

/** The name under which this service listens. */
export const consumer = 'authorization'

export const reactions = (parts: Pick<Parts, 'policy' | 'clock' | 'ledger'>): Reaction<Tx>[] =>
  alsoSent(fanOut(parts), [
    on(projectCreated, onProjectCreated(parts)),
    ...eventSources.map((source) =>
      on(auditRecorded(source), async (tx: Tx, event) => {
        await appendEntry(tx, event)
        parts.ledger.grew()
      }),
    ),
  ])

/** Handles a buried event once more, in its transaction with the note of its id. Throws where it cannot be handled yet. */
export const replay =
  (store: Pick<Store, 'inbox'>, list: readonly Reaction<Tx>[]) =>
  async ({ body, eventType }: DeadLetter): Promise<void> => {
    const reaction = list.find(({ spec }) => spec.type === eventType)
    const event = body as IncomingEvent
    if (reaction === undefined || !Check(reaction.spec.data, event.data)) {
      throw failure('platform.conflict', {
        detail: `This service cannot read the event as a ${eventType}; it stays where it is.`,
      })
    }
    await store.inbox.once(consumer, event, (tx) => reaction.handle(tx, event))
  }

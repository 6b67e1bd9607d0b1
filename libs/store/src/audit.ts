import { auditRecorded, type EventSource } from '@plinth/contracts'
import { newId, type DeadLetter, type Identity } from '@plinth/kernel'
import type { Executor, Tx } from './database.ts'
import { appendEvent, outboxRow, type OutboxRow } from './outbox.ts'
import type { Transact } from './transaction.ts'
import { behindOf } from './wake.ts'

export type AuditEntry = {
  /** `component.create`: what was done, or denied. */
  action: string
  /** The project it happened in; `platform` where there is none. */
  project: string
  /** What it was done to: `component/ledger`. */
  object: string
  /** `success` unless given. */
  outcome?: 'success' | 'denied'
  /** What a reader of the ledger needs to understand it; never a secret. */
  detail?: Record<string, unknown>
}

/**
 * Records who did what, in the transaction that did it. It leaves through the outbox as `audit.recorded` of the source
 * and arrives in the ledger that authorization keeps.
 */
export async function recordAudit(tx: Tx, source: EventSource, who: Actor, entry: AuditEntry): Promise<void> {
  await appendEvent(tx, auditRecorded(source), auditFacts(tx, who, entry))
}

type Actor = Identity | { subject: string; requestId?: string }

/** The same for `appendRows`. */
export const auditRow = (executor: Executor, source: EventSource, who: Actor, entry: AuditEntry): OutboxRow =>
  outboxRow(executor, auditRecorded(source), auditFacts(executor, who, entry))

function auditFacts(
  executor: Executor,
  who: Actor,
  { action, project, object, outcome = 'success', detail = {} }: AuditEntry,
) {
  return {
    project,
    entity: newId('aud'),
    actor: who.subject,
    data: {
      actor: who.subject,
      action,
      project,
      object,
      outcome,
      detail,
      ...(who.requestId !== undefined && { requestId: who.requestId }),
      occurredAt: behindOf(executor).clock.now().toISOString(),
    },
  }
}

/** Records who had a dead letter handled once more; for the handlers that do it. */
export const recordReplay =
  (store: { transaction: Transact }, source: EventSource) =>
  (who: Identity, { id, eventId, eventType }: DeadLetter): Promise<void> =>
    store.transaction((tx) =>
      recordAudit(tx, source, who, {
        action: 'dead-letter.replay',
        project: 'platform',
        object: `dead-letter/${id}`,
        detail: { eventId, eventType },
      }),
    )

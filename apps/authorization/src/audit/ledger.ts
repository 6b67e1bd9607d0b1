import { createHash } from 'node:crypto'
import type { AuditEntryData } from '@plinth/contracts'
import type { IncomingEvent } from '@plinth/kernel'
import { canonicalJson } from '@plinth/kernel/audit'
import type { Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { insertEntry, lockHead, setHead, type StoredEntry } from './store.ts'

/** The hash before the first entry. */
export const genesis = '0'.repeat(64)

/**
 * Appends what a service says was done to the ledger: one writer at a time, so that the sequence has no gap and each
 * hash holds the one before. In the transaction that notes the event, so a repeated event is no second entry.
 */
export async function appendEntry(tx: Tx, event: IncomingEvent<Static<typeof AuditEntryData>>): Promise<void> {
  const head = await lockHead(tx)
  const { actor, action, project, object, outcome, detail, requestId, occurredAt } = event.data
  const entry = {
    sequence: head.sequence + 1,
    id: storable(event.id),
    source: storable(event.source.split('/').at(-1) ?? event.source),
    actor: storable(actor),
    action: storable(action),
    project: storable(project),
    object: storable(object),
    outcome,
    detail: canonicalJson(detail),
    requestId: requestId === undefined ? null : storable(requestId),
    occurredAt: storable(occurredAt),
  }
  const stored = { ...entry, hash: hashOfEntry(head.hash, entry) }
  await insertEntry(tx, stored)
  await setHead(tx, stored)
}

/** SHA-256 over the previous hash and the entry in canonical JSON (RFC 8785), in hexadecimal. */
export function hashOfEntry(previous: string, entry: Omit<StoredEntry, 'hash'>): string {
  const { sequence, id, source, actor, action, project, object, outcome, requestId, occurredAt } = entry
  const whole = {
    sequence,
    id,
    source,
    actor,
    action,
    project,
    object,
    outcome,
    occurredAt,
    detail: parsed(entry.detail),
    ...(requestId !== null && { requestId }),
  }
  return createHash('sha256').update(previous).update(canonicalJson(whole)).digest('hex')
}

/** A detail that is no JSON any more was tampered with; its text gives another hash, as it should. */
function parsed(detail: string): unknown {
  try {
    return JSON.parse(detail)
  } catch {
    return detail
  }
}

/** PostgreSQL's text holds no NUL and no half of a surrogate pair; an entry must not fail for one. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\ufffd')

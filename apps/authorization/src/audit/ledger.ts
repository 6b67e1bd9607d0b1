import type { AuditEntryData } from '@plinth/contracts'
import type { IncomingEvent } from '@plinth/kernel'
import { canonicalJson, genesis, hashOfEntry, type PartitionHead } from '@plinth/kernel/audit'
import type { Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { insertEntry, insertPartition, lockHead, setHead } from './store.ts'

type Data = Static<typeof AuditEntryData>

/** The partition of what belongs to no project. */
export const platformPartition = 'platform'
const projectName = /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/

/**
 * Appends what a service says was done to its partition: one writer at a time for each, so that the sequence has no gap
 * and each hash holds the one before. In the transaction that notes the event, so a repeated event is no second entry.
 */
export async function appendEntry(tx: Tx, event: IncomingEvent<Data>): Promise<void> {
  const { partition, entries, head } = await lockPartition(tx, event.data)
  const { actor, action, project, object, outcome, detail, requestId, occurredAt } = event.data
  const entry = {
    partition,
    sequence: entries + 1,
    id: storable(event.id),
    source: storable(event.source.split('/').at(-1) ?? event.source),
    actor: storable(actor),
    action: storable(action),
    project: storable(project),
    object: storable(object),
    outcome,
    occurredAt: storable(occurredAt),
  }
  const asked = requestId === undefined ? {} : { requestId: storable(requestId) }
  const text = canonicalJson(detail)
  // Hashed as it will be read: what JSON cannot hold is gone by then.
  const hash = hashOfEntry(head, { ...entry, detail: JSON.parse(text) as unknown, ...asked })
  await insertEntry(tx, { ...entry, detail: text, requestId: asked.requestId ?? null, hash })
  await setHead(tx, { partition, sequence: entry.sequence, hash })
}

/**
 * That of the project, made by the first thing that is done in it. What was denied makes none: anybody may ask for
 * projects that there are not, and each would be a leaf of every checkpoint from then on.
 */
async function lockPartition(tx: Tx, { project, outcome }: Data): Promise<PartitionHead> {
  const wanted = projectName.test(project) ? project : platformPartition
  const found = await lockHead(tx, wanted)
  if (found !== undefined) return found
  const partition = outcome === 'denied' ? platformPartition : wanted
  await insertPartition(tx, { partition, entries: 0, head: genesis })
  const made = await lockHead(tx, partition)
  if (made === undefined) throw new Error(`the partition ${partition} of the ledger vanished`)
  return made
}

/** PostgreSQL's text holds no NUL and no half of a surrogate pair; an entry must not fail for one. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\ufffd')

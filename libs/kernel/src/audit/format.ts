import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'

/** An entry of the ledger as it is exported and hashed. */
export type LedgerEntry = {
  partition: string
  /** In its partition, from 1, without a gap. */
  sequence: number
  id: string
  source: string
  actor: string
  action: string
  project: string
  object: string
  outcome: string
  detail: unknown
  requestId?: string
  occurredAt: string
  hash: string
}

/** How far a partition goes, and the hash of its last entry. */
export type PartitionHead = { partition: string; entries: number; head: string }

/** What the ledger held, signed. `partitions` are those that grew since the checkpoint before, new ones at the end. */
export type Checkpoint = {
  sequence: number
  at: string
  partitions: PartitionHead[]
  /** Over all partitions, also those that did not grow. */
  entries: number
  /** Merkle root (RFC 6962) over the heads of all partitions, in the order in which they first appeared. */
  root: string
  /** SHA-256 of the checkpoint before, its signature included. */
  previous: string
  keyId: string
  signature: string
}

/** Where a ledger begins whose oldest entries were let go: the heads as of a checkpoint, signed when that was done. */
export type LedgerBase = {
  checkpoint: number
  /** SHA-256 of that checkpoint. */
  hash: string
  /** When that checkpoint was made: older entries are gone. */
  at: string
  /** All there were, in their order. */
  partitions: PartitionHead[]
  keyId: string
  signature: string
}

export type LedgerKey = { keyId: string; publicKeyPem: string }

/** The first line of an export. */
export type ExportHeader = {
  format: 'plinth-audit'
  version: 1
  exportedAt: string
  /** The only partition whose entries are in it; all without. */
  partition?: string
  /** False for a selection: its entries are not a chain, and only the seal speaks for it. */
  complete: boolean
  keys: LedgerKey[]
}

/** The last line of an export: signs all lines before it. */
export type ExportSeal = { lines: number; digest: string; keyId: string; signature: string }

/** The hash before the first entry and the first checkpoint. */
export const genesis = '0'.repeat(64)

/**
 * The partition of entries from before there were partitions. No project can have its name, and its hashes do not
 * hold it: they are what they were when they were written.
 */
export const legacyPartition = '~legacy'

/** SHA-256, in hexadecimal, over the hash of the entry before and all members of this one in canonical JSON (RFC 8785). */
export function hashOfEntry(previous: string, entry: Omit<LedgerEntry, 'hash'>): string {
  const left = { hash: undefined, ...(entry.partition === legacyPartition && { partition: undefined }) }
  return createHash('sha256')
    .update(previous)
    .update(canonicalJson({ ...entry, ...left }))
    .digest('hex')
}

/** SHA-256 over a checkpoint in canonical JSON, in hexadecimal: what the next one holds, and what one may keep to compare. */
export const hashOfCheckpoint = (checkpoint: Checkpoint): string =>
  createHash('sha256').update(canonicalJson(checkpoint)).digest('hex')

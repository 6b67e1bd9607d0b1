import type { Db } from '@plinth/store'
import { genesis, hashOfEntry } from './ledger.ts'
import { entriesAfter, readHead } from './store.ts'

const batch = 2_000

export type Verification = { valid: boolean; entries: number; head: string; brokenAt?: number; problem?: string }

/**
 * Walks the chain from the first entry to the one that was the last when the walk began, a batch at a time. Names the
 * first entry that is missing, or that is not what was written. `entries` counts the good ones before it.
 */
export async function verifyLedger(db: Db, signal: AbortSignal): Promise<Verification> {
  const head = await readHead(db)
  let sequence = 0
  let hash = genesis
  const broken = (problem: string): Verification => ({
    valid: false,
    entries: sequence,
    head: head.hash,
    brokenAt: sequence + 1,
    problem,
  })
  while (sequence < head.sequence) {
    signal.throwIfAborted()
    const entries = await entriesAfter(db, sequence, batch)
    if (entries.length === 0) return broken(`entry ${sequence + 1} is missing, and all after it`)
    for (const entry of entries) {
      if (sequence >= head.sequence) break
      if (entry.sequence !== sequence + 1) return broken(`entry ${sequence + 1} is missing`)
      if (hashOfEntry(hash, entry) !== entry.hash)
        return broken(`entry ${entry.sequence} is not what was written, or the one before it is not`)
      hash = entry.hash
      sequence = entry.sequence
    }
  }
  if (hash !== head.hash) return broken('the last entry is not the one that was written last')
  const [beyond] = await entriesAfter(db, sequence, 1)
  const now = beyond === undefined ? head : await readHead(db)
  if (beyond !== undefined && now.sequence < beyond.sequence)
    return broken(`entry ${beyond.sequence} was not written by the ledger`)
  return { valid: true, entries: sequence, head: hash }
}

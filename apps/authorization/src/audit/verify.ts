import { BrokenLedger, LedgerVerifier, readKeys, rootOfHeads, type LedgerProblem } from '@plinth/kernel/audit'
import type { Db } from '@plinth/store'
import { newestCheckpoint, readBase } from './checkpoint-store.ts'
import { listAuditKeys } from './keys.ts'
import { readLedger } from './read-ledger.ts'
import { entryBeyond, partitionEnds } from './store.ts'

export type Verification = {
  valid: boolean
  entries: number
  partitions: number
  checkpoints: number
  /** The root of the newest checkpoint. */
  head: string
  problem?: LedgerProblem
}

/**
 * Follows every chain to where it ended when this began, and holds it against the checkpoints. Names the first thing
 * that is wrong; `entries` counts the good ones before it.
 */
export async function verifyLedger(db: Db, signal: AbortSignal): Promise<Verification> {
  for (;;) {
    const base = await readBase(db)
    const verification = await verifyOnce(db, signal)
    // Old entries went while we read: what seemed to be missing may be just that.
    if (verification.valid || (await readBase(db))?.checkpoint === base?.checkpoint) return verification
  }
}

async function verifyOnce(db: Db, signal: AbortSignal): Promise<Verification> {
  const verifier = new LedgerVerifier(readKeys(await listAuditKeys(db)))
  const outcome = () => {
    const { entries, partitions, checkpoints, root } = verifier
    return { entries, partitions, checkpoints, head: root }
  }
  try {
    // In this order: what the checkpoint covers was there before the ends were looked at.
    const { upTo, heads } = await newestCheckpoint(db)
    const ends = await partitionEnds(db)
    for await (const batch of readLedger(db, { upTo, ends })) {
      signal.throwIfAborted()
      for (const item of batch) {
        if ('entry' in item) verifier.entry(item.entry)
        else if ('checkpoint' in item) verifier.checkpoint(item.checkpoint)
        else if ('base' in item) verifier.base(item.base)
      }
    }
    verifier.finish(new Map(ends.map((end) => [end.partition, end])))
    if (rootOfHeads(heads) !== verifier.root)
      throw new BrokenLedger({ kind: 'cut_off', message: 'the newest checkpoints are not those that were made last' })
    const beyond = await entryBeyond(db)
    if (beyond === undefined) return { valid: true, ...outcome() }
    const message = `entry ${beyond.sequence} of ${beyond.partition} was not written by the ledger`
    return { valid: false, ...outcome(), problem: { kind: 'added', ...beyond, message } }
  } catch (error) {
    if (!(error instanceof BrokenLedger)) throw error
    return { valid: false, ...outcome(), problem: error.problem }
  }
}

import type { Clock } from '@plinth/kernel'
import { hashOfCheckpoint, type AuditSigner, type PartitionHead } from '@plinth/kernel/audit'
import { recordAudit, rows, sql, type Db, type Executor, type Store, type Tx } from '@plinth/store'
import { platform, source } from '../parts.ts'
import { checkpointBefore, checkpointsAfter, readBase, setBase } from './checkpoint-store.ts'
import { ledgerLock } from './keys.ts'

type Parts = { store: Pick<Store, 'db' | 'transaction'>; clock: Clock; signer: AuditSigner }

const dayMs = 86_400_000
const batch = 500
const deletedAtOnce = 5_000

export async function retentionDays(executor: Executor): Promise<number> {
  const [settings] = await rows<{ days: number }>(executor, sql`select retention_days as days from audit_settings`)
  return settings?.days ?? 0
}

/**
 * Lets go of entries that are older than the settings keep. Always up to a checkpoint: its heads, signed, become the
 * base that what is left goes on from, and a verification begins there.
 */
export async function applyRetention({ store, clock, signer }: Parts): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${ledgerLock})`)
    const days = await retentionDays(tx)
    const last = await checkpointBefore(tx, new Date(clock.now().getTime() - days * dayMs))
    const before = await readBase(tx)
    if (last === undefined || last.sequence <= (before?.checkpoint ?? 0)) return
    const partitions = await headsAt(tx, last.sequence, before)
    const statement = { checkpoint: last.sequence, hash: hashOfCheckpoint(last), at: last.at, partitions }
    await setBase(tx, signer.sign(statement))
    await recordAudit(tx, source, platform, {
      action: 'audit.expire',
      project: 'platform',
      object: 'audit',
      detail: { checkpoint: last.sequence, before: last.at, entries: last.entries, retentionDays: days },
    })
  })
  await deleteOld(store.db)
}

/** What is before the base: small statements, and no harm when this ends between two of them. */
async function deleteOld(db: Db): Promise<void> {
  await db.execute(sql`delete from audit_checkpoints where sequence <= (select checkpoint from audit_base)`)
  for (;;) {
    const { rowCount } = await db.execute(sql`delete from audit_entries where position in (
      select position from audit_entries join audit_anchors using (partition)
      where audit_entries.sequence <= audit_anchors.entries limit ${deletedAtOnce})`)
    if ((rowCount ?? 0) < deletedAtOnce) return
  }
}

async function headsAt(
  tx: Tx,
  sequence: number,
  base: { checkpoint: number; partitions: PartitionHead[] } | undefined,
): Promise<PartitionHead[]> {
  const heads = new Map(base?.partitions.map((head) => [head.partition, head]))
  for (let after = base?.checkpoint ?? 0; after < sequence;) {
    const found = await checkpointsAfter(tx, after, Math.min(batch, sequence - after))
    if (found.length === 0) throw new Error(`checkpoint ${after + 1} of the audit ledger is missing`)
    for (const { partitions } of found) for (const head of partitions) heads.set(head.partition, head)
    after = found.at(-1)?.sequence ?? sequence
  }
  return [...heads.values()]
}

import type { Clock } from '@plinth/kernel'
import { exportLines, type AuditSigner, type ExportHeader } from '@plinth/kernel/audit'
import type { Db } from '@plinth/store'
import { newestCheckpoint, readBase } from './checkpoint-store.ts'
import { csvHeader, csvRow } from './csv.ts'
import { listAuditKeys } from './keys.ts'
import { readLedger } from './read-ledger.ts'
import { ledgerEntry, listEntries, type Filter, type StoredEntry } from './store.ts'

const entriesAtOnce = 1_000

type Parts = { db: Db; signer: AuditSigner; clock: Clock; makeCheckpoints(): Promise<void> }

/**
 * The ledger as JSON lines that verify without this platform. Whole, or of one partition, with its chains and
 * checkpoints; with another filter a selection, for which only the seal speaks.
 */
export async function* exportJsonLines(parts: Parts, filter: Filter): AsyncGenerator<string> {
  const { db, signer, clock } = parts
  const { project, ...others } = filter
  const complete = Object.values(others).every((value) => value === undefined)
  // Then there is nothing in the file that no checkpoint covers.
  if (complete) await parts.makeCheckpoints()
  const header: ExportHeader = {
    format: 'plinth-audit',
    version: 1,
    exportedAt: clock.now().toISOString(),
    ...(project !== undefined && { partition: project }),
    complete,
    keys: await listAuditKeys(db),
  }
  const lines = exportLines(signer)
  yield lines.line({ header })
  if (complete) {
    const before = await readBase(db)
    // What the checkpoints that are left do not cover, although it once was covered, is for the verifier to see.
    const { upTo, heads } = await newestCheckpoint(db)
    for await (const batch of readLedger(db, { only: project, upTo, ends: heads }))
      yield batch.map((item) => lines.line(item)).join('')
    if ((await readBase(db))?.checkpoint !== before?.checkpoint)
      throw new Error('entries were let go while they were exported; export again')
  } else {
    for await (const batch of selected(db, filter))
      yield batch.map((entry) => lines.line({ entry: ledgerEntry(entry) })).join('')
  }
  yield lines.seal()
}

export async function* exportCsv(db: Db, filter: Filter): AsyncGenerator<string> {
  yield csvHeader
  for await (const batch of selected(db, filter)) yield batch.map((entry) => csvRow(ledgerEntry(entry))).join('')
}

/** Oldest first. */
async function* selected(db: Db, filter: Filter): AsyncGenerator<StoredEntry[]> {
  for (let after = 0; ;) {
    const batch = await listEntries(db, filter, { after, limit: entriesAtOnce })
    if (batch.length > 0) yield batch
    if (batch.length < entriesAtOnce) return
    after = batch.at(-1)?.position ?? after
  }
}

/** Of letters, digits and hyphens only, whatever was asked for: nothing in it ends a header. */
export const exportName = (project: string | undefined, now: Date, format: string): string =>
  `plinth-audit-${(project ?? 'all').replace(/[^a-z0-9-]/g, '') || 'all'}-${now.toISOString().slice(0, 10)}.${format}`

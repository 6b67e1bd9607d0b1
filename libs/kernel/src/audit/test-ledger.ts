import { generateKeyPairSync } from 'node:crypto'
import { exportLines, type ExportItem } from './export-lines.ts'
import {
  genesis, hashOfCheckpoint, hashOfEntry, type Checkpoint, type ExportHeader, type LedgerEntry, type PartitionHead,
} from './format.ts' // prettier-ignore
import { rootOfHeads } from './merkle.ts'
import { auditSigner, type AuditSigner } from './signature.ts'

export const testSigner = (): AuditSigner =>
  auditSigner(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())

/** What is written, in order: entries of partitions, and where checkpoints are made. */
export type Step = { partition: string; actor: string; detail: unknown } | 'checkpoint'

/** The items of a ledger into which the steps were written, each chain and checkpoint as it should be. */
export function testLedger(steps: readonly Step[], signer: AuditSigner): ExportItem[] {
  const heads = new Map<string, PartitionHead>()
  const sealed = new Map<string, PartitionHead>()
  const items: ExportItem[] = []
  let previous = genesis
  let checkpoints = 0
  const seal = (): void => {
    const grown = [...heads.values()].filter(({ partition, entries }) => sealed.get(partition)?.entries !== entries)
    if (grown.length === 0) return
    for (const head of grown) sealed.set(head.partition, head)
    const all = [...sealed.values()]
    const entries = all.reduce((sum, head) => sum + head.entries, 0)
    const checkpoint: Checkpoint = signer.sign({
      sequence: ++checkpoints,
      at: '2026-11-23T10:00:00.000Z',
      partitions: grown,
      entries,
      root: rootOfHeads(all),
      previous,
    })
    previous = hashOfCheckpoint(checkpoint)
    items.push({ checkpoint })
  }
  for (const step of [...steps, 'checkpoint' as const]) {
    if (step === 'checkpoint') seal()
    else {
      const { partition, actor, detail } = step
      const head = heads.get(partition) ?? { partition, entries: 0, head: genesis }
      const entry: LedgerEntry = {
        partition, sequence: head.entries + 1, id: `evt_${items.length}`, source: 'gitops', actor, action: 'thing.do',
        project: partition, object: 'thing/x', outcome: 'success', detail, occurredAt: '2026-11-23T10:00:00.000Z', hash: genesis,
      } // prettier-ignore
      entry.hash = hashOfEntry(head.head, entry)
      heads.set(partition, { partition, entries: entry.sequence, head: entry.hash })
      items.push({ entry })
    }
  }
  return items
}

/** The file that the platform would export. */
export function testExport(items: readonly ExportItem[], signer: AuditSigner, partition?: string): string {
  const lines = exportLines(signer)
  const header: ExportHeader = {
    format: 'plinth-audit', version: 1, exportedAt: '2026-11-23T11:00:00.000Z', complete: true, keys: [signer.key],
    ...(partition !== undefined && { partition }),
  } // prettier-ignore
  const text = [{ header }, ...items].map((item) => lines.line(item))
  return [...text, lines.seal()].join('')
}

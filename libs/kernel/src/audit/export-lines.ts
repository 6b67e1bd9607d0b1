import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
import type { Checkpoint, ExportHeader, ExportSeal, LedgerBase, LedgerEntry } from './format.ts'
import type { AuditSigner } from './signature.ts'

/** What a line of an export holds, under the name of what it is. */
export type ExportItem =
  | { header: ExportHeader }
  | { base: LedgerBase }
  | { entry: LedgerEntry }
  | { checkpoint: Checkpoint }
  | { seal: ExportSeal }

/** SHA-256 over lines, each with its line feed. */
export class LineDigest {
  readonly #hash = createHash('sha256')
  lines = 0

  add(line: string): void {
    this.#hash.update(line).update('\n')
    this.lines++
  }

  /** In hexadecimal; nothing can be added afterwards. */
  end(): string {
    return this.#hash.digest('hex')
  }
}

/**
 * The lines of an export: JSON in its canonical form, one value a line. The header first, then the base where there is
 * one, then always the entries that a checkpoint covers before it, and a seal at the end, which signs all lines before.
 */
export function exportLines(signer: AuditSigner): { line(item: ExportItem): string; seal(): string } {
  const digest = new LineDigest()
  return {
    line(item) {
      const line = canonicalJson(item)
      digest.add(line)
      return `${line}\n`
    },
    seal: () => `${canonicalJson({ seal: signer.sign({ lines: digest.lines, digest: digest.end() }) })}\n`,
  }
}

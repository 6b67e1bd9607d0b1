import type { KeyObject } from 'node:crypto'
import { LineDigest } from './export-lines.ts'
import type { ExportHeader, ExportSeal } from './format.ts'
import { BrokenLedger, LedgerVerifier, type LedgerProblem } from './ledger-verifier.ts'
import { readItem } from './read-item.ts'
import { auditKeyId, isSignedBy, readKeys, readPublicKey } from './signature.ts'

/** What is known from elsewhere: without it an export is only found to agree with itself and the keys that it brings. */
export type Trust = {
  /** Ids of keys, or public keys in PEM: nothing signed by another one is believed. */
  keys?: readonly string[]
  /** A checkpoint that was seen before: the ledger must still hold it. `hash` as hashOfCheckpoint gives it. */
  checkpoint?: { sequence: number; hash: string }
}

export type ExportVerification = {
  valid: boolean
  /** The first thing that is wrong. */
  problem?: LedgerProblem
  /** False for a selection of entries: only the seal speaks for it, not the chains. */
  complete: boolean
  /** The only partition that was exported. */
  partition?: string
  /** Entries, partitions and checkpoints that were good before the problem. */
  entries: number
  partitions: number
  checkpoints: number
  /** The newest checkpoint, to keep and compare with later. */
  newest?: { sequence: number; hash: string; root: string }
  /** Where the export begins whose oldest entries were let go. */
  base?: { checkpoint: number; at: string }
  /** The keys that signed. */
  keys: string[]
}

const lineCharactersMax = 4 * 1024 * 1024

/**
 * Verifies an export without the platform that wrote it: every chain, every checkpoint and the seal. Takes the file's
 * bytes in any pieces and keeps none of them. Never throws for what is in the file, only when reading it fails.
 */
export async function verifyExport(
  bytes: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
  trust: Trust = {},
): Promise<ExportVerification> {
  const reader = new ExportReader(trust)
  try {
    for await (const line of linesOf(bytes)) reader.read(line)
    reader.finish()
    return { valid: true, ...reader.outcome() }
  } catch (error) {
    if (!(error instanceof BrokenLedger)) throw error
    return { valid: false, problem: error.problem, ...reader.outcome() }
  }
}

class ExportReader {
  readonly #trust: Trust
  readonly #digest = new LineDigest()
  readonly #used = new Set<string>()
  #keys = new Map<string, KeyObject>()
  #header: ExportHeader | undefined
  #ledger = new LedgerVerifier(this.#keys)
  #base: { checkpoint: number; at: string } | undefined
  #selected = 0
  #isSealed = false
  #foundPinned = false

  constructor(trust: Trust) {
    this.#trust = trust
  }

  read(line: string): void {
    const number = this.#digest.lines + 1
    if (this.#isSealed) throw new BrokenLedger({ kind: 'added', message: `line ${number + 1} comes after the seal` })
    const item = readItem(line, number)
    if ('header' in item) this.#begin(item.header)
    else if (this.#header === undefined)
      throw new BrokenLedger({ kind: 'format', message: 'the first line is not the header of an audit export' })
    else if ('seal' in item) return this.#checkSeal(item.seal)
    else if ('entry' in item) this.#entry(item.entry)
    else if ('checkpoint' in item) {
      this.#trusted(item.checkpoint.keyId)
      this.#ledger.checkpoint(item.checkpoint)
      this.#checkPinned()
    } else {
      this.#trusted(item.base.keyId)
      this.#ledger.base(item.base)
      this.#base = { checkpoint: item.base.checkpoint, at: item.base.at }
      this.#checkPinned()
    }
    this.#digest.add(line)
  }

  finish(): void {
    if (this.#isSealed) return
    const message = 'the export was cut off: its last line, the seal, is missing'
    throw new BrokenLedger({ kind: 'cut_off', message })
  }

  outcome(): Omit<ExportVerification, 'valid' | 'problem'> {
    const { entries, partitions, checkpoints, last, root } = this.#ledger
    return {
      complete: this.#header?.complete ?? false,
      ...(this.#header?.partition !== undefined && { partition: this.#header.partition }),
      entries: entries + this.#selected,
      partitions,
      checkpoints,
      ...(last.sequence > 0 && { newest: { ...last, root } }),
      ...(this.#base !== undefined && { base: this.#base }),
      keys: [...this.#used],
    }
  }

  #begin(header: ExportHeader): void {
    if (this.#header !== undefined) throw new BrokenLedger({ kind: 'format', message: 'there is a second header' })
    try {
      this.#keys = readKeys(header.keys)
    } catch (error) {
      throw new BrokenLedger({ kind: 'key', message: error instanceof Error ? error.message : 'a key is none' })
    }
    this.#header = header
    this.#ledger = new LedgerVerifier(this.#keys, header.partition)
  }

  #entry(entry: Parameters<LedgerVerifier['entry']>[0]): void {
    if (this.#header?.complete === true) this.#ledger.entry(entry)
    else this.#selected++
  }

  #trusted(keyId: string): void {
    this.#used.add(keyId)
    const { keys } = this.#trust
    if (keys === undefined) return
    const ids = keys.map((key) => {
      const read = key.includes('BEGIN') ? readPublicKey(key) : undefined
      return read === undefined ? key : auditKeyId(read)
    })
    if (!ids.includes(keyId))
      throw new BrokenLedger({ kind: 'key', message: `it is signed by ${keyId}, which is not a key that you trust` })
  }

  #checkPinned(): void {
    const pinned = this.#trust.checkpoint
    const { sequence, hash } = this.#ledger.last
    if (pinned?.sequence !== sequence) return
    if (pinned.hash !== hash) {
      const message = `checkpoint ${sequence} is not the one that you know: the ledger was written anew`
      throw new BrokenLedger({ kind: 'checkpoint', checkpoint: sequence, message })
    }
    this.#foundPinned = true
  }

  #checkSeal(seal: ExportSeal): void {
    this.#ledger.finish()
    this.#trusted(seal.keyId)
    const key = this.#keys.get(seal.keyId)
    if (key === undefined)
      throw new BrokenLedger({ kind: 'key', message: `the seal is of ${seal.keyId}, which is no key of this ledger` })
    const fits = seal.lines === this.#digest.lines && seal.digest === this.#digest.end()
    if (!fits || !isSignedBy(key, seal))
      throw new BrokenLedger({ kind: 'seal', message: 'the file is not what was sealed when it was exported' })
    this.#isSealed = true
    const { checkpoint } = this.#trust
    if (checkpoint === undefined || this.#foundPinned) return
    const { sequence } = this.#ledger.last
    const [kind, why] =
      checkpoint.sequence > sequence
        ? (['cut_off', `the ledger ends with checkpoint ${sequence}`] as const)
        : (['missing', 'the ledger begins after it'] as const)
    const message = `checkpoint ${checkpoint.sequence}, which you know, is not there: ${why}`
    throw new BrokenLedger({ kind, checkpoint: checkpoint.sequence, message })
  }
}

/** Lines that end with a line feed and nothing else: text may hold any other separator. */
async function* linesOf(
  bytes: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let rest = ''
  const decoded = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
    } catch {
      throw new BrokenLedger({ kind: 'format', message: 'the file is not UTF-8' })
    }
  }
  for await (const chunk of bytes) {
    const pieces = (rest + (typeof chunk === 'string' ? chunk : decoded(chunk))).split('\n')
    rest = pieces.pop() ?? ''
    yield* pieces
    if (rest.length > lineCharactersMax) throw new BrokenLedger({ kind: 'format', message: 'a line is too long' })
  }
  if (rest + decoded() !== '')
    throw new BrokenLedger({ kind: 'cut_off', message: 'the export was cut off: its last line does not end' })
}

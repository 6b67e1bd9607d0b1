import type { KeyObject } from 'node:crypto'
import { genesis, hashOfCheckpoint, hashOfEntry, type Checkpoint, type LedgerBase, type LedgerEntry } from './format.ts'
import { HeadTree } from './merkle.ts'
import { isSignedBy } from './signature.ts'

export type LedgerProblem = {
  /**
   * `edited`: not what was written. `missing`: left out. `reordered`: out of its place. `cut_off`: less than a
   * checkpoint says. `added`: more than it says. `checkpoint`: forged, or of another ledger. `key`: signed by a key
   * that is not known. `format`: no export. `seal`: changed after it was exported.
   */
  kind: 'edited' | 'missing' | 'reordered' | 'cut_off' | 'added' | 'checkpoint' | 'key' | 'format' | 'seal'
  message: string
  partition?: string
  /** Of the entry. */
  sequence?: number
  checkpoint?: number
}

type Head = { entries: number; head: string }
const empty: Head = { entries: 0, head: genesis }

/** Thrown by every step of a verifier: the ledger is broken here, and nothing after it is worth more than it. */
export class BrokenLedger extends Error {
  readonly problem: LedgerProblem
  constructor(problem: LedgerProblem) {
    super(problem.message)
    this.problem = problem
  }
}

/**
 * Follows a ledger from its beginning: first the base where there is one, then always the entries of a time before the
 * checkpoint that covers them. Every step throws BrokenLedger at the first thing that is wrong. Memory grows with the
 * number of partitions only.
 */
export class LedgerVerifier {
  readonly #keys: ReadonlyMap<string, KeyObject>
  readonly #only: string | undefined
  readonly #heads = new Map<string, Head>()
  /** Partitions in the order of the tree, with what the last checkpoint said of each. */
  readonly #sealed = new Map<string, Head & { place: number }>()
  readonly #tree = new HeadTree()
  /** Grown since the last checkpoint. */
  readonly #open = new Set<string>()
  #gap: { partition: string; sequence: number } | undefined
  #last = { sequence: 0, hash: genesis }
  #sealedEntries = 0
  /** Entries seen, those of before the base not among them. */
  entries = 0
  checkpoints = 0

  /** `only`: the one partition whose entries are looked at; of the others the checkpoints are taken at their word. */
  constructor(keys: ReadonlyMap<string, KeyObject>, only?: string) {
    this.#keys = keys
    this.#only = only
  }

  get partitions(): number {
    return this.#heads.size
  }

  get root(): string {
    return this.#tree.root()
  }

  /** The newest checkpoint, or that of the base: its sequence and hash; sequence 0 where there is none. */
  get last(): Readonly<{ sequence: number; hash: string }> {
    return this.#last
  }

  base(base: LedgerBase): void {
    const { checkpoint, hash, partitions } = base
    if (this.#last.sequence !== 0 || this.entries > 0)
      throw new BrokenLedger({ kind: 'reordered', message: 'the base does not come first', checkpoint })
    this.#checkSignature(base, `the base after checkpoint ${checkpoint}`, checkpoint)
    for (const { partition, entries, head } of partitions) {
      this.#seal(partition, { entries, head })
      if (this.#isLookedAt(partition)) this.#heads.set(partition, { entries, head })
    }
    this.#last = { sequence: checkpoint, hash }
  }

  entry(entry: LedgerEntry): void {
    const { partition, sequence } = entry
    const at = { partition, sequence }
    const gap = this.#gap
    if (gap !== undefined) {
      if (gap.partition !== partition || gap.sequence !== sequence) return
      throw new BrokenLedger({
        ...at,
        kind: 'reordered',
        message: `entry ${sequence} of ${partition} is not in its place`,
      })
    }
    if (!this.#isLookedAt(partition))
      throw new BrokenLedger({
        ...at,
        kind: 'added',
        message: `entry ${sequence} of ${partition} does not belong here`,
      })
    const head = this.#heads.get(partition) ?? empty
    if (sequence <= head.entries)
      throw new BrokenLedger({
        ...at,
        kind: 'reordered',
        message: `entry ${sequence} of ${partition} is not in its place`,
      })
    // Whether it was left out or comes later is seen by the next checkpoint at the latest.
    if (sequence > head.entries + 1) return void (this.#gap = { partition, sequence: head.entries + 1 })
    if (hashOfEntry(head.head, entry) !== entry.hash) {
      const before = head.entries === 0 ? '' : ', or the one before it is not'
      const message = `entry ${sequence} of ${partition} is not what was written${before}`
      throw new BrokenLedger({ ...at, kind: 'edited', message })
    }
    this.#heads.set(partition, { entries: sequence, head: entry.hash })
    this.#open.add(partition)
    this.entries++
  }

  checkpoint(checkpoint: Checkpoint): void {
    this.#checkGap()
    const { sequence, previous, partitions } = checkpoint
    const wrong = (message: string, kind: LedgerProblem['kind'] = 'checkpoint'): BrokenLedger =>
      new BrokenLedger({ kind, checkpoint: sequence, message })
    this.#checkSignature(checkpoint, `checkpoint ${sequence}`, sequence)
    const expected = this.#last.sequence + 1
    if (sequence > expected) throw wrong(`checkpoint ${expected} is missing`, 'missing')
    if (sequence < expected) throw wrong(`checkpoint ${sequence} is not in its place`, 'reordered')
    if (previous !== this.#last.hash) throw wrong(`checkpoint ${sequence} was not made after the one before it`)
    for (const { partition, entries, head } of partitions) {
      const known = this.#sealed.get(partition)?.entries ?? 0
      if (entries <= known) throw wrong(`checkpoint ${sequence} has less of ${partition} than the one before it`)
      if (this.#isLookedAt(partition)) this.#compare(partition, { entries, head }, `checkpoint ${sequence}`)
      this.#seal(partition, { entries, head })
      this.#open.delete(partition)
    }
    this.#checkNothingOpen(`checkpoint ${sequence}`)
    if (checkpoint.entries !== this.#sealedEntries || checkpoint.root !== this.root)
      throw wrong(`checkpoint ${sequence} does not have the number of entries or the root that its ledger gives`)
    this.#last = { sequence, hash: hashOfCheckpoint(checkpoint) }
    this.checkpoints++
  }

  /** Holds what came after the last checkpoint against where the partitions are said to end; against it alone without. */
  finish(ends?: ReadonlyMap<string, Head>): void {
    this.#checkGap()
    if (ends === undefined) return this.#checkNothingOpen('the last checkpoint')
    for (const [partition, end] of ends) this.#compare(partition, end, 'the ledger')
    for (const [partition, { entries }] of this.#heads) {
      if (ends.has(partition)) continue
      const message = `entry ${entries} of ${partition} was not written by the ledger`
      throw new BrokenLedger({ kind: 'added', partition, sequence: entries, message })
    }
  }

  #isLookedAt = (partition: string): boolean => this.#only === undefined || this.#only === partition

  #seal(partition: string, head: Head): void {
    const before = this.#sealed.get(partition)
    const place = before?.place ?? this.#tree.size
    this.#sealed.set(partition, { ...head, place })
    this.#sealedEntries += head.entries - (before?.entries ?? 0)
    this.#tree.set(place, { partition, ...head })
  }

  #compare(partition: string, said: Head, who: string): void {
    const { entries, head } = this.#heads.get(partition) ?? empty
    if (entries < said.entries) {
      const message = `${partition} ends with entry ${entries}, and ${who} says that it had ${said.entries}`
      throw new BrokenLedger({ kind: 'cut_off', partition, sequence: entries + 1, message })
    }
    if (entries > said.entries) {
      const message = `${partition} has entry ${entries}, and ${who} says that it had ${said.entries}`
      throw new BrokenLedger({ kind: 'added', partition, sequence: said.entries + 1, message })
    }
    if (head === said.head) return
    const message = `entry ${entries} of ${partition} is not the one that ${who} speaks of`
    throw new BrokenLedger({ kind: 'edited', partition, sequence: entries, message })
  }

  #checkSignature(statement: { keyId: string; signature: string }, what: string, checkpoint: number): void {
    const key = this.#keys.get(statement.keyId)
    if (key === undefined) {
      const message = `${what} is signed by ${statement.keyId}, which is no key of this ledger`
      throw new BrokenLedger({ kind: 'key', checkpoint, message })
    }
    if (!isSignedBy(key, statement))
      throw new BrokenLedger({
        kind: 'checkpoint',
        checkpoint,
        message: `${what} is forged: its signature is not its own`,
      })
  }

  #checkGap(): void {
    if (this.#gap === undefined) return
    const { partition, sequence } = this.#gap
    throw new BrokenLedger({ ...this.#gap, kind: 'missing', message: `entry ${sequence} of ${partition} is missing` })
  }

  #checkNothingOpen(who: string): void {
    const [partition] = this.#open
    if (partition === undefined) return
    const sequence = (this.#sealed.get(partition)?.entries ?? 0) + 1
    const message = `${who} knows nothing of entry ${sequence} of ${partition}`
    throw new BrokenLedger({ kind: 'added', partition, sequence, message })
  }
}

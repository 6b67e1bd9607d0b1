import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
import type { PartitionHead } from './format.ts'

const sha256 = (...parts: (Buffer | Uint8Array | string)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const leafMark = Buffer.from([0])
const nodeMark = Buffer.from([1])

/**
 * The Merkle tree of RFC 6962 section 2.1 over heads of partitions. Changing or adding one costs as many hashes as the
 * tree is high, so that thousands of checkpoints over thousands of partitions are verified in seconds.
 */
export class HeadTree {
  /** From the leaves to the root. A node without a right neighbour is carried up as it is, as the RFC's split has it. */
  readonly #levels: Buffer[][] = [[]]

  get size(): number {
    return this.#levels[0]?.length ?? 0
  }

  /** Puts a head at a place: one that is taken, or the next free one. */
  set(place: number, head: PartitionHead): void {
    let level = 0
    let at = place
    let node = sha256(leafMark, canonicalJson(head))
    for (;;) {
      const nodes = (this.#levels[level] ??= [])
      nodes[at] = node
      if (nodes.length === 1) return void this.#levels.splice(level + 1)
      const left = nodes[at - (at % 2)]
      const right = nodes[at - (at % 2) + 1]
      node = left !== undefined && right !== undefined ? sha256(nodeMark, left, right) : node
      at = Math.floor(at / 2)
      level++
    }
  }

  /** In hexadecimal; of an empty tree the hash of nothing. */
  root(): string {
    return (this.#levels.at(-1)?.[0] ?? sha256()).toString('hex')
  }
}

/** The root over heads in their order. */
export function rootOfHeads(heads: readonly PartitionHead[]): string {
  const tree = new HeadTree()
  for (const [place, head] of heads.entries()) tree.set(place, head)
  return tree.root()
}

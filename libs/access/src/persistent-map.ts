/** Entries a bucket holds when the map is built; a map is rebuilt with more buckets when they hold four times that. */
const bucketEntries = 32

type Bucket<V> = ReadonlyMap<string, V>

/**
 * A map that never changes: `with` and `without` give a new one that shares all but the one bucket it touched. A change
 * at 100,000 entries copies about 32 entries and 4,000 pointers: some microseconds. Small maps are one bucket.
 */
export class PersistentMap<V> {
  readonly size: number
  readonly #root: Bucket<V> | readonly Bucket<V>[]

  private constructor(root: Bucket<V> | readonly Bucket<V>[], size: number) {
    this.#root = root
    this.size = size
  }

  static readonly #empty = new PersistentMap<never>(new Map<string, never>(), 0)

  static empty<V>(): PersistentMap<V> {
    return PersistentMap.#empty
  }

  /** Takes the entries over; the caller no longer changes them. */
  static of<V>(entries: ReadonlyMap<string, V>): PersistentMap<V> {
    if (entries.size === 0) return PersistentMap.empty()
    if (entries.size <= 2 * bucketEntries) return new PersistentMap(entries, entries.size)
    const steps = PersistentMap.inSteps(entries)
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
    }
  }

  /** The same, put down after every 1,024 entries, for whoever has other work to do meanwhile. */
  static *inSteps<V>(entries: ReadonlyMap<string, V>): Generator<undefined, PersistentMap<V>> {
    if (entries.size <= 2 * bucketEntries) return PersistentMap.of(entries)
    const count = 2 ** Math.ceil(Math.log2(entries.size / bucketEntries))
    const buckets = Array.from({ length: count }, () => new Map<string, V>())
    let done = 0
    for (const [key, value] of entries) {
      if (++done % 1024 === 0) yield
      buckets[hash(key) & (count - 1)]?.set(key, value)
    }
    return new PersistentMap<V>(buckets, entries.size)
  }

  get(key: string): V | undefined {
    const root = this.#root
    return root instanceof Map ? root.get(key) : bucketOf(root, key)?.get(key)
  }

  with(key: string, value: V): PersistentMap<V> {
    return this.#replace(key, (bucket) => bucket.set(key, value))
  }

  without(key: string): PersistentMap<V> {
    return this.get(key) === undefined ? this : this.#replace(key, (bucket) => bucket.delete(key))
  }

  *entries(): IterableIterator<[string, V]> {
    for (const bucket of this.#buckets()) yield* bucket
  }

  *keys(): IterableIterator<string> {
    for (const bucket of this.#buckets()) yield* bucket.keys()
  }

  *values(): IterableIterator<V> {
    for (const bucket of this.#buckets()) yield* bucket.values()
  }

  #buckets(): readonly Bucket<V>[] {
    return this.#root instanceof Map ? [this.#root] : (this.#root as readonly Bucket<V>[])
  }

  #replace(key: string, change: (bucket: Map<string, V>) => void): PersistentMap<V> {
    const buckets = this.#buckets()
    const at = hash(key) & (buckets.length - 1)
    const before = buckets[at]
    const bucket = new Map(before)
    change(bucket)
    const size = this.size - (before?.size ?? 0) + bucket.size
    if (size === 0) return PersistentMap.empty()
    if (buckets.length === 1 && size <= 4 * bucketEntries) return new PersistentMap<V>(bucket, size)
    const copy = buckets.slice()
    copy[at] = bucket
    const changed = new PersistentMap<V>(copy, size)
    return size > 4 * bucketEntries * buckets.length ? PersistentMap.of(new Map(changed.entries())) : changed
  }
}

function bucketOf<V>(root: Bucket<V> | readonly Bucket<V>[], key: string): Bucket<V> | undefined {
  const buckets = root as readonly Bucket<V>[]
  return buckets[hash(key) & (buckets.length - 1)]
}

/** FNV-1a over UTF-16 units, then mixed, as the low bits choose the bucket. */
function hash(key: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < key.length; index++) value = Math.imul(value ^ key.charCodeAt(index), 0x01000193)
  return value ^ (value >>> 15)
}

/**
 * A map that holds so many entries at the most and forgets those that nobody asked for longest. Two maps in turn: what
 * is asked for in the old one moves to the young one, and a full young one becomes the old. Nothing is deleted on the
 * way, since each deletion leaves a hole in a map that is paid for later; asking for a young entry is one look-up.
 */
export class BoundedMap<Value> {
  readonly #generationMax: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  /** `entriesMax` counts both. */
  constructor(entriesMax: number) {
    this.#generationMax = Math.max(1, Math.floor(entriesMax / 2))
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }
}

/** The same, where the entry of a key is made as soon as it is asked for. */
export class BoundedTable<Value> {
  readonly #entries: BoundedMap<Value>
  readonly #make: (key: string) => Value

  constructor(entriesMax: number, make: (key: string) => Value) {
    this.#entries = new BoundedMap(entriesMax)
    this.#make = make
  }

  get size(): number {
    return this.#entries.size
  }

  of(key: string): Value {
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    const value = this.#make(key)
    this.#entries.set(key, value)
    return value
  }
}

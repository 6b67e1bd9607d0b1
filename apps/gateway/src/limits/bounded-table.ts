/**
 * A map that holds so many entries at the most and forgets those that nobody asked for longest. Two maps in turn: what
 * is asked for in the old one moves to the young one, and a full young one becomes the old. Nothing is deleted on the
 * way, since each deletion leaves a hole in a map that is paid for later; asking for a young entry is one look-up.
 */
export class BoundedTable<Value> {
  readonly #generationMax: number
  readonly #make: (key: string) => Value
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  /** `entriesMax` counts both. */
  constructor(entriesMax: number, make: (key: string) => Value) {
    this.#generationMax = Math.max(1, Math.floor(entriesMax / 2))
    this.#make = make
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  /** The entry of a key, made where there is none. */
  of(key: string): Value {
    const known = this.#young.get(key)
    if (known !== undefined) return known
    const value = this.#old.get(key) ?? this.#make(key)
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
    return value
  }
}

import type { Clock } from '@plinth/kernel'
import type { Store } from '@plinth/store'
import { generationTopic, readGeneration, type Generation } from './write-store.ts'

/** Of the second within which every replica has to know: so long nobody asks, and so long nobody waits for the answer. */
const trustedMs = 500
const awaitedMs = 900

/**
 * Tells whether what this process keeps of the registry is still what is there. Deletions and settings count a number up
 * in the transaction that makes them; whoever keeps anything asks for that number twice a second, while he is asked
 * himself. What this process changes it forgets with the commit: a client reads its own writes.
 */
export function registryMemory({ db, wake }: Pick<Store, 'db' | 'wake'>, clock: Clock) {
  const holders: (() => void)[] = []
  const idHolders: (() => void)[] = []
  let known: Generation | undefined
  let askedAtMs = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | undefined

  function forget(those: readonly (() => void)[]): void {
    for (const holder of those) holder()
  }

  async function ask(): Promise<void> {
    const startedAtMs = clock.monotonicMs()
    const before = known
    const current = await readGeneration(db)
    if (current.value !== before?.value) forget(holders)
    if (current.deletions !== before?.deletions) forget(idHolders)
    known = current
    askedAtMs = startedAtMs
  }

  function begin(): Promise<void> {
    const mine = ask().finally(() => {
      if (asking === mine) asking = undefined
    })
    return (asking = mine)
  }

  const changedHere = (): void => {
    // What is asked for just now may be of before; whoever waits for it asks again.
    if (known !== undefined) known = { ...known, value: '' }
    asking = undefined
    askedAtMs = Number.NEGATIVE_INFINITY
    forget(holders)
  }
  wake.on(generationTopic, changedHere)

  return {
    /** Called whenever what was concluded from settings, metadata or versions may be wrong. */
    onForget: (holder: () => void): void => void holders.push(holder),
    /** Called whenever something was deleted: only then is it wrong what an id stands for. */
    onDeletion: (holder: () => void): void => void idHolders.push(holder),
    /** Nothing where all that is kept may be used; else a promise of that. */
    renew(): Promise<void> | undefined {
      const ageMs = clock.monotonicMs() - askedAtMs
      if (ageMs < trustedMs) return undefined
      const current = asking ?? begin()
      if (ageMs >= awaitedMs) return current
      // Who really needs the answer, later, is told that it failed.
      current.catch(() => undefined)
      return undefined
    },
    /** Of the moment: what was read before it changed must not be kept after. */
    generation: (): string | undefined => known?.value,
    deletions: (): string | undefined => known?.deletions,
  }
}

export type RegistryMemory = ReturnType<typeof registryMemory>

/** The things used last, bounded by their number and their bytes. */
export function boundedMemory<Value>(entriesMax: number, bytesMax: number) {
  const entries = new Map<string, { value: Value; bytes: number }>()
  let bytesKept = 0
  return {
    get(key: string): Value | undefined {
      return entries.get(key)?.value
    },
    set(key: string, value: Value, bytes: number): void {
      bytesKept += bytes - (entries.get(key)?.bytes ?? 0)
      entries.delete(key)
      entries.set(key, { value, bytes })
      for (const [oldest, entry] of entries) {
        if (entries.size <= entriesMax && bytesKept <= bytesMax) return
        entries.delete(oldest)
        bytesKept -= entry.bytes
      }
    },
    clear(): void {
      entries.clear()
      bytesKept = 0
    },
  }
}

import type { Clock } from '@plinth/kernel'
import type { Executor } from '@plinth/store'
import { readGeneration } from './write-store.ts'

/** Half of the second within which every replica has to know. */
const trustedMs = 500

/**
 * Tells whether what this process keeps of the registry is still what is there. Deletions and settings count a number up
 * in the transaction that makes them; whoever keeps anything asks for that number twice a second, while he is asked himself.
 */
export function registryMemory(db: Executor, clock: Clock) {
  const holders: (() => void)[] = []
  let generation: string | undefined
  let askedAtMs = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | undefined

  async function ask(): Promise<void> {
    const startedAtMs = clock.monotonicMs()
    const current = await readGeneration(db)
    if (current !== generation) for (const forget of holders) forget()
    generation = current
    askedAtMs = startedAtMs
  }

  return {
    /** Called whenever everything that was kept may be wrong. */
    onForget: (forget: () => void): void => void holders.push(forget),
    /** Nothing where all that is kept may be used; else a promise of that. */
    renew(): Promise<void> | undefined {
      if (clock.monotonicMs() - askedAtMs < trustedMs) return undefined
      asking ??= ask().finally(() => (asking = undefined))
      return asking
    },
    /** Of the moment: what was read before it changed must not be kept after. */
    generation: (): string | undefined => generation,
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

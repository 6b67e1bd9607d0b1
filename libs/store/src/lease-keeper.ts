import type { Logger } from '@plinth/kernel'
import type { Executor } from './database.ts'
import { heartbeat, type Claim } from './queue-claims.ts'

/** A claim whose lease is kept; `abort` is called when it can't be any longer. */
export type Lease = { readonly claim: Claim; readonly abort: AbortController }

export type LeaseKeeper = {
  /** Keeps the lease of a claim that was asked for at that time of `performance.now()`. */
  hold(claim: Claim, askedMs: number): Lease
  letGo(lease: Lease): void
  start(): void
  stop(): void
}

type Parts = { db: Executor; name: string; leaseMs: number; log: Logger }
type Held = Lease & { expiry?: NodeJS.Timeout }

/** One heartbeat for all leases that a worker holds in a queue, at a bit less than a third of the lease. */
export function leaseKeeper({ db, name, leaseMs, log }: Parts): LeaseKeeper {
  const leases = new Set<Held>()
  let beat: NodeJS.Timeout | undefined
  let keeping = false

  /**
   * The lease holds for its full time from when it was asked for, at the earliest. Unless it is confirmed again before
   * nine tenths of that, the run is told to end while the key is still its own.
   */
  const confirm = (lease: Held, askedMs: number): void => {
    clearTimeout(lease.expiry)
    if (!leases.has(lease)) return
    const leftMs = askedMs + leaseMs * 0.9 - performance.now()
    lease.expiry = setTimeout(() => lease.abort.abort(new Error('the lease could not be kept')), leftMs)
  }

  const keep = async (): Promise<void> => {
    const held = [...leases]
    const askedMs = performance.now()
    if (held.length === 0 || keeping) return
    keeping = true
    try {
      const claims = held.map(({ claim }) => claim)
      const mine = await heartbeat(db, name, leaseMs, claims)
      for (const lease of held) {
        if (mine.has(lease.claim.token)) confirm(lease, askedMs)
        else lease.abort.abort(new Error('the lease was lost'))
      }
    } catch (error) {
      log.warn({ error: String(error) }, 'a heartbeat failed')
    } finally {
      keeping = false
    }
  }

  return {
    hold(claim, askedMs) {
      const lease: Held = { claim, abort: new AbortController() }
      leases.add(lease)
      confirm(lease, askedMs)
      return lease
    },
    letGo(lease: Held) {
      clearTimeout(lease.expiry)
      leases.delete(lease)
    },
    start() {
      beat = setInterval(() => void keep(), leaseMs * 0.3)
    },
    stop: () => clearInterval(beat),
  }
}

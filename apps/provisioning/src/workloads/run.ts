import type { QueueContext, Tx } from '@plinth/store'
import type { Parts } from '../parts.ts'
import { writeStatus, type Status } from './status.ts'
import type { StoredWorkload } from './store.ts'

export type Needs = Pick<Parts, 'store' | 'bus' | 'drivers' | 'runtime' | 'sealing' | 'publicUrl' | 'clock'>

/** One run of the reconciler for one workload: everything that it writes goes through its lease. */
export type Run = Needs & {
  row: StoredWorkload
  signal: AbortSignal
  attempt: number
  fenced<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** True if noted: false when the desired state has moved on meanwhile. */
  status(change: Partial<Status>): Promise<boolean>
}

export function createRun(parts: Needs, row: StoredWorkload, { fence, signal, attempt }: QueueContext): Run {
  const fenced = <T>(work: (tx: Tx) => Promise<T>): Promise<T> =>
    parts.store.transaction(async (tx) => {
      await fence(tx)
      return work(tx)
    })
  return {
    ...parts,
    row,
    signal,
    attempt,
    fenced,
    status: (change) => fenced((tx) => writeStatus(tx, row, row.generation, change)),
  }
}

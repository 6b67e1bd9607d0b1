import { auditCheckpointed } from '@plinth/contracts'
import type { Clock, Logger, Worker } from '@plinth/kernel'
import { genesis, hashOfCheckpoint, rootOfHeads, type AuditSigner, type PartitionHead } from '@plinth/kernel/audit'
import { appendEvent, sql, type Store } from '@plinth/store'
import {
  grownHeads, insertCheckpoint, listCheckpoints, readBase, sealedHeads, setSealed,
} from './checkpoint-store.ts' // prettier-ignore
import { ledgerLock } from './keys.ts'
import { applyRetention } from './retention.ts'

export type Checkpoints = {
  /** Tells that an entry was written; the thousandth since the last checkpoint makes one. */
  grew(): void
  /** Makes checkpoints until nothing new is left. */
  make(): Promise<void>
  worker: Worker
}

type Parts = { store: Pick<Store, 'db' | 'transaction'>; clock: Clock; logger: Logger; signer: AuditSigner }

const entriesMax = 1_000
/** Of one checkpoint, so that it fits into a message; what is left is for the next one. */
const partitionsMax = 1_000
const retentionEveryMs = 3_600_000

/** Signs what the ledger holds every so often, or after a thousand entries; and lets go of what is old enough. */
export function checkpoints(parts: Parts & { everySeconds: number }): Checkpoints {
  const { logger, clock } = parts
  let grown = 0
  let running: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let retainedAtMs = Number.NEGATIVE_INFINITY
  const make = async (): Promise<void> => {
    grown = 0
    while (await makeCheckpoint(parts));
  }
  const turn = async (): Promise<void> => {
    try {
      await make()
      if (clock.monotonicMs() - retainedAtMs < retentionEveryMs) return
      retainedAtMs = clock.monotonicMs()
      await applyRetention(parts)
    } catch (error) {
      logger.error({ err: error }, 'no checkpoint of the audit ledger could be made')
    }
  }
  const soon = (): void => void (running = running.then(turn))
  return {
    grew() {
      if (++grown === entriesMax) soon()
    },
    make,
    worker: {
      name: 'audit checkpoints',
      start() {
        soon()
        timer = setInterval(soon, parts.everySeconds * 1_000)
        timer.unref()
      },
      async stop() {
        clearInterval(timer)
        await running
      },
    },
  }
}

/** One checkpoint, and the event that carries it out of this database; false when there is nothing new. */
function makeCheckpoint({ store, clock, signer }: Parts): Promise<boolean> {
  return store.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${ledgerLock})`)
    const grown = await grownHeads(tx, partitionsMax)
    if (grown.length === 0) return false
    const before = await sealedHeads(tx)
    const [last] = await listCheckpoints(tx, { before: undefined, limit: 1 })
    const base = last === undefined ? await readBase(tx) : undefined
    if (rootOfHeads(before.map(headOf)) !== (last?.root ?? rootOfHeads(base?.partitions ?? [])))
      throw new Error('the newest checkpoint is not the one that was made last: the ledger was tampered with')
    const heads = new Map(before.map((head) => [head.partition, head]))
    const sealed = grown.map((head) => ({ ...head, place: heads.get(head.partition)?.place ?? -1 }))
    for (const head of sealed) {
      if (head.place < 0) head.place = heads.size
      heads.set(head.partition, head)
    }
    const all = [...heads.values()].map(headOf)
    const checkpoint = signer.sign({
      sequence: (last?.sequence ?? base?.checkpoint ?? 0) + 1,
      at: clock.now().toISOString(),
      partitions: grown,
      entries: all.reduce((sum, { entries }) => sum + entries, 0),
      root: rootOfHeads(all),
      previous: last === undefined ? (base?.hash ?? genesis) : hashOfCheckpoint(last),
    })
    await insertCheckpoint(tx, checkpoint)
    await setSealed(tx, sealed)
    await appendEvent(tx, auditCheckpointed, { project: 'platform', entity: 'audit', data: checkpoint })
    return true
  })
}

const headOf = ({ partition, entries, head }: PartitionHead): PartitionHead => ({ partition, entries, head })

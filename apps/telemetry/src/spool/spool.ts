import type { Logger } from '@plinth/kernel'
import { leftSegments } from './segment-file.ts'
import { segmentInserter } from './segment-inserter.ts'
import { segmentWriter } from './segment-writer.ts'

export type SpoolOptions = {
  folder: string
  /** Stores a segment; a repeat with the same token does nothing. */
  insert(file: string, token: string): Promise<void>
  logger: Logger
  /** How long records wait for company before they are inserted; 250 unless given. */
  lingerMs?: number
  segmentBytesMax?: number
  /** All that is written and not inserted yet. */
  bytesMax?: number
}

/** The spool holds all it may: the sender should come back later. */
export class SpoolFullError extends Error {
  override readonly name = 'SpoolFullError'
}

export type Spool = {
  /** Resolves when the records are on the disk: from then on no crash loses them. */
  append(records: readonly Uint8Array[]): Promise<void>
  /** Bytes that are accepted and not in the store yet. */
  pendingBytes(): number
  /** Inserts what is there, as far as the store takes it; the rest is inserted by the next start. */
  close(): Promise<void>
}

type Waiting = { records: readonly Uint8Array[]; resolve(): void; reject(error: unknown): void }

/**
 * A write-ahead log that is also the source of its inserts. Requests that come at one time share one write and one
 * fdatasync; segments are inserted one after the other, so under load the next one grows while this one is inserted,
 * and batches get as large as they need to be.
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { folder, logger, lingerMs = 250, segmentBytesMax = 32 * 1024 * 1024, bytesMax = 512 * 1024 * 1024 } = options
  const closing = new AbortController()
  let pending = 0
  let waiting: Waiting[] = []
  let timer: NodeJS.Timeout | undefined
  const writer = segmentWriter(folder)
  const inserter = segmentInserter({
    folder,
    insert: (file, token) => options.insert(file, token),
    logger,
    signal: closing.signal,
    onStored: ({ bytes }) => (pending -= bytes),
  })
  const inTurn = oneAfterTheOther((error) => logger.error({ err: error }, 'the spool could not be written'))

  async function writeWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        const bytes = await writer.write(batch.flatMap(({ records }) => records))
        pending += bytes
        timer ??= setTimeout(() => void inTurn(seal), lingerMs)
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
      if (writer.bytes() >= segmentBytesMax) await seal()
    }
  }

  async function seal(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const segment = await writer.seal()
    if (segment !== undefined) inserter.add(segment)
  }

  for (const segment of await leftSegments(folder)) {
    pending += segment.bytes
    inserter.add(segment)
  }
  return {
    append(records) {
      if (closing.signal.aborted || pending >= bytesMax) return Promise.reject(new SpoolFullError('The spool is full.'))
      return new Promise((resolve, reject) => {
        waiting.push({ records, resolve, reject })
        if (waiting.length === 1) void inTurn(writeWaiting)
      })
    },
    pendingBytes: () => pending,
    async close() {
      closing.abort()
      await inTurn(async () => {
        await writeWaiting()
        await seal()
      })
      await inserter.settled()
    },
  }
}

/** Runs what writes to the open segment between two writes, never during one; a failure does not stop the next. */
function oneAfterTheOther(failed: (error: unknown) => void): (work: () => Promise<void>) => Promise<void> {
  let last = Promise.resolve()
  return (work) => (last = last.then(work).catch(failed))
}

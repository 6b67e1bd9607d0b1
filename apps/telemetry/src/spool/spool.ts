import { rm } from 'node:fs/promises'
import { backoffMs, pause, type Logger } from '@plinth/kernel'
import { EngineError } from '../engine/engine.ts'
import {
  createSegment,
  leftSegments,
  segmentPath,
  setAside,
  splitSegment,
  type OpenSegment,
  type SealedSegment,
} from './segment-file.ts'

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
  const sealed: SealedSegment[] = await leftSegments(folder)
  let pending = sealed.reduce((sum, { bytes }) => sum + bytes, 0)
  let waiting: Waiting[] = []
  let current: OpenSegment | undefined
  let writing: Promise<void> | undefined
  let inserting: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  const closing = new AbortController()

  async function writeWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        await write(batch.flatMap(({ records }) => records))
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
      if ((current?.bytes ?? 0) >= segmentBytesMax) await seal()
    }
  }

  async function write(records: readonly Uint8Array[]): Promise<void> {
    current ??= await createSegment(folder)
    const { file, bytes } = current
    try {
      const { bytesWritten } = await file.writev(
        records.map((record) => Buffer.from(record.buffer, record.byteOffset, record.byteLength)),
        bytes,
      )
      await file.datasync()
      const expected = records.reduce((sum, record) => sum + record.byteLength, 0)
      if (bytesWritten !== expected) throw new Error('a write to the spool was cut short')
      current.bytes += bytesWritten
      pending += bytesWritten
    } catch (error) {
      // Refused records must not come to life at the next start.
      await file.truncate(bytes).catch(() => undefined)
      throw error
    }
    timer ??= setTimeout(() => void withWriter(seal), lingerMs)
  }

  /** Runs between two writes, never during one. */
  function withWriter(work: () => Promise<void>): Promise<void> {
    const next = (writing ?? Promise.resolve())
      .then(work)
      .catch((error: unknown) => logger.error({ err: error }, 'the spool could not be written'))
    writing = next
    void next.then(() => {
      if (writing === next) writing = undefined
    })
    return next
  }

  async function seal(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const done = current
    current = undefined
    if (done === undefined) return
    await done.file.close()
    const path = segmentPath(folder, done.name)
    if (done.bytes === 0) return rm(path, { force: true })
    sealed.push({ name: done.name, path, bytes: done.bytes })
    insertSealed()
  }

  function insertSealed(): void {
    inserting ??= (async () => {
      for (let next = sealed[0]; next !== undefined && (await stored(next)); next = sealed[0]) {
        sealed.shift()
        pending -= next.bytes
      }
    })()
      .catch((error: unknown) => logger.error({ err: error }, 'the spool could not be read'))
      .finally(() => (inserting = undefined))
  }

  /** Tries until the store has it; false when the spool closes before. */
  async function stored(segment: SealedSegment): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await options.insert(segment.path, segment.name).catch((error: unknown) => {
          if (error instanceof EngineError && error.kind === 'refused') return insertPieces(segment, error)
          throw error
        })
        await rm(segment.path, { force: true })
        return true
      } catch (error) {
        logger.warn({ err: error, segment: segment.name, attempt }, 'a segment could not be inserted yet')
        if (closing.signal.aborted) return false
        await pause(backoffMs(attempt, 200, 10_000), closing.signal)
      }
    }
  }

  async function insertPieces(segment: SealedSegment, cause: EngineError): Promise<void> {
    logger.error({ err: cause, segment: segment.name }, 'the store refused a segment; its records are tried one by one')
    for (const piece of await splitSegment(folder, segment)) {
      try {
        await options.insert(piece.path, piece.name)
        await rm(piece.path, { force: true })
      } catch (error) {
        if (!(error instanceof EngineError) || error.kind !== 'refused') throw error
        logger.error({ err: error, segment: piece.name }, 'a record was set aside: the store does not take it')
        await setAside(folder, piece)
      }
    }
  }

  insertSealed()
  return {
    append(records) {
      if (closing.signal.aborted || pending >= bytesMax) return Promise.reject(new SpoolFullError('The spool is full.'))
      return new Promise((resolve, reject) => {
        waiting.push({ records, resolve, reject })
        if (waiting.length === 1) void withWriter(writeWaiting)
      })
    },
    pendingBytes: () => pending,
    async close() {
      closing.abort()
      await withWriter(async () => {
        await writeWaiting()
        await seal()
      })
      await inserting
    },
  }
}

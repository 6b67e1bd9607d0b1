import { rm } from 'node:fs/promises'
import { backoffMs, pause, type Logger } from '@plinth/kernel'
import { EngineError } from '../engine/engine.ts'
import { setAside, splitSegment, type SealedSegment } from './segment-file.ts'

export type SegmentInserter = {
  add(segment: SealedSegment): void
  /** Resolves when all is stored, or as far as it got when its signal is aborted. */
  settled(): Promise<void>
}

type Parts = {
  folder: string
  insert(file: string, token: string): Promise<void>
  logger: Logger
  /** Ends the repeating; what is left stays on the disk. */
  signal: AbortSignal
  onStored(segment: SealedSegment): void
}

/** Stores sealed segments one after the other, in their order, each as often as it takes. */
export function segmentInserter({ folder, insert, logger, signal, onStored }: Parts): SegmentInserter {
  const queue: SealedSegment[] = []
  let inserting: Promise<void> | undefined

  async function insertAll(): Promise<void> {
    try {
      for (let next = queue[0]; next !== undefined && (await stored(next)); next = queue[0]) {
        queue.shift()
        onStored(next)
      }
    } catch (error) {
      logger.error({ err: error }, 'the spool could not be read')
    } finally {
      // In the same turn in which the queue was found empty: whatever is added later begins anew.
      inserting = undefined
    }
  }

  /** Tries until the store has it; false when the spool closes before. */
  async function stored(segment: SealedSegment): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await insert(segment.path, segment.name).catch((error: unknown) => {
          if (error instanceof EngineError && error.kind === 'refused') return insertPieces(segment, error)
          throw error
        })
        await rm(segment.path, { force: true })
        return true
      } catch (error) {
        logger.warn({ err: error, segment: segment.name, attempt }, 'a segment could not be inserted yet')
        if (signal.aborted) return false
        await pause(backoffMs(attempt, 200, 10_000), signal)
      }
    }
  }

  async function insertPieces(segment: SealedSegment, cause: EngineError): Promise<void> {
    logger.error({ err: cause, segment: segment.name }, 'the store refused a segment; its records are tried one by one')
    for (const piece of await splitSegment(folder, segment)) {
      try {
        await insert(piece.path, piece.name)
        await rm(piece.path, { force: true })
      } catch (error) {
        if (!(error instanceof EngineError) || error.kind !== 'refused') throw error
        logger.error({ err: error, segment: piece.name }, 'a record was set aside: the store does not take it')
        await setAside(folder, piece)
      }
    }
  }

  return {
    add(segment) {
      queue.push(segment)
      inserting ??= insertAll()
    },
    settled: () => inserting ?? Promise.resolve(),
  }
}

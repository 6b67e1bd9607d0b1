import { closeSync, fstatSync, openSync, readSync, statSync, truncateSync } from 'node:fs'

const pieceBytes = 256 * 1024
const newline = 0x0a

export type Piece = { lines: string[]; nextOffset: number }

/**
 * Whole lines from the offset on, at most 256 KiB; a line that is longer than that comes in parts. `isOver` says that
 * nobody writes any more, so that a last line without an end is one, too.
 */
export function readLines(path: string, offset: number, isOver: boolean): Piece | undefined {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return undefined
  }
  try {
    const { size } = fstatSync(file)
    // Shorter than what was read: it was cut.
    const from = size < offset ? 0 : offset
    const buffer = Buffer.alloc(Math.min(pieceBytes, size - from))
    const length = readSync(file, buffer, 0, buffer.length, from)
    const end = buffer.lastIndexOf(newline, length - 1) + 1
    const isFull = length === pieceBytes
    const taken = end > 0 ? end : isFull || isOver ? length : 0
    const lines = buffer
      .toString('utf8', 0, taken)
      .split('\n')
      .filter((line) => line.trim() !== '')
    return { lines, nextOffset: from + taken }
  } finally {
    closeSync(file)
  }
}

export const logFileLimits = { shippedBytesMax: 20 * 1024 ** 2, unshippedBytesMax: 100 * 1024 ** 2 }

/**
 * Keeps a log file from filling the disk. The process has it open for appending, so it is cut and not replaced: when
 * all of it was shipped, or, with nobody to ship to for long, although it was not. Returns the new offset and how
 * many unshipped bytes were given up.
 */
export function keepWithinLimit(
  path: string,
  offset: number,
  limits = logFileLimits,
): { offset: number; lostBytes: number } {
  let size: number
  try {
    size = statSync(path).size
  } catch {
    return { offset, lostBytes: 0 }
  }
  const isShipped = offset === size && size > limits.shippedBytesMax
  if (!isShipped && size <= limits.unshippedBytesMax) return { offset, lostBytes: 0 }
  truncateSync(path, 0)
  return { offset: 0, lostBytes: size - offset }
}

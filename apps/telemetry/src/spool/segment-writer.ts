import { rm } from 'node:fs/promises'
import { createSegment, segmentPath, type OpenSegment, type SealedSegment } from './segment-file.ts'

export type SegmentWriter = {
  /** Bytes in the segment that is open. */
  bytes(): number
  /** Resolves, to how many bytes, when the records are on the disk. Never called while another call is under way. */
  write(records: readonly Uint8Array[]): Promise<number>
  /** Ends the open segment; undefined where there is nothing in one. */
  seal(): Promise<SealedSegment | undefined>
}

/** Appends to one segment until it is sealed; the next write begins another. */
export function segmentWriter(folder: string): SegmentWriter {
  let current: OpenSegment | undefined
  return {
    bytes: () => current?.bytes ?? 0,
    async write(records) {
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
        return bytesWritten
      } catch (error) {
        // Refused records must not come to life at the next start.
        await file.truncate(bytes).catch(() => undefined)
        throw error
      }
    },
    async seal() {
      const done = current
      current = undefined
      if (done === undefined) return undefined
      await done.file.close()
      const path = segmentPath(folder, done.name)
      if (done.bytes > 0) return { name: done.name, path, bytes: done.bytes }
      await rm(path, { force: true })
      return undefined
    },
  }
}

import type { Stamp } from '../stamp.ts'

/**
 * A record of a segment: the length, then an envelope message (otlp.proto) with the stamp, the time of arrival and the
 * payload as it came. Written by hand, since the payload is only copied, never read.
 */
export function envelope(stamp: Stamp, receivedSeconds: number, sequence: bigint, payload: Uint8Array): Uint8Array {
  const texts = [stamp.project, stamp.environment, stamp.workload, stamp.deployment].map((text, index) => {
    const bytes = Buffer.from(text, 'utf8')
    return Buffer.concat([Buffer.from([((index + 1) << 3) | 2]), varint(bytes.length), bytes])
  })
  const sequenceBytes = Buffer.alloc(8)
  sequenceBytes.writeBigUInt64LE(sequence)
  const body = Buffer.concat([
    ...texts,
    Buffer.from([5 << 3]),
    varint(receivedSeconds),
    Buffer.from([(6 << 3) | 1]),
    sequenceBytes,
    Buffer.from([(7 << 3) | 2]),
    varint(payload.length),
  ])
  return Buffer.concat([varint(body.length + payload.length), body, payload])
}

export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return Buffer.from(bytes)
}

/**
 * The records of a segment as [from, to) positions, and how many bytes hold whole ones: what comes after was being
 * written when the process died, and was never answered.
 */
export function framesOf(segment: Uint8Array): { frames: { from: number; to: number }[]; wholeBytes: number } {
  const frames: { from: number; to: number }[] = []
  let at = 0
  while (at < segment.length) {
    let length = 0
    let position = at
    let scale = 1
    let byte = 128
    for (; byte >= 128 && position < segment.length && scale <= 2 ** 35; scale *= 128) {
      byte = segment[position++] ?? 0
      length += (byte & 127) * scale
    }
    // An envelope is never empty: zeros are what a file system leaves of a write that was cut off.
    if (byte >= 128 || length === 0 || position + length > segment.length) break
    frames.push({ from: at, to: position + length })
    at = position + length
  }
  return { frames, wholeBytes: at }
}

import { failure } from '@plinth/contracts'
import type { Clock } from '@plinth/kernel'
import type { Spool } from '../spool/spool.ts'
import { SpoolFullError } from '../spool/spool.ts'
import type { Stamp } from '../stamp.ts'
import type { Signal } from '../storage/inserts.ts'
import type { Tail } from '../query/tail.ts'
import { envelope } from './envelope.ts'
import type { Preparer } from './preparer.ts'
import type { Encoding, Prepared } from './prepare.ts'
import { WireError } from './walk.ts'

export type IngestParts = { spools: Readonly<Record<Signal, Spool>>; preparer: Preparer; tail: Tail; clock: Clock }

/** Counts on from the time of the start, so that no two records of this store ever have the same number. */
const firstSequence = (clock: Clock): bigint => BigInt(clock.now().getTime()) * 1_048_576n

export type Ingest = (signal: Signal, encoding: Encoding, body: Uint8Array, stamp: Stamp | 'each') => Promise<Prepared>

/** Takes one export request: checks it, stamps it, and returns once it is safe on the disk. */
export function ingester({ spools, preparer, tail, clock }: IngestParts): Ingest {
  let sequence = firstSequence(clock)
  return async (signal, encoding, body, stamp) => {
    const prepared = await preparer.prepare(signal, encoding, body, stamp).catch((error: unknown) => {
      throw error instanceof WireError
        ? failure('telemetry.payload_invalid', { detail: error.message, cause: error })
        : error
    })
    const receivedSeconds = Math.floor(clock.now().getTime() / 1_000)
    const records = prepared.parts.map((part) => {
      const first = sequence
      sequence += BigInt(part.records)
      return envelope(part.stamp, receivedSeconds, first, part.payload)
    })
    if (records.length === 0) return prepared
    await spools[signal].append(records).catch((error: unknown) => {
      const detail =
        error instanceof SpoolFullError
          ? 'Telemetry arrives faster than it can be stored.'
          : 'Telemetry can not be written just now.'
      throw failure('platform.unavailable', { detail, retryAfterSeconds: 5, cause: error })
    })
    if (signal === 'logs') for (const part of prepared.parts) tail.publish(part.stamp, part.payload, receivedSeconds)
    return prepared
  }
}

import { services, streamOf, type EventSource } from '@plinth/contracts'
import { backoffMs, pause } from '@plinth/kernel'
import { DiscardPolicy, nanos, RetentionPolicy, StorageType, type StreamConfig } from 'nats'
import { apiCodeOf, busFailure, isPermissionError, streamNotFound, untilConnected, type Wire } from './wire.ts'

const day = 24 * 60 * 60 * 1000
const mebibyte = 1024 * 1024

/** A stream's `max_bytes` is set aside from the broker's `max_file_store` when it is made. */
export const streamBytesMax = 128 * mebibyte
export const sources: readonly EventSource[] = services
/** What the broker's store must hold at least: every stream at its limit. */
export const storeBytesMin = (sources.length + 1) * streamBytesMax

export const jobsStream = 'PLINTH_JOBS'
/** A message repeated within this time is stored once; every retry of ours ends well before. */
export const duplicateWindowMs = 120_000

export type StreamSpec = Partial<StreamConfig> & { name: string; subjects: string[] }

const common = {
  storage: StorageType.File,
  num_replicas: 1,
  max_bytes: streamBytesMax,
  max_age: nanos(7 * day),
  duplicate_window: nanos(duplicateWindowMs),
} as const

/**
 * Facts of one source. Only what a service publishes under its own name falls in: `plinth.rpc`, `plinth.jobs` and
 * `plinth.runner` are no sources, so a question is never stored.
 */
export function sourceStream(source: EventSource): StreamSpec {
  if (!sources.includes(source)) throw new Error(`'${source}' publishes no events`)
  return {
    ...common,
    name: streamOf(source),
    subjects: [`plinth.${source}.>`],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    deny_delete: true,
  }
}

/** Work that one of several takes; full means that offers are refused, not that older ones vanish. */
export const workStream: StreamSpec = {
  ...common,
  name: jobsStream,
  subjects: ['plinth.jobs.>'],
  retention: RetentionPolicy.Workqueue,
  discard: DiscardPolicy.New,
}

/** Creates the stream or changes it to what it should be; notes it, so that it is made again after a loss. */
export async function ensureStream(wire: Wire, spec: StreamSpec): Promise<void> {
  const reconcile = (): Promise<void> => reconcileStream(wire, spec)
  wire.wanted.set(`stream ${spec.name}`, reconcile)
  await persistently(wire, `making the stream ${spec.name}`, reconcile)
}

async function reconcileStream(wire: Wire, spec: StreamSpec): Promise<void> {
  try {
    const { config } = await wire.jsm.streams.info(spec.name)
    const changed = Object.entries(spec).some(([key, value]) => differs(config[key as keyof StreamConfig], value))
    if (!changed) return
    await wire.jsm.streams.update(spec.name, spec)
    wire.logger.info({ stream: spec.name }, 'changed a stream to its declaration')
  } catch (error) {
    if (apiCodeOf(error) !== streamNotFound) throw error
    await wire.jsm.streams.add(spec)
    wire.logger.info({ stream: spec.name }, 'made a stream')
  }
}

const differs = (seen: unknown, want: unknown): boolean => JSON.stringify(seen) !== JSON.stringify(want)

/** Runs every reconciler once more; one that fails is tried again, the others do not wait for it. */
export async function reconcileAll(wire: Wire): Promise<void> {
  await Promise.all(
    [...wire.wanted].map(([name, reconcile]) =>
      persistently(wire, `restoring ${name}`, reconcile).catch((error: unknown) =>
        wire.logger.error({ err: error, wanted: name }, 'could not restore what the broker should have'),
      ),
    ),
  )
}

/** A broker that has just started answers some calls late: several tries, some 20 s in all. */
async function persistently(wire: Wire, doing: string, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await untilConnected(wire, AbortSignal.any([wire.closing, AbortSignal.timeout(5_000)]))
    try {
      return await work()
    } catch (error) {
      const refused = isPermissionError(error) || (apiCodeOf(error) ?? 0) > 0
      if (refused || attempt >= 8 || wire.closing.aborted) throw busFailure(error, doing)
      await pause(backoffMs(attempt, 200, 5_000), wire.closing)
    }
  }
}

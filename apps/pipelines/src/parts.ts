import type { Bus, WorkQueue } from '@plinth/bus'
import type { Clock, Logger } from '@plinth/kernel'
import type { Store } from '@plinth/store'
import type { LogSignals } from './logs/signals.ts'

export type Limits = {
  /** An attempt without a heartbeat for this long is given up. */
  silenceMs: number
  /** What a runner gets on top of a job's timeout before the attempt is ended from here. */
  timeoutGraceMs: number
  /** Log of one attempt. */
  logBytesMax: number
  artifactBytesMax: number
  artifactDays: number
  /** One cache; all of one trust in a project, by number and bytes; days without use. */
  cacheBytesMax: number
  cachesMax: number
  cachesBytesMax: number
  cacheDays: number
}

/** What the use cases of this service share; made in app.ts and nowhere else. */
export type Parts = {
  store: Store
  bus: Bus
  offers: WorkQueue
  logger: Logger
  clock: Clock
  signals: LogSignals
  dataDir: string
  publicUrl: string
  limits: Limits
}

export const defaultLimits: Limits = {
  silenceMs: 10_000,
  timeoutGraceMs: 30_000,
  logBytesMax: 16 * 1024 * 1024,
  artifactBytesMax: 1024 * 1024 * 1024,
  artifactDays: 30,
  cacheBytesMax: 2 * 1024 ** 3,
  cachesMax: 5_000,
  cachesBytesMax: 10 * 1024 ** 3,
  cacheDays: 14,
}

import type { Bus } from '@plinth/bus'
import type { Clock, Logger } from '@plinth/kernel'
import type { Store } from '@plinth/store'

/** What the rooms of this service are given; each names the part of it that it uses. */
export type Parts = {
  store: Pick<Store, 'db' | 'transaction'>
  bus: Pick<Bus, 'ask'>
  clock: Clock
  logger: Logger
  /** The folder that holds all repositories. */
  root: string
  /** The gateway, as users see it. */
  publicUrl: string
}

export const queues = { refs: 'repository-refs', sync: 'application-sync' } as const

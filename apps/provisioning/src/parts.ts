import type { Bus } from '@plinth/bus'
import type { Clock, Logger } from '@plinth/kernel'
import type { Sealing } from '@plinth/kernel/sealing'
import type { Store } from '@plinth/store'
import type { Drivers } from './drivers/driver.ts'
import type { LocalRuntime } from './drivers/local-runtime.ts'
import type { Template } from './scaffolding/load.ts'

/** What the rooms of this service are given; each names the part of it that it uses. */
export type Parts = {
  store: Pick<Store, 'db' | 'transaction'>
  bus: Pick<Bus, 'ask'>
  clock: Clock
  logger: Logger
  sealing: Sealing
  templates: ReadonlyMap<string, Template>
  drivers: Drivers
  runtime: LocalRuntime
  /** The gateway, as users and runners see it; without a slash at the end. */
  publicUrl: string
}

export const queues = { components: 'components', workloads: 'workloads' } as const

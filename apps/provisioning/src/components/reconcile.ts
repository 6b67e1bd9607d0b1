import type { QueueContext } from '@plinth/store'
import type { Parts } from '../parts.ts'
import { createComponent } from './creation.ts'
import { removeComponent } from './removal.ts'
import { findComponent } from './store.ts'
import type { Outcome } from './work.ts'

/** Brings a component to what was asked of it. Each step is recorded when it is done, and does no harm a second time. */
export const reconcileComponent =
  ({ store, bus, clock }: Pick<Parts, 'store' | 'bus' | 'clock'>) =>
  async (queueKey: string, context: QueueContext): Promise<Outcome> => {
    const [project = '', name = ''] = queueKey.split('/')
    const key = { project, component: name }
    const component = await findComponent(store.db, key)
    if (component === undefined || component.state === 'ready' || component.state === 'failed') return 'done'
    const work = { store, bus, clock, key, component, context }
    return component.state === 'creating' ? createComponent(work) : removeComponent(work)
  }

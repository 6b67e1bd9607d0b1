import type { Clock } from '@plinth/kernel'
import type { Store } from '@plinth/store'
import type { registration } from '../registry/register.ts'
import type { RegistryMemory } from '../registry/memory.ts'
import type { CallerRights } from '../rights.ts'
import type { Places } from './places.ts'

export type CsrParts = {
  store: Pick<Store, 'db' | 'transaction'>
  clock: Clock
  rights: CallerRights
  places: Places
  memory: RegistryMemory
  register: ReturnType<typeof registration>
}

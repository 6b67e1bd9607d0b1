import { failure, gateOverridden, type GateOverride } from '@plinth/contracts'
import { newId, type Clock, type Identity } from '@plinth/kernel'
import { appendEvent, recordAudit, type Store, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import type { KnownEnvironments } from '../environments/known-environments.ts'
import { findOverride, insertOverride, listOverrides, withdrawOverride, type OverrideRow } from './override-store.ts'

type Wanted = {
  project: string
  environment: string
  component: string
  subject?: string
  reason: string
  hours: number
}
type Key = { project: string; environment: string; override: string }
type View = Static<typeof GateOverride>

const view = ({ subject, withdrawnBy, withdrawnAt, ...row }: OverrideRow): View => ({
  ...row,
  ...(subject !== null && { subject }),
  ...(withdrawnBy !== null && { withdrawnBy }),
  ...(withdrawnAt !== null && { withdrawnAt }),
})

const unknown = (id: string): Error =>
  failure('schemas.override_unknown', { detail: `There is no exception '${id}' in force there.` })

async function tell(tx: Tx, who: Identity, row: OverrideRow, change: 'granted' | 'withdrawn'): Promise<void> {
  const { id, project, environment, component, reason, expiresAt, subject } = row
  await recordAudit(tx, 'schemas', who, {
    action: change === 'granted' ? 'gate.override' : 'gate.override-withdraw',
    project,
    object: `gate/${component}`,
    detail: { environment, override: id, reason, expiresAt, ...(subject !== null && { subject }) },
  })
  await appendEvent(tx, gateOverridden, {
    project,
    entity: id,
    actor: who.subject,
    data: { project, environment, component, override: id, change, reason, expiresAt, actor: who.subject },
  })
}

type Parts = {
  store: Pick<Store, 'db' | 'transaction'>
  clock: Clock
  environments: KnownEnvironments
  moved(environment: string): void
}

/** Exceptions from the gate: for one component in one environment, for a while, with a reason that all can read. */
export const overrideUseCases = ({ store, clock, environments, moved }: Parts) => ({
  list: async (place: { project: string; environment: string }) => ({
    items: (await listOverrides(store.db, place, clock.now())).map(view),
  }),

  async grant(who: Identity, { hours, ...wanted }: Wanted): Promise<View> {
    await environments.require(wanted.project, wanted.environment)
    const at = clock.now()
    const id = newId('ovr', at.getTime())
    const granted = await store.transaction(async (tx) => {
      const until = new Date(at.getTime() + hours * 3_600_000)
      await insertOverride(tx, { ...wanted, id, by: who.subject, at, until })
      const made = await findOverride(tx, id, at)
      if (made === undefined) throw new Error('an exception that was just written is not there')
      await tell(tx, who, made, 'granted')
      return view(made)
    })
    moved(wanted.environment)
    return granted
  },

  withdraw: (who: Identity, { override: id, project, environment }: Key): Promise<null> =>
    store.transaction(async (tx) => {
      const at = clock.now()
      if (!(await withdrawOverride(tx, { id, project, environment }, who.subject, at))) throw unknown(id)
      const ended = await findOverride(tx, id, at)
      if (ended === undefined) throw unknown(id)
      await tell(tx, who, ended, 'withdrawn')
      return null
    }),
})

export type OverrideUseCases = ReturnType<typeof overrideUseCases>

import type { componentCreated, componentDeleted, environmentCreated, EventData } from '@plinth/contracts'
import type { IncomingEvent } from '@plinth/kernel'
import type { Tx } from '@plinth/store'
import { followNewestRelease } from '../applications/follow.ts'
import { insertApplication } from '../applications/store.ts'
import { closePromotionsOf } from '../change-requests/endings.ts'
import { componentsOf, environmentsOf, forgetComponent, lockCatalog, noteComponent, noteEnvironment } from './store.ts'

/** One application per environment; those that follow releases begin with the newest there is already. */
export const onComponentCreated = async (
  tx: Tx,
  { data }: IncomingEvent<EventData<typeof componentCreated>>,
): Promise<void> => {
  const { project, component, repository } = data
  await lockCatalog(tx, project)
  await noteComponent(tx, project, { component, repository })
  for (const { name, automatic, position } of data.environments)
    await noteEnvironment(tx, project, { environment: name, automatic, position })
  for (const { environment, automatic, position } of await environmentsOf(tx, project)) {
    await insertApplication(tx, { project, environment, component, repository, automatic, position })
  }
  await followNewestRelease(tx, project, component)
}

export const onEnvironmentCreated = async (
  tx: Tx,
  { data }: IncomingEvent<EventData<typeof environmentCreated>>,
): Promise<void> => {
  const { project, environment, automatic, position } = data
  await lockCatalog(tx, project)
  await noteEnvironment(tx, project, { environment, automatic, position })
  for (const { component, repository } of await componentsOf(tx, project)) {
    await insertApplication(tx, { project, environment, component, repository, automatic, position })
    await followNewestRelease(tx, project, component)
  }
}

/** Its workloads are provisioning's to remove; here nothing follows anything any more. */
export const onComponentDeleted = async (
  tx: Tx,
  { data }: IncomingEvent<EventData<typeof componentDeleted>>,
): Promise<void> => {
  await lockCatalog(tx, data.project)
  await closePromotionsOf(tx, data.project, data.component, 'The component was deleted.')
  await forgetComponent(tx, data.project, data.component)
}

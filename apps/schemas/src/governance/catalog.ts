import type { Bus } from '@plinth/bus'
import { failure, getComponentOwner } from '@plinth/contracts'

/** Who answers for components, by the catalog that provisioning keeps. */
export type Catalog = {
  /** Of `component:payments/ledger`: its owner; undefined of anything else, where it is not there, or nobody can tell. */
  ownerOf(owner: string | null): Promise<string | undefined>
  /** @throws provisioning.component_unknown; what the bus throws where nobody answers */
  require(owner: string): Promise<void>
}

const patienceMs = 1_000

const componentOf = (owner: string): { project: string; component: string } | undefined => {
  const [, project, component] = /^component:([^/]+)\/(.+)$/.exec(owner) ?? []
  return project === undefined || component === undefined ? undefined : { project, component }
}

export const catalog = (bus: Pick<Bus, 'ask'>): Catalog => ({
  async ownerOf(owner) {
    const asked = owner === null ? undefined : componentOf(owner)
    if (asked === undefined) return undefined
    const known = await bus.ask(getComponentOwner, asked, { timeoutMs: patienceMs }).catch(() => undefined)
    return known?.found === true ? known.owner : undefined
  },

  async require(owner) {
    const asked = componentOf(owner)
    if (asked === undefined || (await bus.ask(getComponentOwner, asked)).found) return
    throw failure('provisioning.component_unknown', {
      detail: `The catalog has no component '${asked.project}/${asked.component}' that could own a schema.`,
    })
  },
})

import type { Bus } from '@plinth/bus'
import { failure, getEnvironments, type RpcResponse } from '@plinth/contracts'

type Environment = RpcResponse<typeof getEnvironments>['items'][number]
export type KnownEnvironments = {
  /** In the order of promotion; undefined where nobody can tell just now. */
  of(project: string): Promise<readonly Environment[] | undefined>
  /** @throws provisioning.environment_unknown; what the bus throws where nobody answers */
  require(project: string, environment: string): Promise<readonly Environment[]>
  /** By its tier; by its name where nobody can tell that just now. */
  isProduction(project: string, environment: string): Promise<boolean>
}

const keptMs = 5_000
const entriesMax = 500
const patienceMs = 2_000

/** The environments of projects as provisioning knows them, kept for some seconds. */
export function knownEnvironments(bus: Pick<Bus, 'ask'>): KnownEnvironments {
  const known = new Map<string, { items: readonly Environment[]; untilMs: number }>()
  const read = async (project: string): Promise<readonly Environment[]> => {
    const entry = known.get(project)
    if (entry !== undefined && entry.untilMs > Date.now()) return entry.items
    const { items } = await bus.ask(getEnvironments, { project }, { timeoutMs: patienceMs })
    if (known.size >= entriesMax) known.clear()
    known.set(project, { items, untilMs: Date.now() + keptMs })
    return items
  }
  return {
    of: (project) => read(project).catch(() => undefined),
    async isProduction(project, environment) {
      const known = await read(project).catch(() => [])
      return (known.find(({ name }) => name === environment)?.tier ?? environment) === 'production'
    },
    async require(project, environment) {
      const items = await read(project)
      if (!items.some(({ name }) => name === environment)) {
        throw failure('provisioning.environment_unknown', {
          detail: `The project '${project}' has no environment '${environment}'; it has ${items.map(({ name }) => name).join(', ') || 'none'}.`,
        })
      }
      return items
    },
  }
}

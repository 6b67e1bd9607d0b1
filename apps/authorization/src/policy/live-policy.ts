import { compile, type AccessIndex, type PolicyChange } from '@plinth/access'
import type { Clock } from '@plinth/kernel'
import type { Db, Executor } from '@plinth/store'
import { stepsAfter } from './steps.ts'
import { loadPolicy, readRevision } from './store.ts'

export type LivePolicy = {
  /**
   * The policy at its newest committed revision: one look at the revision each time, so that a replica never decides
   * on what another one has withdrawn. In a transaction, ask before it changes the policy itself.
   */
  current(executor?: Executor): Promise<AccessIndex>
  /** A change was committed: takes it over, where it follows what is there, instead of loading everything anew. */
  follow(change: PolicyChange): void
}

export function createLivePolicy(db: Db, clock: Clock): LivePolicy {
  let index = compile({ revision: 0, rules: [], links: [] }, { clock })
  let loading: Promise<AccessIndex> | undefined

  /** By the steps that another replica made, where all are there; else anew. */
  const load = async (executor: Executor): Promise<AccessIndex> => {
    const before = index
    const { complete, steps } = before.revision === 0 ? never : await stepsAfter(executor, before.revision)
    const fresh = complete
      ? steps.reduce((known, step) => known.apply(step), before)
      : compile(await loadPolicy(executor), { clock })
    if (fresh.revision > index.revision) index = fresh
    return fresh
  }
  return {
    async current(executor = db) {
      const revision = await readRevision(executor)
      if (revision === index.revision) return index
      if (executor !== db) return load(executor)
      loading ??= load(db).finally(() => (loading = undefined))
      const found = await loading
      // The load that we joined may have begun before the revision that we saw.
      return found.revision >= revision ? found : load(db)
    },
    follow(change) {
      if (change.revision === index.revision + 1) index = index.apply(change)
    },
  }
}

const never = { complete: false, steps: [] } as const

import { failure } from '@plinth/contracts'
import { killMarked, terminate } from '../processes/signals.ts'
import { workloadController, type Controller } from './controller.ts'
import type { ControllerParts } from './parts.ts'
import { newRecord, type WorkloadRecord } from './record.ts'
import { replicaMarker } from './replica-process.ts'
import type { State } from './state.ts'
import { checkWish, generationOf, type Wish } from './wish.ts'

export type WorkloadHost = {
  /** Records the wish on disk and returns; the same wish again changes nothing. Throws `platform.request_invalid`. */
  host(wish: Wish): void
  observe(name: string): State | undefined
  /** Starts to remove it, and says whether nothing of it is left. */
  remove(name: string): boolean
  records(): ReadonlyMap<string, WorkloadRecord>
  /** Leaves the processes running, for the next runner to adopt; with `stop`, ends them and forgets only them. */
  close(how: 'keep' | 'stop'): Promise<void>
}

/** All workloads of this runner. Takes up what the runner before it left, before it returns. */
export function workloadHost(parts: ControllerParts): WorkloadHost {
  const controllers = new Map<string, Controller>()
  const known = parts.records.load()
  sweepUnknown(parts, known)
  for (const [name, record] of known) controllers.set(name, workloadController(name, record, parts))
  tidyReleases()

  function tidyReleases(): void {
    const used = [...controllers.values()].flatMap((controller) => {
      const { wanted, live } = controller.record()
      return [wanted.wish.artifact.sha256, ...(live ? [live.wish.artifact.sha256] : [])]
    })
    parts.releases.keepOnly(new Set(used))
  }

  function forgetIfGone(name: string, controller: Controller): boolean {
    const { isRemoved, replicas } = controller.record()
    if (!isRemoved || replicas.length > 0) return false
    controllers.delete(name)
    void controller.release()
    parts.table.withdraw(name)
    parts.records.remove(name)
    tidyReleases()
    return true
  }

  return {
    host(wish) {
      checkWish(wish)
      const version = { wish, generation: generationOf(wish) }
      const controller = controllers.get(wish.name)
      if (controller === undefined || forgetIfGone(wish.name, controller)) {
        const record = newRecord(version, parts.clock.now())
        parts.records.save(wish.name, record)
        controllers.set(wish.name, workloadController(wish.name, record, parts))
        return
      }
      if (controller.record().isRemoved) {
        throw failure('platform.conflict', { detail: `${wish.name} is being removed; ask again when it is gone.` })
      }
      controller.update((record) => wishAgain(record, version))
    },
    observe(name) {
      return controllers.get(name)?.observe()
    },
    remove(name) {
      const controller = controllers.get(name)
      if (controller === undefined) return true
      if (!controller.record().isRemoved) controller.update((record) => (record.isRemoved = true))
      return forgetIfGone(name, controller)
    },
    records: () => new Map([...controllers].map(([name, controller]) => [name, controller.record()])),
    async close(how) {
      await Promise.all([...controllers.values()].map((controller) => controller.release()))
      if (how === 'keep') return
      await Promise.all([...controllers].map(([name, controller]) => stopAll(parts, name, controller.record())))
      // One that was being launched just now is in no record yet.
      sweepUnknown(parts, new Map())
    },
  }
}

function wishAgain(record: WorkloadRecord, version: { wish: Wish; generation: string }): void {
  const isNew = record.wanted.generation !== version.generation
  record.wanted = version
  if (record.live?.generation === version.generation) record.live = version
  if (!isNew) return
  record.rollout = { exits: 0 }
  delete record.failure
}

/** What a runner started and could not note before it was killed belongs to nobody: it is ended. */
function sweepUnknown(parts: ControllerParts, known: ReadonlyMap<string, WorkloadRecord>): void {
  const noted = new Set<string>()
  for (const [name, { replicas }] of known) {
    for (const { id, process } of replicas) if (process) noted.add(`${parts.records.folder(name)}#${id}`)
  }
  const own = `${parts.records.folder('')}/`
  killMarked(replicaMarker, (value) => value.startsWith(own) && !noted.has(value))
}

async function stopAll(parts: ControllerParts, name: string, record: WorkloadRecord): Promise<void> {
  await Promise.all(
    record.replicas.map(async ({ process, sandboxed }) => {
      if (process) await terminate(process, { sandboxed, graceMs: Math.min(parts.graceMs, 5_000) })
    }),
  )
  record.replicas = []
  parts.records.save(name, record)
}

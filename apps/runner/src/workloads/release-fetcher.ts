import { backoffMs } from '@plinth/kernel'
import { ArchiveError } from '../archives/archive-limits.ts'
import type { ControllerParts } from './parts.ts'
import type { Version, WorkloadRecord } from './record.ts'

/** After this many tries, some 45 s, the version has failed: the artifact is not to be had. */
const triesMax = 8
const fetchTimeoutMs = 300_000

export type ReleaseFetcher = {
  /** The unpacked artifact; or undefined, and then it is being fetched, or the next try is due later. */
  ready(version: Version, nowMs: number): string | undefined
}

/** Fetches beside the passes, so that a slow download of the next version does not hold up a restart of the live one. */
export function releaseFetcher(record: WorkloadRecord, parts: ControllerParts, nudge: () => void): ReleaseFetcher {
  const tries = new Map<string, { count: number; nextAtMs: number; isRunning: boolean }>()

  async function fetch(version: Version): Promise<void> {
    const { artifact } = version.wish
    const state = tries.get(artifact.sha256) ?? { count: 0, nextAtMs: 0, isRunning: false }
    tries.set(artifact.sha256, { ...state, isRunning: true })
    try {
      await parts.releases.fetch(artifact, AbortSignal.timeout(fetchTimeoutMs))
      tries.delete(artifact.sha256)
    } catch (error) {
      const count = state.count + 1
      const detail = error instanceof Error ? error.message : String(error)
      parts.logger.warn({ err: error, workload: version.wish.name, count }, 'an artifact could not be fetched')
      const nextAtMs = parts.clock.now().getTime() + backoffMs(count, 500, 10_000)
      tries.set(artifact.sha256, { count, nextAtMs, isRunning: false })
      record.rollout.detail = detail
      const isHopeless = error instanceof ArchiveError || count >= triesMax
      const isLive = version.generation === record.live?.generation
      if (isHopeless && !isLive) {
        tries.delete(artifact.sha256)
        record.failure = { generation: version.generation, detail }
      }
    }
    nudge()
  }

  return {
    ready(version, nowMs) {
      const { sha256 } = version.wish.artifact
      const folder = parts.releases.folder(sha256)
      if (folder !== undefined) return folder
      const state = tries.get(sha256)
      if (state === undefined || (!state.isRunning && nowMs >= state.nextAtMs)) void fetch(version)
      return undefined
    },
  }
}

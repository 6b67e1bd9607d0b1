import type { Worker } from '@plinth/kernel'
import type { KeptFiles } from '../artifacts/files.ts'
import type { Parts } from '../parts.ts'
import { expireCaches, knownCaches } from './cache-store.ts'

const sweepMs = 60_000
const orphanMs = 3_600_000

/** Removes caches that nobody used for long, row first; and files that a crash left without a row, after an hour. */
export function cacheExpiry(parts: Parts, files: KeptFiles): Worker {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const sweep = async (): Promise<void> => {
    try {
      for (const id of await expireCaches(parts.store.db, parts.limits.cacheDays)) await files.remove(id)
      const { ids, temporary } = await files.olderThan(orphanMs, parts.clock.now().getTime())
      for (const name of temporary) await files.removeTemporary(name)
      const kept = ids.length === 0 ? new Set<string>() : await knownCaches(parts.store.db, ids)
      for (const id of ids) if (!kept.has(id)) await files.remove(id)
    } catch (error) {
      parts.logger.warn({ error: String(error) }, 'expired caches could not be removed')
    }
  }
  return {
    name: 'cache expiry',
    start() {
      running = sweep()
      timer = setInterval(() => void (running = running.then(sweep)), sweepMs)
    },
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}

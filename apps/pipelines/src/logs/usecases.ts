import { failure } from '@plinth/contracts'
import { jobById } from '../jobs/job-row.ts'
import { completed } from '@plinth/ci'
import type { Parts } from '../parts.ts'
import { readLog } from './log-store.ts'

type Asked = { project: string; job: string }
type LogEvent = { id?: string; event: string; data: { text?: string; status?: string } }

/** How often a follower looks by itself: for what another replica wrote. */
const lookMs = 1_000

export const logUseCases = (parts: Parts) => ({
  /** The whole log in pieces; its length is not known before, since it may still grow. */
  async read(asked: Asked): Promise<AsyncGenerator<Buffer>> {
    await mustExist(parts, asked)
    return pieces(parts, asked.job)
  },

  /** From a byte on as it is written; ends, with the status, when the job is over. */
  async follow(asked: Asked, from: number, signal: AbortSignal): Promise<AsyncGenerator<LogEvent>> {
    await mustExist(parts, asked)
    return follow(parts, asked.job, from, signal)
  },
})

export type LogUseCases = ReturnType<typeof logUseCases>

async function mustExist({ store }: Parts, { project, job }: Asked): Promise<void> {
  if ((await jobById(store.db, job, project)) === undefined) throw failure('pipelines.job_unknown')
}

async function* pieces({ store }: Parts, job: string): AsyncGenerator<Buffer> {
  for (let offset = 0; ;) {
    const bytes = await readLog(store.db, job, offset)
    if (bytes.length === 0) return
    yield bytes
    offset += bytes.length
  }
}

async function* follow(parts: Parts, id: string, from: number, signal: AbortSignal): AsyncGenerator<LogEvent> {
  const decoder = new TextDecoder()
  for (let offset = from; !signal.aborted;) {
    // Registered before the look, so that nothing written in between is missed.
    const ended = new AbortController()
    const woken = parts.signals.wait(id, lookMs, AbortSignal.any([signal, ended.signal]))
    const job = await jobById(parts.store.db, id)
    const bytes = await readLog(parts.store.db, id, offset)
    if (bytes.length > 0) {
      offset += bytes.length
      yield { id: String(offset), event: 'log', data: { text: decoder.decode(bytes) } }
    } else if (job === undefined || completed(job.status)) {
      ended.abort()
      yield { id: String(offset), event: 'status', data: { status: job?.status ?? 'canceled' } }
      return
    } else await woken
    ended.abort()
  }
}

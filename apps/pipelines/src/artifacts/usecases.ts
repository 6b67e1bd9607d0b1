import { failure } from '@plinth/contracts'
import { newId, type Identity, type Worker } from '@plinth/kernel'
import { isoTime, recordAudit, rows, sql } from '@plinth/store'
import type { Readable } from 'node:stream'
import { specOf } from '../jobs/assignment.ts'
import type { ArtifactRow } from '../jobs/job-row.ts'
import { ownJob } from '../jobs/own-job.ts'
import type { Parts } from '../parts.ts'
import { pipelineById } from '../pipelines/pipeline-row.ts'
import type { KeptFiles } from './files.ts'

type Listed = ArtifactRow & { name: string; createdAt: string; expiresAt: string }

/** `expire_in: never`, as a time: far enough, and still one that every client can read. */
const never = '9999-12-31T00:00:00.000Z'
const dayMs = 86_400_000

export const artifactUseCases = (parts: Parts, files: KeptFiles) => ({
  /** Only the job itself may, with the token of its current attempt; the row comes after the whole file. */
  async upload(
    who: Identity,
    asked: { project: string; job: string },
    name: string | undefined,
    source: Readable,
  ): Promise<ArtifactRow> {
    const job = await ownJob(parts, who, asked, 'Only a job itself stores its artifact.')
    const id = newId('art')
    const { sha256, sizeBytes } = await files.write(id, source, parts.limits.artifactBytesMax)
    try {
      const spec = await specOf(parts.store.db, job.id)
      const label = name ?? spec?.artifacts?.name ?? job.name
      const expiresAt = expiryOf(parts, spec?.artifacts?.expireInSeconds)
      await parts.store.transaction(async (tx) => {
        const inserted = await tx.execute(sql`
          insert into artifacts (id, project, pipeline, job, attempt, name, sha256, size_bytes, expires_at)
          select ${id}, project, pipeline, id, attempt, ${label}, ${sha256}, ${sizeBytes}, ${expiresAt}::timestamptz
          from jobs where id = ${job.id} and attempt = ${job.attempt} and status = 'running'`)
        if (inserted.rowCount !== 1) throw failure('pipelines.attempt_stale')
        await recordAudit(tx, 'pipelines', who, {
          action: 'artifact.create',
          project: asked.project,
          object: `artifact/${id}`,
          detail: { job: job.id, name: label, sha256, sizeBytes },
        })
      })
    } catch (error) {
      await files.remove(id)
      throw error
    }
    return { id, job: job.id, sha256, sizeBytes }
  },

  async download({ project, artifact }: { project: string; artifact: string }) {
    const [row] = await rows<Listed>(
      parts.store.db,
      sql`select ${listedColumns} from artifacts
      where id = ${artifact} and project = ${project} and expires_at > now()`,
    )
    const file = row && (await files.read(row.id))
    if (row === undefined || file === undefined) throw failure('pipelines.artifact_unknown')
    return { ...row, ...file }
  },

  async list({ project, pipeline }: { project: string; pipeline: string }): Promise<{ items: Listed[] }> {
    if ((await pipelineById(parts.store.db, pipeline, project)) === undefined)
      throw failure('pipelines.pipeline_unknown')
    const items = await rows<Listed>(
      parts.store.db,
      sql`select ${listedColumns} from artifacts
      where pipeline = ${pipeline} and expires_at > now() order by id limit 5000`,
    )
    return { items }
  },
})

export type ArtifactUseCases = ReturnType<typeof artifactUseCases>

const listedColumns = sql`id, job, name, sha256, size_bytes::float8 as "sizeBytes", ${isoTime(sql`created_at`)} as "createdAt",
  ${isoTime(sql`expires_at`)} as "expiresAt"`

function expiryOf({ clock, limits }: Parts, expireInSeconds: number | null | undefined): string {
  if (expireInSeconds === null) return never
  const lifeMs = expireInSeconds === undefined ? limits.artifactDays * dayMs : expireInSeconds * 1_000
  return new Date(clock.now().getTime() + lifeMs).toISOString()
}

const sweepMs = 60_000
const orphanMs = 3_600_000

/** Removes what has expired, row first; and files that a crash left without a row, once they are an hour old. */
export function expiryWorker(parts: Parts, files: KeptFiles): Worker {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const sweep = async (): Promise<void> => {
    try {
      const gone = await rows<{ id: string }>(
        parts.store.db,
        sql`delete from artifacts where id in
        (select id from artifacts where expires_at <= now() order by expires_at limit 1000) returning id`,
      )
      for (const { id } of gone) await files.remove(id)
      await sweepOrphans(parts, files)
    } catch (error) {
      parts.logger.warn({ error: String(error) }, 'expired artifacts could not be removed')
    }
  }
  return {
    name: 'artifact expiry',
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

async function sweepOrphans({ store, clock }: Parts, files: KeptFiles): Promise<void> {
  const { ids, temporary } = await files.olderThan(orphanMs, clock.now().getTime())
  for (const name of temporary) await files.removeTemporary(name)
  if (ids.length === 0) return
  const known = await rows<{ id: string }>(
    store.db,
    sql`select id from artifacts where id = any(${sql.param(ids)}::text[])`,
  )
  const kept = new Set(known.map(({ id }) => id))
  for (const id of ids) if (!kept.has(id)) await files.remove(id)
}

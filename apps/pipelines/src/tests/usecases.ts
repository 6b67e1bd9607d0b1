import { failure } from '@plinth/contracts'
import { newId, type Identity } from '@plinth/kernel'
import { isUniqueViolation, recordAudit, rows, sql } from '@plinth/store'
import type { Parts } from '../parts.ts'
import { pipelineById, type PipelineRow } from '../pipelines/pipeline-row.ts'
import { percentOf } from '../reports/coverage-tally.ts'
import { coverageOf, findingsOf } from '../reports/report-store.ts'
import { compareTests } from './comparison.ts'
import type { Quarantine } from './quarantines.ts'
import { listTests, testWithHistory, type Place, type Shown } from './test-list.ts'

type OfPipeline = { project: string; pipeline: string }
type Wish = { test: string; reason: string; owner?: string; days?: number }

const coverageFilesMax = 2_000
const daysDefault = 14

export const testUseCases = (parts: Pick<Parts, 'store' | 'clock'>) => {
  const { store, clock } = parts
  const now = (): string => clock.now().toISOString()
  const pipelineOf = async ({ project, pipeline }: OfPipeline): Promise<PipelineRow> => {
    const found = await pipelineById(store.db, pipeline, project)
    if (found === undefined) throw failure('pipelines.pipeline_unknown')
    return found
  }
  return {
    async list(place: Place, asked: { show?: Shown; limit?: number; cursor?: string }) {
      const { project, repository } = place
      const known = await rows(
        store.db,
        sql`select 1 from pipeline_numbers where project = ${project} and repository = ${repository}`,
      )
      if (known.length === 0) throw failure('pipelines.repository_unknown')
      return listTests(store.db, place, asked, now())
    },

    async get({ test, ...place }: Place & { test: string }) {
      const found = await testWithHistory(store.db, place, test, now())
      if (found === undefined) throw failure('pipelines.test_unknown')
      return found
    },

    compare: async (asked: OfPipeline) => compareTests(store.db, await pipelineOf(asked), now()),

    findings: async (asked: OfPipeline) => ({ items: await findingsOf(store.db, (await pipelineOf(asked)).id) }),

    async coverage(asked: OfPipeline) {
      const files = await coverageOf(store.db, (await pipelineOf(asked)).id)
      return { items: files.slice(0, coverageFilesMax).map((file) => ({ percent: percentOf(file), ...file })) }
    },

    quarantine: (who: Identity, place: Place, wish: Wish) => quarantine(parts, who, place, wish),
    release: (who: Identity, place: Place, id: string) => release(parts, who, place, id),
  }
}
export type TestUseCases = ReturnType<typeof testUseCases>

/** One at a time for a test; what has expired gives way. */
async function quarantine(
  { store, clock }: Pick<Parts, 'store' | 'clock'>,
  who: Identity,
  { project, repository }: Place,
  { test, reason, owner = who.subject, days = daysDefault }: Wish,
): Promise<Quarantine> {
  const createdAt = clock.now()
  const expiresAt = new Date(createdAt.getTime() + days * 86_400_000)
  const made: Quarantine = {
    id: newId('qtn', createdAt.getTime()), test, owner, reason, createdBy: who.subject,
    createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString(),
  } // prettier-ignore
  try {
    await store.transaction(async (tx) => {
      const [known] = await rows<{ suite: string; name: string }>(
        tx,
        sql`select suite, name from tests where id = ${test} and project = ${project} and repository = ${repository}`,
      )
      if (known === undefined) throw failure('pipelines.test_unknown')
      await tx.execute(sql`delete from test_quarantines where test = ${test} and expires_at <= ${made.createdAt}`)
      await tx.execute(sql`insert into test_quarantines (id, test, project, repository, owner, reason, created_by, created_at, expires_at)
        values (${made.id}, ${test}, ${project}, ${repository}, ${owner}, ${reason}, ${made.createdBy}, ${made.createdAt}, ${made.expiresAt})`)
      const detail = { repository, suite: known.suite, test: known.name, owner, reason, expiresAt: made.expiresAt }
      await recordAudit(tx, 'pipelines', who, { action: 'test.quarantine', project, object: `test/${test}`, detail })
    })
  } catch (error) {
    if (isUniqueViolation(error)) throw failure('pipelines.test_quarantined')
    throw error
  }
  return made
}

async function release(
  { store }: Pick<Parts, 'store'>,
  who: Identity,
  { project, repository }: Place,
  id: string,
): Promise<null> {
  await store.transaction(async (tx) => {
    const [gone] = await rows<{ test: string; owner: string }>(
      tx,
      sql`delete from test_quarantines where id = ${id} and project = ${project} and repository = ${repository}
        returning test, owner`,
    )
    if (gone === undefined) throw failure('pipelines.quarantine_unknown')
    const detail = { repository, owner: gone.owner }
    await recordAudit(tx, 'pipelines', who, { action: 'test.release', project, object: `test/${gone.test}`, detail })
  })
  return null
}

import { failure, resolveRevision } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { decodeCursor, pageOf, recordAudit, rows, type PageOf, sql } from '@plinth/store'
import { changePipeline, offered } from '../jobs/coordinator.ts'
import type { TestTotals } from '../jobs/job-row.ts'
import { canceled, revive } from '../jobs/usecases.ts'
import { completed } from '@plinth/ci'
import type { Parts } from '../parts.ts'
import { casesOf, totalsOf } from '../reports/test-store.ts'
import { createPlanned } from './create.ts'
import { gather } from './gather.ts'
import {
  pipelineAnswer,
  pipelineById,
  pipelineColumns,
  pipelineDetail,
  type KeptFacts,
  type PipelineRow,
} from './pipeline-row.ts'

type Asked = { project: string; pipeline: string }
type Detail = Awaited<ReturnType<typeof pipelineDetail>>
type Filter = { limit?: number; cursor?: string; repository?: string; ref?: string; revision?: string }
type Wish = { project: string; repository: string; ref: string; variables?: Record<string, string> }

const variablesMax = { count: 100, bytes: 64 * 1024 }

export const pipelineUseCases = (parts: Parts) => ({
  async list(project: string, filter: Filter): Promise<PageOf<ReturnType<typeof pipelineAnswer>>> {
    const limit = filter.limit ?? 50
    const before = filter.cursor === undefined ? sql`true` : sql`p.id < ${decodeCursor(filter.cursor, ['string'])[0]}`
    const { repository, ref, revision } = filter
    const found = await rows<PipelineRow & { tests: TestTotals | null }>(
      parts.store.db,
      sql`
      select ${pipelineColumns}, t.tests from pipelines p left join lateral (
        select case when count(*) > 0 then jsonb_build_object(
          'passed', sum((tests->>'passed')::int), 'failed', sum((tests->>'failed')::int),
          'skipped', sum((tests->>'skipped')::int), 'durationMs', sum((tests->>'durationMs')::int)) end as tests
        from jobs where pipeline = p.id and tests is not null
      ) t on true
      where p.project = ${project} and ${before}
        and ${repository === undefined ? sql`true` : sql`p.repository = ${repository}`}
        and ${ref === undefined ? sql`true` : sql`p.ref in (${ref}, ${`refs/heads/${ref}`}, ${`refs/tags/${ref}`})`}
        and ${revision === undefined ? sql`true` : sql`p.revision = ${revision}`}
      order by p.id desc limit ${limit + 1}`,
    )
    const page = pageOf(found, limit, ({ id }) => [id])
    return { ...page, items: page.items.map(({ tests, ...pipeline }) => pipelineAnswer(pipeline, tests ?? undefined)) }
  },

  async get({ project, pipeline }: Asked): Promise<Detail> {
    return pipelineDetail(parts.store.db, await mustFind(parts, project, pipeline))
  },

  async tests({ project, pipeline }: Asked) {
    await mustFind(parts, project, pipeline)
    const items = (await casesOf(parts.store.db, pipeline)).map(({ message, within, file, test, ...entry }) => ({
      ...entry,
      ...(message !== null && { message }),
      ...(within !== null && { within }),
      ...(file !== null && { file }),
      ...(test !== null && { test }),
    }))
    return { summary: totalsOf(items) ?? { passed: 0, failed: 0, skipped: 0, durationMs: 0 }, items }
  },

  /** Runs the pipeline of a ref because somebody asks. A wrong file is a failed pipeline with its problems, as after a push. */
  async create(who: Identity, wish: Wish, signal: AbortSignal): Promise<Detail> {
    checkVariables(wish.variables ?? {})
    const facts = await factsOf(parts, who, wish, signal)
    const gathered = await gather(parts.bus, facts, signal)
    if (gathered.kind === 'missing') throw failure('pipelines.config_missing')
    if (gathered.kind === 'plan' && !gathered.plan.runs) {
      throw failure('pipelines.config_invalid', { detail: `There is nothing to run: ${gathered.plan.reason}.` })
    }
    const planned = gathered.kind === 'plan' ? { plan: gathered.plan, problems: [] } : { problems: gathered.problems }
    const created = await parts.store.transaction(async (tx) => {
      const made = await createPlanned(parts, tx, { facts, origin: null, ...planned })
      if (made === undefined) throw failure('platform.conflict')
      const object = `pipeline/${made.pipeline.id}`
      const detail = {
        repository: wish.repository,
        ref: facts.ref,
        revision: facts.revision,
        variables: Object.keys(facts.variables),
      }
      await recordAudit(tx, 'pipelines', who, { action: 'pipeline.run', project: wish.project, object, detail })
      return made
    })
    return pipelineDetail(parts.store.db, created.pipeline, created.jobs)
  },

  cancel: (who: Identity, asked: Asked): Promise<Detail> =>
    change(parts, who, asked, 'pipeline.cancel', async ({ jobs, set, now }) => {
      for (const job of jobs) if (!completed(job.status)) set(job, canceled(who, now))
    }),

  /** The failed and canceled jobs again, and whatever was skipped because of them; those that passed stay. */
  retry: (who: Identity, asked: Asked): Promise<Detail> =>
    change(parts, who, asked, 'pipeline.retry', async (scope) => {
      const again = scope.jobs.filter((job) => job.status === 'failed' || job.status === 'canceled')
      for (const job of again) {
        const fresh = { retries: 0, systemRetries: 0, allowFailure: job.allowFailureRule === true }
        // Somebody has started it by hand before; asking for the pipeline again asks for it as well.
        const isPlayed = job.when === 'manual' && job.attempt > 0
        if (isPlayed) scope.set(job, { ...offered(job, 'waits for a runner', scope.now), ...fresh })
        else scope.set(job, { status: 'created', reason: null, finishedAt: null, ...fresh })
      }
      if (again.length > 0) revive(scope, new Set(again.map((job) => job.name)))
    }),
})

export type PipelineUseCases = ReturnType<typeof pipelineUseCases>

async function mustFind({ store }: Parts, project: string, id: string): Promise<PipelineRow> {
  const pipeline = await pipelineById(store.db, id, project)
  if (pipeline === undefined) throw failure('pipelines.pipeline_unknown')
  return pipeline
}

async function change(
  parts: Parts,
  who: Identity,
  { project, pipeline: id }: Asked,
  action: string,
  work: Parameters<typeof changePipeline>[2],
): Promise<Detail> {
  await mustFind(parts, project, id)
  await changePipeline(parts, id, async (scope) => {
    await work(scope)
    await recordAudit(scope.tx, 'pipelines', who, {
      action,
      project,
      object: `pipeline/${id}`,
      detail: { repository: scope.pipeline.repository },
    })
  })
  return pipelineDetail(parts.store.db, await mustFind(parts, project, id))
}

async function factsOf(
  { bus, clock, publicUrl }: Parts,
  who: Identity,
  wish: Wish,
  signal: AbortSignal,
): Promise<KeptFacts> {
  const { project, repository } = wish
  const resolved = await bus.ask(resolveRevision, { project, repository, ref: wish.ref }, { signal })
  if (!resolved.found)
    throw failure('gitops.revision_unknown', {
      detail: `There is no branch, tag or commit '${wish.ref}' in ${project}/${repository}.`,
    })
  return {
    project,
    repository,
    ref: resolved.ref,
    revision: resolved.revision,
    before: '0'.repeat(40),
    title: resolved.title,
    author: resolved.author,
    defaultBranch: resolved.defaultBranch,
    protected: resolved.protected,
    source: 'api',
    actor: who.subject,
    createdAt: clock.now().toISOString(),
    publicUrl,
    variables: wish.variables ?? {},
  }
}

/** Names the shell can hold, and not so much that the environment of a process cannot. */
export function checkVariables(variables: Readonly<Record<string, string>>): void {
  const entries = Object.entries(variables)
  const wrong = entries.filter(([name, value]) => !/^[A-Za-z_][A-Za-z0-9_]{0,254}$/.test(name) || value.includes('\0'))
  if (wrong.length > 0) {
    const problems = wrong.map(([name]) => ({
      path: `/body/variables/${name.slice(0, 100)}`,
      message: 'needs a name of letters, digits and underscores, and a value without NUL.',
    }))
    throw failure('platform.request_invalid', { problems })
  }
  const bytes = entries.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0)
  if (entries.length > variablesMax.count || bytes > variablesMax.bytes) {
    throw failure('platform.request_invalid', {
      detail: `There may be ${variablesMax.count} variables of ${variablesMax.bytes} bytes in all.`,
    })
  }
}

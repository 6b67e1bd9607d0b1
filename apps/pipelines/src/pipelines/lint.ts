import type { Clock, Identity } from '@plinth/kernel'
import { planPipeline, type Problem, readPipelineFile } from '@plinth/ci'
import { checkVariables } from './usecases.ts'

type Wish = { project: string; content: string; ref?: string; variables?: Record<string, string> }
type Verdict = { valid: boolean; problems: Problem[]; stages: string[]; jobs: Record<string, unknown>[] }

/**
 * Says what a file would run on a ref, and why each job is in or out. It is planned as a push of that ref; of files, all
 * count as changed and none as existing, for there is no commit to ask.
 */
export function lint({ clock, publicUrl }: { clock: Clock; publicUrl: string }, who: Identity, wish: Wish): Verdict {
  checkVariables(wish.variables ?? {})
  const read = readPipelineFile(wish.content)
  if (read.file === undefined) return { valid: false, problems: read.problems, stages: [], jobs: [] }
  const ref = wish.ref ?? 'main'
  const plan = planPipeline(read.file, {
    project: wish.project,
    repository: 'lint',
    ref: ref.startsWith('refs/') ? ref : `refs/heads/${ref}`,
    revision: '0'.repeat(40),
    before: '0'.repeat(40),
    title: '',
    author: who.displayName,
    defaultBranch: 'main',
    protected: false,
    source: 'push',
    actor: who.subject,
    createdAt: clock.now().toISOString(),
    publicUrl,
    changedPaths: undefined,
    changedSince: {},
    files: [],
    variables: wish.variables ?? {},
  })
  const included = plan.jobs.map((job) => ({
    ...job,
    included: true,
    needs: job.needs?.map((need) => need.job) ?? null,
  }))
  const excluded = plan.excluded.map((job) => ({ ...job, included: false }))
  return {
    valid: plan.problems.length === 0,
    problems: plan.problems,
    stages: plan.stages,
    jobs: [...included, ...excluded],
  }
}

import type { When } from './file.ts'

export type JobStatus =
  | 'created'
  | 'pending'
  | 'running'
  | 'success'
  | 'failed'
  | 'canceled'
  | 'skipped'
  | 'manual'
  | 'scheduled'

/** What the rules of starting need to know of a job. `needs` is there for a job of the graph, also when it is empty. */
export type StatusJob = {
  name: string
  stageIndex: number
  status: JobStatus
  when: When
  allowFailure: boolean
  needs?: readonly string[]
}

type Part = JobStatus | 'success_with_warnings' | 'ignored'

export const completed = (status: JobStatus): boolean => ['success', 'failed', 'canceled', 'skipped'].includes(status)

/**
 * One status for many (GitLab, lib/gitlab/ci/status/composite.rb): the order of the questions is the definition.
 * `dag` asks for the needs of one job, where anything skipped or not played skips it too. Undefined for no jobs.
 */
export function compositeStatus(
  jobs: Iterable<{ status: JobStatus; allowFailure: boolean }>,
  dag = false,
): JobStatus | undefined {
  const parts = new Set<Part>()
  for (const { status, allowFailure } of jobs) parts.add(allowFailure ? softened(status) : status)
  if (parts.size === 0) return undefined
  const any = (...names: Part[]): boolean => names.some((name) => parts.has(name))
  const only = (...names: Part[]): boolean => [...parts].every((part) => names.includes(part))
  if (dag && any('skipped', 'ignored')) return 'skipped'
  if (dag && !only('success', 'failed', 'canceled', 'skipped', 'success_with_warnings')) return 'pending'
  if (only('skipped', 'ignored')) return 'skipped'
  if (only('success', 'skipped', 'success_with_warnings', 'ignored')) return 'success'
  if (only('created', 'success_with_warnings', 'ignored')) return 'created'
  if (only('canceled', 'success', 'skipped', 'success_with_warnings', 'ignored')) return 'canceled'
  if (only('pending', 'created', 'skipped', 'success_with_warnings', 'ignored')) return 'pending'
  if (any('running', 'pending')) return 'running'
  if (any('manual')) return 'manual'
  if (any('scheduled')) return 'scheduled'
  if (any('created')) return 'running'
  return 'failed'
}

function softened(status: JobStatus): Part {
  if (status === 'failed' || status === 'canceled') return 'success_with_warnings'
  return status === 'manual' ? 'ignored' : status
}

const accepted: Readonly<Record<When, { stage: readonly JobStatus[]; dag: readonly JobStatus[] }>> = {
  on_success: { stage: ['success', 'skipped'], dag: ['success'] },
  manual: { stage: ['success', 'skipped'], dag: ['success'] },
  delayed: { stage: ['success', 'skipped'], dag: ['success'] },
  on_failure: { stage: ['failed'], dag: ['failed'] },
  always: { stage: ['success', 'failed', 'skipped'], dag: ['success', 'failed', 'skipped'] },
  never: { stage: [], dag: [] },
}

type Move = { name: string; to: 'pending' | 'manual' | 'scheduled' | 'skipped'; reason: string }

/** What a job does once it may start. */
const starts: Readonly<Partial<Record<When, 'manual' | 'scheduled'>>> = { manual: 'manual', delayed: 'scheduled' }

/**
 * Which created jobs start, wait for a person, or are skipped now (GitLab, process_build_service.rb and
 * atomic_processing_service.rb). A job is judged once what is before it is over: all earlier stages, or its needs.
 */
export function nextMoves(jobs: readonly StatusJob[]): Move[] {
  const state = new Map(jobs.map((job) => [job.name, { ...job }]))
  const all = [...state.values()]
  const moves: Move[] = []
  for (let changed = true; changed;) {
    changed = false
    const ofEarlierStages = new Map<number, JobStatus>()
    for (const job of all) {
      if (job.status !== 'created') continue
      const before = statusBefore(job, all, state, ofEarlierStages)
      if (!completed(before)) continue
      const isAccepted = accepted[job.when][job.needs === undefined ? 'stage' : 'dag'].includes(before)
      const to = isAccepted ? (starts[job.when] ?? 'pending') : 'skipped'
      job.status = to
      ofEarlierStages.clear()
      moves.push({ name: job.name, to, reason: reasonOf(to, before, job) })
      changed = true
    }
  }
  return moves
}

function statusBefore(
  job: StatusJob,
  all: readonly StatusJob[],
  state: ReadonlyMap<string, StatusJob>,
  known: Map<number, JobStatus>,
): JobStatus {
  if (job.needs !== undefined) {
    const needed = job.needs.map((name) => state.get(name)).filter((found) => found !== undefined)
    return compositeStatus(needed, true) ?? 'success'
  }
  const cached = known.get(job.stageIndex)
  if (cached !== undefined) return cached
  const earlier = all.filter((other) => other.stageIndex < job.stageIndex)
  const status = compositeStatus(earlier) ?? 'success'
  known.set(job.stageIndex, status)
  return status
}

function reasonOf(to: Move['to'], before: JobStatus, job: StatusJob): string {
  if (to === 'pending') return 'waits for a runner'
  if (to === 'manual') return 'waits for somebody to start it'
  if (to === 'scheduled') return 'waits for its time'
  const what = job.needs === undefined ? 'the earlier stages' : `what it needs (${job.needs.join(', ')})`
  return `runs \`${job.when}\`, and ${what} ended as ${before}`
}

/** The jobs that a new start of these may bring back: of later stages, or needing them directly or through others. */
export function dependants(jobs: readonly StatusJob[], restarted: ReadonlySet<string>): Set<string> {
  const found = new Set<string>()
  const reached = new Set(restarted)
  const firstStage = Math.min(...jobs.filter((job) => restarted.has(job.name)).map((job) => job.stageIndex))
  for (let changed = true; changed;) {
    changed = false
    for (const job of jobs) {
      if (reached.has(job.name)) continue
      const follows =
        job.needs === undefined ? job.stageIndex > firstStage : job.needs.some((need) => reached.has(need))
      if (!follows) continue
      reached.add(job.name)
      found.add(job.name)
      changed = true
    }
  }
  return found
}

import { expandAll, ExpansionError, layered, plain, type Variable, type Variables } from './expand.ts'
import type {
  AllowFailure,
  ArtifactsSpec,
  DeclaredVariables,
  JobSpec,
  Need,
  PipelineFile,
  RetrySpec,
  Rule,
  When,
} from './file.ts'
import { judgeRules, type RuleFacts } from './judge-rules.ts'
import { judgeRefPolicies } from './only-except.ts'
import { inherits } from './parallel.ts'
import { jobVariables, pipelineVariables, type Facts } from './predefined.ts'
import { collectProblems, type Problem, type Problems } from './problems.ts'
import type { CacheSpec } from './read-cache.ts'
import { configFile } from './read-file.ts'

export type PlanFacts = Facts &
  RuleFacts & {
    /** Given by the caller who started it: they win over everything that the file says. */
    variables: Readonly<Record<string, string>>
  }

type PlannedNeed = { job: string; artifacts: boolean }

/** A job as it will run; plain data, kept in the database as it is. */
export type PlannedJob = {
  name: string
  stage: string
  stageIndex: number
  when: When
  startInSeconds?: number
  allowFailure: AllowFailure
  needs?: PlannedNeed[]
  dependencies?: string[]
  beforeScript: string[]
  script: string[]
  afterScript: string[]
  /** Top level, workflow, job and rule, the later winning; the predefined ones come at the start. */
  variables: Record<string, Variable>
  artifacts?: ArtifactsSpec
  /** Absent in jobs without any, and in those that were planned before there were any. */
  caches?: CacheSpec[]
  timeoutSeconds: number
  retry: RetrySpec
  tag: string
  environment?: string
  interruptible: boolean
  /** The job with `parallel` that it is one of, and which. */
  group?: string
  node?: { index: number; total: number }
  /** Absent in jobs that were planned before there were any. */
  idTokens?: Record<string, string[]>
  notes: string[]
  /** Why it is in. */
  reason: string
}

export type Plan = {
  /** False where `workflow` or the absence of jobs says that there is no pipeline. */
  runs: boolean
  reason: string
  stages: string[]
  jobs: PlannedJob[]
  excluded: { name: string; stage: string; reason: string }[]
  problems: Problem[]
}

const jobTimeoutSeconds = 3_600
const anyRunner = 'any'

/** Decides which jobs of a file run for these facts, and says of each why it is in or out. Pure. */
export function planPipeline(file: PipelineFile, facts: PlanFacts): Plan {
  const problems = collectProblems(configFile)
  const predefined = pipelineVariables(facts)
  const given = plain(facts.variables)
  const top = declared(file.variables)
  const workflow = judgeRules(file.workflow.rules, values(layered(predefined, top, given)), facts)
  const plan: Plan = {
    runs: workflow.in,
    reason: `workflow: ${workflow.reason}`,
    stages: [],
    jobs: [],
    excluded: [],
    problems: [],
  }
  if (!workflow.in) return plan
  const shared = layered(top, declared(workflow.rule?.variables ?? {}))
  for (const job of file.jobs) {
    const own = layered(inherited(shared, job), declared(job.variables))
    const seen = values(layered(predefined, jobVariables(job), own, given))
    const verdict: Verdict & { in: boolean } = job.rules
      ? judgeRules(job.rules, seen, facts)
      : judgeRefPolicies(job.only, job.except, seen, facts)
    if (verdict.in) plan.jobs.push(plannedJob(file, job, verdict, own))
    else plan.excluded.push({ name: job.name, stage: job.stage, reason: verdict.reason })
    checkCircularVariables(
      job,
      layered(predefined, jobVariables(job), own, declared(verdict.rule?.variables ?? {}), given),
      problems,
    )
  }
  settleNeeds(file, plan, problems)
  checkCircularNeeds(file, plan, problems)
  plan.jobs.sort((left, right) => left.stageIndex - right.stageIndex)
  plan.stages = file.stages.filter((stage) => plan.jobs.some((job) => job.stage === stage))
  plan.problems = problems.list()
  if (!plan.jobs.some((job) => job.stage !== '.pre' && job.stage !== '.post')) {
    plan.runs = false
    plan.reason = plan.jobs.length === 0 ? 'the rules leave no job' : 'only jobs of .pre and .post are left'
  }
  return plan
}

const declared = (variables: DeclaredVariables): Map<string, Variable> =>
  new Map(Object.entries(variables).map(([name, { value, expand }]) => [name, { value, expand }]))

/** Of the variables at the top, those that the job takes over. */
const inherited = (shared: Variables, { inherit }: JobSpec): Variables =>
  inherit.variables === true ? shared : new Map([...shared].filter(([name]) => inherits(inherit.variables, name)))

/** Rules see values as they are written: nothing is expanded for them. */
const values = (variables: Variables): Map<string, string> =>
  new Map([...variables].map(([name, { value }]) => [name, value]))

type Verdict = { rule?: Rule; reason: string }

function plannedJob(file: PipelineFile, job: JobSpec, { rule, reason }: Verdict, own: Variables): PlannedJob {
  const when = rule?.when ?? job.when ?? 'on_success'
  const needs = rule?.needs ?? job.needs
  // A manual job without rules is optional unless it says otherwise; one made manual by a rule blocks.
  const allowFailure = rule?.allowFailure ?? job.allowFailure ?? (job.rules === undefined && when === 'manual')
  return {
    name: job.name,
    stage: job.stage,
    stageIndex: file.stages.indexOf(job.stage),
    when,
    ...(when === 'delayed' && { startInSeconds: rule?.startInSeconds ?? job.startInSeconds ?? 0 }),
    allowFailure,
    ...(needs !== undefined && { needs: needs.map(({ job: name, artifacts }) => ({ job: name, artifacts })) }),
    ...(job.dependencies !== undefined && { dependencies: job.dependencies.map((entry) => entry.job) }),
    beforeScript: job.beforeScript,
    script: job.script,
    afterScript: job.afterScript,
    variables: Object.fromEntries(layered(own, declared(rule?.variables ?? {}))),
    ...(job.artifacts !== undefined && { artifacts: job.artifacts }),
    ...(job.caches !== undefined && job.caches.length > 0 && { caches: job.caches }),
    timeoutSeconds: job.timeoutSeconds ?? jobTimeoutSeconds,
    retry: job.retry,
    tag: job.tags[0] ?? anyRunner,
    ...(job.environment !== undefined && { environment: job.environment }),
    interruptible: rule?.interruptible ?? job.interruptible,
    ...(job.group !== undefined && { group: job.group }),
    ...(job.node !== undefined && { node: job.node }),
    ...(Object.keys(job.idTokens).length > 0 && { idTokens: job.idTokens }),
    notes: job.notes,
    reason,
  }
}

/** Drops optional needs that are not there; a needed job that the rules left out is a mistake of the file. */
function settleNeeds(file: PipelineFile, plan: Plan, problems: Problems): void {
  const present = new Set(plan.jobs.map((job) => job.name))
  for (const job of plan.jobs) {
    for (const need of writtenNeeds(file, job)) {
      if (present.has(need.job) || need.optional) continue
      const why = plan.excluded.find((entry) => entry.name === need.job)?.reason ?? 'it is not in the file'
      problems.add(
        need.at,
        `The job \`${job.name}\` needs \`${need.job}\`, which is not in this pipeline (${why}); say \`optional: true\` if it may be missing.`,
      )
    }
    if (job.needs) job.needs = job.needs.filter((need) => present.has(need.job))
    if (job.dependencies) job.dependencies = job.dependencies.filter((name) => present.has(name))
  }
}

function writtenNeeds(file: PipelineFile, planned: PlannedJob): Need[] {
  const job = file.jobs.find((entry) => entry.name === planned.name)
  const candidates = [...(job?.needs ?? []), ...(job?.rules ?? []).flatMap((rule) => rule.needs ?? [])]
  const wanted = new Set(planned.needs?.map((need) => need.job))
  return candidates.filter((need) => wanted.has(need.job))
}

/** Jobs of one stage may need one another, so a circle is possible there; its jobs would wait for ever. */
function checkCircularNeeds(file: PipelineFile, plan: Plan, problems: Problems): void {
  const waiting = new Map(plan.jobs.map((job) => [job.name, job.needs ?? []]))
  for (let changed = true; changed;) {
    changed = false
    for (const [name, needs] of waiting) {
      if (needs.some((need) => waiting.has(need.job))) continue
      waiting.delete(name)
      changed = true
    }
  }
  const first = file.jobs.find((job) => waiting.has(job.name))
  if (first)
    problems.add(
      first.at,
      `These jobs need one another in a circle: ${[...waiting.keys()]
        .slice(0, 20)
        .map((name) => `\`${name}\``)
        .join(', ')}.`,
    )
}

function checkCircularVariables(job: JobSpec, variables: Variables, problems: Problems): void {
  try {
    expandAll(variables)
  } catch (error) {
    if (!(error instanceof ExpansionError)) throw error
    problems.add(job.at, `In the job \`${job.name}\` ${error.message}.`)
  }
}

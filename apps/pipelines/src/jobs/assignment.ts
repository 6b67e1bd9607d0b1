import type { JobAssignment } from '@plinth/contracts'
import { rows, type Executor, sql } from '@plinth/store'
import type { Static } from 'typebox'
import {
  expandAll,
  expandText,
  ExpansionError,
  jobVariables,
  layered,
  pipelineVariables,
  plain,
  type PlannedJob,
  type Variable,
} from '@plinth/ci'
import { cachesOf } from '../caches/resolve.ts'
import type { Parts } from '../parts.ts'
import type { PipelineRow } from '../pipelines/pipeline-row.ts'
import { identityTokens } from './identity-tokens.ts'
import { artifactsOf, type JobRow } from './job-row.ts'

type Assignment = Static<typeof JobAssignment>

/** The names whose values the runner masks in the log. */
const masked = ['PLINTH_TOKEN', 'CI_JOB_TOKEN']

/** Everything a runner needs for one attempt. Not stored anywhere: made anew from the plan and what came before. */
export async function assignmentOf(
  parts: Pick<Parts, 'store' | 'publicUrl' | 'bus'>,
  o: { job: JobRow; pipeline: PipelineRow; spec: PlannedJob; jobs: readonly JobRow[]; token: string },
): Promise<Assignment> {
  const { job, pipeline, spec, jobs, token } = o
  const sources = sourcesOf(spec, job, jobs)
  const variables = variablesOf(parts.publicUrl, o, sources)
  const identities = await identityTokens(parts, o, variables)
  for (const [name, identity] of identities) variables.set(name, identity)
  const caches = await cachesOf(parts, o, variables)
  const artifacts = await artifactsOf(
    parts.store.db,
    sources.map((source) => source.artifact),
  )
  return {
    job: job.id,
    attempt: job.attempt,
    pipeline: pipeline.id,
    project: pipeline.project,
    repository: pipeline.repository,
    name: job.name,
    cloneUrl: `${parts.publicUrl}/git/${pipeline.project}/${pipeline.repository}.git`,
    revision: pipeline.revision,
    ref: pipeline.ref,
    token,
    gatewayUrl: parts.publicUrl,
    variables: Object.fromEntries(variables),
    masked: [...masked.filter((name) => variables.has(name)), ...identities.keys()],
    beforeScript: spec.beforeScript,
    script: spec.script,
    afterScript: spec.afterScript,
    timeoutSeconds: spec.timeoutSeconds,
    isolation: 'preferred',
    network: true,
    ...(spec.artifacts !== undefined && { artifacts: artifactsWanted(spec, variables) }),
    ...(caches.length > 0 && { caches }),
    dependencies: sources.flatMap((source) => {
      const artifact = source.artifact === null ? undefined : artifacts.get(source.artifact)
      return artifact === undefined ? [] : [{ job: source.id, name: source.name, artifact }]
    }),
  }
}

/**
 * The jobs whose artifacts and dotenv variables this one gets: with `needs` those needed, else all of earlier stages;
 * `dependencies` restricts either.
 */
function sourcesOf(spec: PlannedJob, job: JobRow, jobs: readonly JobRow[]): JobRow[] {
  const wanted = (other: JobRow): boolean => {
    const byNeed = spec.needs?.some((need) => need.job === other.name && need.artifacts)
    const before = byNeed ?? other.stageIndex < job.stageIndex
    return before && (spec.dependencies === undefined || spec.dependencies.includes(other.name))
  }
  return jobs.filter((other) => other.id !== job.id && wanted(other))
}

/** What a job was promised and cannot have any more: a reason to fail, instead of running without it. */
export async function missingArtifact(
  executor: Executor,
  spec: PlannedJob,
  job: JobRow,
  jobs: readonly JobRow[],
): Promise<string | undefined> {
  const promised = sourcesOf(spec, job, jobs).filter((source) => source.artifact !== null)
  const there = await artifactsOf(
    executor,
    promised.map((source) => source.artifact),
  )
  const gone = promised.find((source) => source.artifact !== null && !there.has(source.artifact))
  return gone && `the artifact of \`${gone.name}\` has expired; run that job again`
}

function variablesOf(
  publicUrl: string,
  { job, pipeline, spec, token }: { job: JobRow; pipeline: PipelineRow; spec: PlannedJob; token: string },
  sources: readonly JobRow[],
): Map<string, string> {
  const { facts } = pipeline
  const address = `${publicUrl}/projects/${pipeline.project}`
  const attempt: Record<string, string> = {
    CI_JOB_ID: job.id,
    CI_JOB_URL: `${address}/jobs/${job.id}`,
    CI_JOB_TOKEN: token,
    CI_JOB_STARTED_AT: job.startedAt ?? '',
    CI_JOB_TIMEOUT: String(spec.timeoutSeconds),
    CI_JOB_ATTEMPT: String(job.attempt),
    CI_PIPELINE_ID: pipeline.id,
    CI_PIPELINE_IID: String(pipeline.number),
    CI_PIPELINE_URL: `${address}/pipelines/${pipeline.id}`,
    CI_PIPELINE_NAME: facts.name ?? '',
    CI_RUNNER_DESCRIPTION: job.runner ?? '',
    PLINTH_TOKEN: token,
    // Nx asks here for what its tasks have made before, in runs of the same trust.
    NX_SELF_HOSTED_REMOTE_CACHE_SERVER: `${publicUrl}/api/v1/projects/${pipeline.project}/jobs/${job.id}/nx`,
    NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: token,
    ...(job.when === 'manual' && { CI_JOB_MANUAL: 'true' }),
  }
  const dotenv = plain(Object.assign({}, ...sources.map((source) => source.dotenv)) as Record<string, string>)
  const below = layered(
    pipelineVariables({ ...facts, publicUrl }),
    jobVariables(spec),
    plain(attempt),
    new Map(Object.entries(spec.variables)),
  )
  const all = layered(below, dotenv, plain(facts.variables), plain({ PLINTH_TOKEN: token, CI_JOB_TOKEN: token }))
  return expanded(all)
}

/** The file was checked for circles; what a dotenv file or a caller adds later could close one, and is then left as it is. */
function expanded(all: Map<string, Variable>): Map<string, string> {
  try {
    return expandAll(all, 'empty')
  } catch (error) {
    if (!(error instanceof ExpansionError)) throw error
    return new Map([...all].map(([name, { value }]) => [name, value]))
  }
}

function artifactsWanted(
  spec: PlannedJob,
  variables: ReadonlyMap<string, string>,
): NonNullable<Assignment['artifacts']> {
  const { name, paths = [], exclude = [], when = 'on_success', junit = [], dotenv = [] } = spec.artifacts ?? {}
  const { coverage = [], codequality = [], sarif = [] } = spec.artifacts ?? {}
  const filled = (text: string): string => expandText(text, (key) => variables.get(key), 'empty')
  return {
    name: name === undefined ? 'artifacts' : filled(name),
    paths: paths.map(filled),
    exclude: exclude.map(filled),
    when,
    junit: junit.map(filled),
    dotenv: dotenv.map(filled),
    coverage: coverage.map(({ format, path }) => ({ format, path: filled(path) })),
    codequality: codequality.map(filled),
    sarif: sarif.map(filled),
  }
}

export async function specOf(executor: Executor, job: string): Promise<PlannedJob | undefined> {
  const [found] = await rows<{ spec: PlannedJob }>(executor, sql`select spec from jobs where id = ${job}`)
  return found?.spec
}

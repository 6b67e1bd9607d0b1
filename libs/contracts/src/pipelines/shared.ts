import { Type } from 'typebox'
import { ArtifactRef } from '../provisioning/shared.ts'
import { Closed, Id, ProjectName, StringMap, Timestamp } from '../core/common.ts'
import { ReportSummary } from './reports.ts'

export const PipelineParams = Closed({ project: ProjectName, pipeline: Id })
export const JobParams = Closed({ project: ProjectName, job: Id })

/** GitLab's words. */
export const jobStatuses = [
  'created',
  'pending',
  'running',
  'success',
  'failed',
  'canceled',
  'skipped',
  'manual',
  'scheduled',
] as const
export const pipelineStatuses = [
  'created',
  'pending',
  'running',
  'success',
  'failed',
  'canceled',
  'skipped',
  'manual',
  'scheduled',
] as const

export const TestSummary = Type.Object({
  passed: Type.Integer(),
  failed: Type.Integer(),
  skipped: Type.Integer(),
  durationMs: Type.Integer(),
})
export const TestCase = Type.Object({
  suite: Type.String(),
  name: Type.String(),
  status: Type.Enum(['passed', 'failed', 'skipped', 'error']),
  durationMs: Type.Integer(),
  message: Type.Optional(Type.String()),
  job: Type.String(),
  /** The suite around `suite`, where that is a class of another name. */
  within: Type.Optional(Type.String()),
  file: Type.Optional(Type.String()),
  test: Type.Optional(Type.String({ description: 'The id under which its history is kept' })),
})
export const Job = Type.Object({
  id: Id,
  project: Type.String(),
  pipeline: Id,
  name: Type.String(),
  stage: Type.String(),
  status: Type.Enum([...jobStatuses]),
  needs: Type.Array(Type.String()),
  allowFailure: Type.Boolean(),
  when: Type.String(),
  attempt: Type.Integer(),
  reason: Type.Optional(Type.String({ description: 'Why it failed, was skipped or waits' })),
  exitCode: Type.Optional(Type.Integer()),
  runner: Type.Optional(Type.String()),
  queuedAt: Type.Optional(Timestamp),
  startedAt: Type.Optional(Timestamp),
  finishedAt: Type.Optional(Timestamp),
  artifact: Type.Optional(ArtifactRef),
  tests: Type.Optional(TestSummary),
  reports: Type.Optional(ReportSummary),
})
export const ConfigProblem = Type.Object({
  file: Type.String(),
  line: Type.Integer(),
  column: Type.Integer(),
  message: Type.String(),
})
export const Pipeline = Type.Object({
  id: Id,
  project: Type.String(),
  repository: Type.String(),
  number: Type.Integer(),
  ref: Type.String(),
  revision: Type.String(),
  title: Type.String(),
  author: Type.String(),
  source: Type.String({ description: 'push, api, retry' }),
  status: Type.Enum([...pipelineStatuses]),
  problems: Type.Array(ConfigProblem),
  createdAt: Timestamp,
  startedAt: Type.Optional(Timestamp),
  finishedAt: Type.Optional(Timestamp),
  tests: Type.Optional(TestSummary),
})
export const PipelineDetail = Type.Object({
  ...Pipeline.properties,
  reports: Type.Optional(ReportSummary),
  stages: Type.Array(Type.String()),
  jobs: Type.Array(Job),
})

/** What a runner gets for a claimed job: everything, secrets too; it goes over the bus to that runner alone. */
export const JobAssignment = Type.Object({
  job: Id,
  attempt: Type.Integer(),
  pipeline: Id,
  project: Type.String(),
  repository: Type.String(),
  name: Type.String(),
  cloneUrl: Type.String(),
  revision: Type.String(),
  ref: Type.String(),
  /** Password for git and bearer for the API; ends with the attempt. */
  token: Type.String(),
  gatewayUrl: Type.String(),
  variables: StringMap,
  /** Names of the variables whose values are masked in the log. */
  masked: Type.Array(Type.String()),
  beforeScript: Type.Array(Type.String()),
  script: Type.Array(Type.String()),
  afterScript: Type.Array(Type.String()),
  timeoutSeconds: Type.Integer(),
  /** Isolation that the project demands; a runner that cannot give it must refuse. */
  isolation: Type.Enum(['required', 'preferred']),
  network: Type.Boolean({ description: 'Whether the job may reach more than the platform itself' }),
  artifacts: Type.Optional(
    Type.Object({
      name: Type.String(),
      paths: Type.Array(Type.String()),
      exclude: Type.Array(Type.String()),
      when: Type.Enum(['on_success', 'on_failure', 'always']),
      junit: Type.Array(Type.String()),
      dotenv: Type.Array(Type.String()),
      coverage: Type.Optional(
        Type.Array(Type.Object({ format: Type.Enum(['cobertura', 'jacoco', 'lcov']), path: Type.String() })),
      ),
      codequality: Type.Optional(Type.Array(Type.String())),
      sarif: Type.Optional(Type.Array(Type.String())),
    }),
  ),
  /** What is kept from run to run. By its place in this list a job names the one that it fetches or keeps. */
  caches: Type.Optional(
    Type.Array(
      Type.Object({
        key: Type.String(),
        fallbackKeys: Type.Array(Type.String()),
        paths: Type.Array(Type.String()),
        untracked: Type.Boolean(),
        when: Type.Enum(['on_success', 'on_failure', 'always']),
        policy: Type.Enum(['pull', 'push', 'pull-push', 'none']),
        /** Said in the log: why there is none, or with whom it is shared. */
        note: Type.Optional(Type.String()),
      }),
      { maxItems: 4 },
    ),
  ),
  /** Artifacts of earlier jobs to unpack first. */
  dependencies: Type.Array(Type.Object({ job: Id, name: Type.String(), artifact: ArtifactRef })),
})

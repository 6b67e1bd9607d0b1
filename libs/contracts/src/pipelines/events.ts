import { Type } from 'typebox'
import { event } from '../core/event.ts'
import { ArtifactRef } from '../provisioning/shared.ts'
import { jobStatuses, pipelineStatuses, TestSummary } from './shared.ts'

export const pipelineChanged = event({
  type: 'dev.plinth.pipelines.pipeline.changed.v1',
  summary: 'A pipeline was created, started, or ended',
  data: Type.Object({
    project: Type.String(),
    repository: Type.String(),
    pipeline: Type.String(),
    number: Type.Integer(),
    status: Type.Enum([...pipelineStatuses]),
    ref: Type.String(),
    revision: Type.String(),
    title: Type.String(),
    author: Type.String(),
    jobs: Type.Integer(),
    createdAt: Type.String(),
    durationMs: Type.Optional(Type.Integer()),
    tests: Type.Optional(TestSummary),
    finished: Type.Boolean(),
    /** What can be deployed: the artifacts of the jobs that passed, the one named `workload` first. Only once finished. */
    artifacts: Type.Array(Type.Object({ name: Type.String(), artifact: ArtifactRef })),
  }),
  example: {
    project: 'payments',
    repository: 'ledger',
    pipeline: 'pip_01',
    number: 7,
    status: 'success',
    ref: 'refs/heads/main',
    revision: '4f2c1a',
    title: 'Reject negative amounts',
    author: 'Ana',
    jobs: 3,
    createdAt: '2026-11-23T10:00:00.000Z',
    durationMs: 2100,
    tests: { passed: 41, failed: 0, skipped: 0, durationMs: 800 },
    finished: true,
    artifacts: [{ name: 'workload', artifact: { id: 'art_01', job: 'job_01', sha256: 'ab', sizeBytes: 10 } }],
  },
})
export const jobChanged = event({
  type: 'dev.plinth.pipelines.job.changed.v1',
  summary: 'A job changed its status',
  data: Type.Object({
    project: Type.String(),
    repository: Type.String(),
    pipeline: Type.String(),
    job: Type.String(),
    name: Type.String(),
    stage: Type.String(),
    status: Type.Enum([...jobStatuses]),
    attempt: Type.Integer(),
    reason: Type.Optional(Type.String()),
  }),
  example: {
    project: 'payments',
    repository: 'ledger',
    pipeline: 'pip_01',
    job: 'job_01',
    name: 'test',
    stage: 'test',
    status: 'running',
    attempt: 1,
  },
})

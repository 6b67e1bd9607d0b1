import { Type } from 'typebox'
import { Closed, GitRef, Id, Items, JsonObject, Page, pageQuery, ProjectName, ProjectParams, RepositoryName, StringMap } from '../core/common.ts'
import { route } from '../core/route.ts'
import { ArtifactRef } from '../provisioning/shared.ts'
import { ConfigProblem, Job, JobParams, Pipeline, PipelineDetail, PipelineParams, TestCase, TestSummary } from './shared.ts'

export const pipelinesRoutes = {
  listPipelines: route({
    method: 'GET', path: '/api/v1/projects/:project/pipelines', summary: 'Pipelines, newest first', permission: { action: 'list', object: 'pipeline', domain: ':project' },
    params: ProjectParams, query: Closed({ ...pageQuery, repository: Type.Optional(RepositoryName), ref: Type.Optional(GitRef), revision: Type.Optional(Type.String({ maxLength: 40 })) }),
    response: { 200: Page(Pipeline) },
  }),
  createPipeline: route({
    method: 'POST', path: '/api/v1/projects/:project/repositories/:repository/pipelines', summary: 'Run the pipeline of a ref', idempotent: true,
    permission: { action: 'run', object: 'pipeline', domain: ':project' }, params: Closed({ project: ProjectName, repository: RepositoryName }),
    body: Closed({ ref: GitRef, variables: Type.Optional(StringMap) }), response: { 201: PipelineDetail }, errors: ['gitops.revision_unknown', 'pipelines.config_missing'],
  }),
  getPipeline: route({
    method: 'GET', path: '/api/v1/projects/:project/pipelines/:pipeline', summary: 'A pipeline with its jobs', permission: { action: 'get', object: 'pipeline', domain: ':project' },
    params: PipelineParams, response: { 200: PipelineDetail }, errors: ['pipelines.pipeline_unknown'],
  }),
  cancelPipeline: route({
    method: 'POST', path: '/api/v1/projects/:project/pipelines/:pipeline/cancel', summary: 'Stop every job that has not ended', permission: { action: 'run', object: 'pipeline', domain: ':project' },
    params: PipelineParams, response: { 200: PipelineDetail }, errors: ['pipelines.pipeline_unknown'],
  }),
  retryPipeline: route({
    method: 'POST', path: '/api/v1/projects/:project/pipelines/:pipeline/retry', summary: 'Run the failed and canceled jobs again', permission: { action: 'run', object: 'pipeline', domain: ':project' },
    params: PipelineParams, response: { 200: PipelineDetail }, errors: ['pipelines.pipeline_unknown'],
  }),
  listPipelineTests: route({
    method: 'GET', path: '/api/v1/projects/:project/pipelines/:pipeline/tests', summary: 'Test results of a pipeline, failures first', permission: { action: 'get', object: 'pipeline', domain: ':project' },
    params: PipelineParams, response: { 200: Type.Object({ summary: TestSummary, items: Type.Array(TestCase) }) }, errors: ['pipelines.pipeline_unknown'],
  }),
  lintPipeline: route({
    method: 'POST', path: '/api/v1/projects/:project/pipeline-lint', summary: 'Check a .gitlab-ci.yml and show what it would run', permission: { action: 'get', object: 'pipeline', domain: ':project' },
    params: ProjectParams, body: Closed({ content: Type.String({ maxLength: 524_288 }), ref: Type.Optional(GitRef), variables: Type.Optional(StringMap) }),
    response: { 200: Type.Object({ valid: Type.Boolean(), problems: Type.Array(ConfigProblem), stages: Type.Array(Type.String()), jobs: Type.Array(JsonObject) }) },
  }),
  getJob: route({
    method: 'GET', path: '/api/v1/projects/:project/jobs/:job', summary: 'A job', permission: { action: 'get', object: 'job', domain: ':project' }, params: JobParams,
    response: { 200: Job }, errors: ['pipelines.job_unknown'],
  }),
  followJobLog: route({
    method: 'GET', path: '/api/v1/projects/:project/jobs/:job/log/events', summary: 'The log as it is written; event ids are byte offsets, so it resumes', kind: 'sse', timeoutMs: 0,
    permission: { action: 'logs', object: 'job', domain: ':project' }, params: JobParams,
    response: { 200: Type.Object({ text: Type.Optional(Type.String()), status: Type.Optional(Type.String()) }) }, errors: ['pipelines.job_unknown'],
  }),
  getJobLog: route({
    method: 'GET', path: '/api/v1/projects/:project/jobs/:job/log', summary: 'The whole log as text', kind: 'raw', permission: { action: 'logs', object: 'job', domain: ':project' },
    params: JobParams, response: { 200: Type.Unknown() }, errors: ['pipelines.job_unknown'],
  }),
  cancelJob: route({
    method: 'POST', path: '/api/v1/projects/:project/jobs/:job/cancel', summary: 'Stop a job', permission: { action: 'run', object: 'job', domain: ':project' }, params: JobParams,
    response: { 200: Job }, errors: ['pipelines.job_unknown', 'pipelines.job_finished'],
  }),
  retryJob: route({
    method: 'POST', path: '/api/v1/projects/:project/jobs/:job/retry', summary: 'Run a job again', permission: { action: 'run', object: 'job', domain: ':project' }, params: JobParams,
    response: { 200: Job }, errors: ['pipelines.job_unknown'],
  }),
  playJob: route({
    method: 'POST', path: '/api/v1/projects/:project/jobs/:job/play', summary: 'Start a manual job', permission: { action: 'run', object: 'job', domain: ':project' }, params: JobParams,
    response: { 200: Job }, errors: ['pipelines.job_unknown', 'pipelines.job_finished'],
  }),
  uploadArtifact: route({
    method: 'PUT', path: '/api/v1/projects/:project/jobs/:job/artifact', summary: 'Store what a job made: a gzipped tar; only by the job itself', kind: 'raw', timeoutMs: 300_000,
    permission: { action: 'create', object: 'artifact', domain: ':project' }, params: JobParams, query: Closed({ name: Type.Optional(Type.String({ maxLength: 200 })) }),
    bodyLimitBytes: 1024 * 1024 * 1024, response: { 201: ArtifactRef }, errors: ['pipelines.job_unknown', 'pipelines.attempt_stale'],
  }),
  downloadArtifact: route({
    method: 'GET', path: '/api/v1/projects/:project/artifacts/:artifact', summary: 'What a job made, as a gzipped tar', kind: 'raw', timeoutMs: 300_000,
    permission: { action: 'get', object: 'artifact', domain: ':project' }, params: Closed({ project: ProjectName, artifact: Id }), response: { 200: Type.Unknown() }, errors: ['pipelines.artifact_unknown'],
  }),
  listArtifacts: route({
    method: 'GET', path: '/api/v1/projects/:project/pipelines/:pipeline/artifacts', summary: 'What the jobs of a pipeline made', permission: { action: 'list', object: 'artifact', domain: ':project' },
    params: PipelineParams, response: { 200: Items(Type.Object({ ...ArtifactRef.properties, name: Type.String(), createdAt: Type.String(), expiresAt: Type.String() })) }, errors: ['pipelines.pipeline_unknown'],
  }),
}

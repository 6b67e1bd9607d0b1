import { failure, issueIdentityToken } from '@plinth/contracts'
import { expandText, type PlannedJob } from '@plinth/ci'
import type { Parts } from '../parts.ts'
import type { PipelineRow } from '../pipelines/pipeline-row.ts'
import type { JobRow } from './job-row.ts'

const ttlSecondsMax = 86_400

/**
 * The tokens by which a job proves to others who it is (`id_tokens`), by the variable that holds each. Their claims are
 * those that GitLab documents for its own, so that a cloud's trust in one can be written as it is written for the other.
 */
export async function identityTokens(
  parts: Pick<Parts, 'bus'>,
  { job, pipeline, spec }: { job: JobRow; pipeline: PipelineRow; spec: PlannedJob },
  variables: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const tokens = new Map<string, string>()
  const wanted = Object.entries(spec.idTokens ?? {})
  if (wanted.length === 0) return tokens
  const filled = (text: string): string => expandText(text, (key) => variables.get(key), 'empty')
  const claims = claimsOf(job, pipeline, spec.environment && filled(spec.environment))
  const { project_path: path, ref_type: type, ref } = claims
  const subject = `project_path:${path}:ref_type:${type}:ref:${ref}`
  const ttlSeconds = Math.min(Math.max(job.timeoutSeconds, 60), ttlSecondsMax)
  for (const [name, audiences] of wanted) {
    const audience = audiences.map(filled)
    if (audience.includes(''))
      throw failure('pipelines.config_invalid', { detail: `An audience of the identity token ${name} is empty.` })
    const { token } = await parts.bus.ask(issueIdentityToken, { subject, audience, claims, ttlSeconds })
    tokens.set(name, token)
  }
  return tokens
}

type Claims = Record<string, string> & { project_path: string; ref_type: string; ref: string }

function claimsOf(job: JobRow, pipeline: PipelineRow, environment: string | undefined): Claims {
  const { facts, project, repository } = pipeline
  const isTag = facts.ref.startsWith('refs/tags/')
  const path = `${project}/${repository}`
  const actor = facts.actor
  return {
    namespace_id: project,
    namespace_path: project,
    project_id: path,
    project_path: path,
    project_visibility: 'private',
    user_id: actor,
    user_login: actor.slice(actor.indexOf(':') + 1),
    pipeline_id: pipeline.id,
    pipeline_source: facts.source,
    job_id: job.id,
    ref: facts.ref.replace(/^refs\/(?:heads|tags)\//, ''),
    ref_type: isTag ? 'tag' : 'branch',
    ref_path: facts.ref,
    ref_protected: String(facts.protected),
    sha: facts.revision,
    ci_config_ref_uri: `${new URL(facts.publicUrl).host}/${path}//.gitlab-ci.yml@${facts.ref}`,
    ci_config_sha: facts.revision,
    runner_id: job.runner ?? '',
    runner_environment: 'self-hosted',
    ...(environment !== undefined && { environment }),
  }
}

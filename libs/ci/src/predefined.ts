import { plain, type Variable } from './expand.ts'
import { configFile } from './read-file.ts'

/** What is known of the commit and of who asked, before anything is planned. */
export type Facts = {
  project: string
  repository: string
  /** `refs/heads/main` or `refs/tags/v1`. */
  ref: string
  revision: string
  before: string
  title: string
  author: string
  defaultBranch: string
  protected: boolean
  source: string
  /** Subject of who caused it. */
  actor: string
  createdAt: string
  /** The gateway as jobs see it. */
  publicUrl: string
}

const shortRef = (ref: string): string => ref.replace(/^refs\/(?:heads|tags)\//, '')

/** 63 bytes, lower case, everything else a hyphen: fit for a host name. */
const slug = (text: string, lengthMax = 63): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '-')
    .slice(0, lengthMax)
    .replace(/^-+|-+$/g, '')

/** What a rule may ask about and a job finds in its environment. */
export function pipelineVariables(facts: Facts): Map<string, Variable> {
  const { project, repository, ref, revision, publicUrl } = facts
  const name = shortRef(ref)
  const server = new URL(publicUrl)
  const path = `${project}/${repository}`
  return plain({
    CI: 'true',
    GITLAB_CI: 'true',
    PLINTH: 'true',
    CI_COMMIT_SHA: revision,
    CI_COMMIT_SHORT_SHA: revision.slice(0, 8),
    CI_COMMIT_BEFORE_SHA: facts.before,
    CI_COMMIT_REF_NAME: name,
    CI_COMMIT_REF_SLUG: slug(name),
    CI_COMMIT_REF_PROTECTED: String(facts.protected),
    CI_COMMIT_TITLE: facts.title,
    CI_COMMIT_MESSAGE: facts.title,
    CI_COMMIT_AUTHOR: facts.author,
    ...(ref.startsWith('refs/tags/') ? { CI_COMMIT_TAG: name } : { CI_COMMIT_BRANCH: name }),
    CI_CONFIG_PATH: configFile,
    CI_DEFAULT_BRANCH: facts.defaultBranch,
    CI_PIPELINE_SOURCE: facts.source,
    CI_PIPELINE_CREATED_AT: facts.createdAt,
    CI_PROJECT_NAME: repository,
    CI_PROJECT_TITLE: repository,
    CI_PROJECT_NAMESPACE: project,
    CI_PROJECT_ROOT_NAMESPACE: project,
    CI_PROJECT_PATH: path,
    CI_PROJECT_PATH_SLUG: slug(path),
    CI_PROJECT_URL: `${publicUrl}/projects/${project}/repositories/${repository}`,
    CI_REPOSITORY_URL: `${publicUrl}/git/${path}.git`,
    CI_SERVER: 'yes',
    CI_SERVER_NAME: 'Plinth',
    CI_SERVER_URL: publicUrl,
    CI_SERVER_HOST: server.hostname,
    CI_SERVER_FQDN: server.host,
    CI_SERVER_PORT: server.port || (server.protocol === 'https:' ? '443' : '80'),
    CI_SERVER_PROTOCOL: server.protocol.replace(':', ''),
    GITLAB_USER_LOGIN: facts.actor.slice(facts.actor.indexOf(':') + 1),
    GITLAB_USER_NAME: facts.author,
    PLINTH_URL: publicUrl,
    PLINTH_PROJECT: project,
    PLINTH_REPOSITORY: repository,
  })
}

export type NamedJob = {
  name: string
  stage: string
  environment?: string
  group?: string
  node?: { index: number; total: number }
}

export const jobVariables = (job: NamedJob): Map<string, Variable> =>
  plain({
    CI_JOB_NAME: job.name,
    CI_JOB_GROUP_NAME: job.group ?? job.name,
    CI_JOB_NAME_SLUG: slug(job.name),
    CI_JOB_STAGE: job.stage,
    CI_NODE_TOTAL: String(job.node?.total ?? 1),
    ...(job.node && { CI_NODE_INDEX: String(job.node.index) }),
    ...(job.environment !== undefined && {
      CI_ENVIRONMENT_NAME: job.environment,
      CI_ENVIRONMENT_SLUG: slug(job.environment, 24),
    }),
  })

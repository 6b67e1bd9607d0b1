import { delimiter } from 'node:path'
import { systemPath } from '../workloads/environment.ts'
import type { Tools } from '../sandbox/tools.ts'
import type { Assignment } from './pipelines.ts'

export type JobPlace = { projectFolder: string; buildsFolder: string; home: string }

/** What a job's programs see; nothing of the runner's own environment. The pipeline's variables win, PATH is put together. */
export function jobEnvironment(
  assignment: Assignment,
  tools: Tools,
  runner: string,
  place: JobPlace,
): Record<string, string> {
  const { variables } = assignment
  return {
    HOME: place.home,
    USER: 'plinth',
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    CI: 'true',
    CI_JOB_TOKEN: assignment.token,
    PLINTH_URL: assignment.gatewayUrl,
    PLINTH_TOKEN: assignment.token,
    PLINTH_PROJECT: assignment.project,
    PLINTH_REPOSITORY: assignment.repository,
    CI_RUNNER_DESCRIPTION: runner,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    ...gitCredential(assignment),
    ...variables,
    CI_PROJECT_DIR: place.projectFolder,
    CI_BUILDS_DIR: place.buildsFolder,
    PATH: [tools.path, variables['PATH'] ?? systemPath].join(delimiter),
  }
}

export const basicCredential = (token: string): string => Buffer.from(`job:${token}`).toString('base64')

/** git takes settings from the environment (git-config(1), GIT_CONFIG_COUNT): no token in argv, in a URL or on disk. */
function gitCredential({ cloneUrl, token }: Assignment): Record<string, string> {
  const settings = [
    ['advice.detachedHead', 'false'],
    ['init.defaultBranch', 'main'],
    ...(/^https?:/.test(cloneUrl)
      ? [[`http.${new URL(cloneUrl).origin}/.extraHeader`, `Authorization: Basic ${basicCredential(token)}`]]
      : []),
  ]
  const pairs = settings.flatMap(([key = '', value = ''], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ])
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(pairs) }
}

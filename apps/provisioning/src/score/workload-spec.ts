import type { Problem } from '@plinth/kernel'
import { readAnnotations, type Promises } from './annotations.ts'
import { parseScore, scoreFailure, type Places } from './parse.ts'
import { checkReferences, readResources, textsIn, type ResourceKind, type WantedResource } from './resources.ts'
import type { Container, Score } from './score.ts'

/** What a score.yaml asks of this platform. */
export type WorkloadSpec = Promises & {
  metadata: Score['metadata']
  command: string[]
  /** With their placeholders. */
  variables: Record<string, string>
  readiness: { path: string; timeoutSeconds: number }
  memoryLimitBytes?: number
  /** Each after those that it needs. */
  resources: WantedResource[]
}

const readyTimeoutSeconds = 30

/** Reads what `workload` shall be; throws provisioning.score_invalid with line and column of every problem. */
export function readWorkloadSpec(text: string, workload: string, kinds: readonly ResourceKind[]): WorkloadSpec {
  const { score, places } = parseScore(text)
  const problems: Problem[] = []
  if (score.metadata.name !== workload) {
    problems.push({
      path: places.at(['metadata', 'name']),
      message: `metadata.name must be the workload's name, ${workload}`,
    })
  }
  const promises = readAnnotations(score, places, problems)
  const resources = readResources(score, kinds, places, problems)
  for (const { name, params } of resources) {
    for (const each of textsIn(params))
      checkReferences(each, places.at(['resources', name, 'params']), score, kinds, problems)
  }
  const [first, second] = Object.entries(score.containers)
  if (first === undefined) throw scoreFailure([{ path: places.at(['containers']), message: 'must name a container' }])
  if (second !== undefined) {
    problems.push({
      path: places.at(['containers', second[0]], 'key'),
      message: `the local runtime runs one container a workload; '${second[0]}' is a second one`,
    })
  }
  checkContainer(first, score, kinds, places, problems)
  if (problems.length > 0) throw scoreFailure(problems)
  const [, { command = [], args = [], variables = {}, readinessProbe, resources: limits }] = first
  const memory = limits?.limits?.memory
  return {
    ...promises,
    metadata: score.metadata,
    command: [...command, ...args],
    variables,
    readiness: { path: readinessProbe?.httpGet?.path ?? '/', timeoutSeconds: readyTimeoutSeconds },
    ...(memory !== undefined && { memoryLimitBytes: bytesOf(memory) }),
    resources,
  }
}

function checkContainer(
  [name, container]: [string, Container],
  score: Score,
  kinds: readonly ResourceKind[],
  places: Places,
  problems: Problem[],
): void {
  const { command = [], variables = {}, readinessProbe } = container
  const at = (...path: string[]): string => places.at(['containers', name, ...path])
  if (command.length === 0)
    problems.push({
      path: at('command'),
      message: `the container ${name} must name its command: the local runtime starts no image`,
    })
  for (const [variable, value] of Object.entries(variables)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable))
      problems.push({ path: at('variables', variable), message: `'${variable}' is no name of an environment variable` })
    checkReferences(value, at('variables', variable), score, kinds, problems)
  }
  for (const member of ['files', 'volumes'] as const) {
    const value = container[member]
    if (value !== undefined && Object.keys(value as object).length > 0) {
      problems.push({
        path: at(member),
        message: `the local runtime has no ${member} of a container; put them into the artifact`,
      })
    }
  }
  for (const other of Object.keys(container.before ?? {})) {
    problems.push({
      path: at('before', other),
      message: other === name ? `${name} cannot wait for itself` : `there is no container '${other}'`,
    })
  }
  if (readinessProbe?.httpGet === undefined && readinessProbe?.exec !== undefined) {
    problems.push({ path: at('readinessProbe'), message: 'the local runtime asks for readiness by httpGet only' })
  }
  const path = readinessProbe?.httpGet?.path
  if (path !== undefined && !/^\/[\u0021-\u007e]*$/.test(path))
    problems.push({ path: at('readinessProbe', 'httpGet', 'path'), message: 'the path must start with a slash' })
}

const factors: Readonly<Record<string, number>> = {
  '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60,
} // prettier-ignore

function bytesOf(quantity: string): number {
  const [, count, unit = ''] = /^([0-9]+)([A-Za-z]*)$/.exec(quantity) ?? []
  return Math.min(Number(count) * (factors[unit] ?? 1), Number.MAX_SAFE_INTEGER)
}

import { createHash } from 'node:crypto'
import { workloadsGroup } from '@plinth/access'
import { issueToken } from '@plinth/contracts'
import type { Wish } from '../drivers/local-runtime.ts'
import { hostedName, workloadHost } from '../drivers/names.ts'
import { resolveReference, substitute, type Lookup } from '../score/placeholders.ts'
import type { WorkloadSpec } from '../score/workload-spec.ts'
import { tokenPurpose } from './removal.ts'
import type { Run } from './run.ts'
import { saveToken, type Deployment } from './store.ts'

const tokenDays = 365

/**
 * The token by which a deployment sends its telemetry: issued once, kept sealed. Issuing again withdraws the one before,
 * so one that was issued but could not be noted opens nothing.
 */
export async function telemetryToken(
  { row, bus, sealing, signal, fenced }: Run,
  { deployment, token }: Deployment,
): Promise<string> {
  const purpose = tokenPurpose(deployment)
  if (token !== null) return sealing.open(purpose, token)
  const { project, environment, workload } = row
  const request = {
    purpose,
    subject: `sa:${project}/${workload}`,
    groups: [workloadsGroup],
    claims: { project, environment, workload, deployment },
    ttlSeconds: tokenDays * 86_400,
  }
  const issued = await bus.ask(issueToken, request, { signal })
  await fenced((tx) => saveToken(tx, row, deployment, sealing.seal(purpose, issued.token)))
  return issued.token
}

type Given = {
  row: Run['row']
  deployment: Deployment
  spec: WorkloadSpec
  lookup: Lookup
  token: string
  publicUrl: string
}

/** What the runner is told. Holds secrets: it goes to the runner and nowhere else. */
export function wishOf({ row, deployment, spec, lookup, token, publicUrl }: Given): Wish {
  const { project, environment, workload, restart, running, replicas } = row
  const { artifact, revision } = deployment
  if (artifact === null) throw new Error(`the deployment ${deployment.deployment} was accepted without an artifact`)
  const variables = Object.entries(spec.variables).map(([name, text]) => [
    name,
    substitute(text, (reference) => resolveReference(reference, lookup)),
  ])
  return {
    name: hostedName(row), project, environment, workload, deployment: deployment.deployment, revision, restart,
    replicas: running ? (replicas ?? spec.replicas) : 0,
    artifact: { url: `${publicUrl}/api/v1/projects/${project}/artifacts/${artifact.id}`, sha256: artifact.sha256, sizeBytes: artifact.sizeBytes },
    command: spec.command,
    environmentVariables: Object.fromEntries(variables) as Record<string, string>,
    readiness: spec.readiness,
    hosts: spec.resources.some(({ kind }) => kind === 'route') ? [workloadHost(row)] : [],
    ...(spec.memoryLimitBytes !== undefined && { memoryLimitBytes: spec.memoryLimitBytes }),
    telemetryToken: token,
    telemetryUrl: `${publicUrl}/otlp`,
  } // prettier-ignore
}

/** What tells one wish from another, without saying what is in it. */
export const digestOf = (wish: Wish): string => createHash('sha256').update(JSON.stringify(wish)).digest('hex')

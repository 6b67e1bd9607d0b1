import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'

/** Whose a record is. Comes from the credential, never from the payload. */
export type Stamp = { project: string; environment: string; workload: string; deployment: string }

export const stampMembers = ['project', 'environment', 'workload', 'deployment'] as const

const nameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/

/** The stamp in these facts; undefined when one is missing or is no name. */
export function stampFrom(facts: Readonly<Record<string, string | undefined>>): Stamp | undefined {
  const { project, environment, workload, deployment } = facts
  if (project === undefined || environment === undefined || workload === undefined || deployment === undefined)
    return undefined
  return [project, environment, workload, deployment].every((name) => nameForm.test(name))
    ? { project, environment, workload, deployment }
    : undefined
}

/** The platform's own runner speaks for every workload that it hosts. */
export const runnerSubject = 'sa:platform/runner'

/** The stamp for all that the caller sends, or `each` when each resource names its own; throws for anybody else. */
export function stampOf(who: Identity): Stamp | 'each' {
  const stamp = stampFrom(who.claims)
  if (stamp !== undefined) return stamp
  if (who.subject === runnerSubject) return 'each'
  throw failure('gateway.permission_denied', {
    detail: 'Telemetry is taken from workloads: the token must be one that was made for a deployment.',
    extensions: { required: { claims: [...stampMembers] } },
  })
}

import type { HostedState } from '@plinth/contracts'
import type { Static } from 'typebox'
import type { WorkloadRecord } from './record.ts'

export type State = Static<typeof HostedState>

/** The state in one word. `degraded`: the wished version is live, but fewer replicas than wished stay up. */
export function stateOf(record: WorkloadRecord): State['state'] {
  const { wanted, live, replicas, failure, crashes } = record
  const count = record.isRemoved ? 0 : wanted.wish.replicas
  if (count === 0) return replicas.length === 0 ? 'stopped' : 'starting'
  if (failure?.generation === wanted.generation) return 'failed'
  if (live?.generation !== wanted.generation) return 'starting'
  if (readyOf(record) >= count) return 'running'
  return crashes.inARow > 0 ? 'degraded' : 'starting'
}

export const readyOf = ({ live, replicas }: WorkloadRecord): number =>
  replicas.filter(({ phase, generation }) => phase === 'ready' && generation === live?.generation).length

export function observed(name: string, record: WorkloadRecord): State {
  const { wanted, live, failure, crashes, rollout } = record
  const state = stateOf(record)
  const details = {
    failed: failure?.detail,
    degraded: crashes.detail,
    starting: rollout.detail,
    running: undefined,
    stopped: undefined,
  }
  const detail = details[state]
  return {
    name,
    state,
    ...(detail !== undefined && { detail }),
    ...(live && { liveDeployment: live.wish.deployment, liveRestart: live.wish.restart }),
    ...(live?.wish.revision !== undefined && { liveRevision: live.wish.revision }),
    desiredDeployment: wanted.wish.deployment,
    readyReplicas: readyOf(record),
    replicas: wanted.wish.replicas,
    restarts: record.restarts,
    since: record.since,
  }
}

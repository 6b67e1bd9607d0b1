import type { OperationName } from '@plinth/contracts'
import { become } from './connection.ts'
import { follow, type Input } from './plinth.ts'
import { invalidate } from './queries.ts'

/** Which answers a fact makes stale, by `source.entity` of its type. */
const staleAfter: Readonly<Record<string, readonly OperationName[]>> = {
  'gitops.repository': ['getDeliveryLine', 'listCommits', 'getChangeRequest'],
  'gitops.change-request': ['listChangeRequests', 'getChangeRequest', 'getPromotion', 'getDeliveryLine'],
  'gitops.application': ['getDeliveryLine', 'listApplications', 'getApplication', 'listSyncs', 'listReleases'],
  'pipelines.pipeline': ['listPipelines', 'getPipeline', 'getDeliveryLine', 'listPipelineTests', 'listReleases'],
  'pipelines.job': ['getPipeline', 'getJob'],
  'provisioning.workload': ['listWorkloads', 'getWorkload', 'getDeliveryLine', 'listApplications'],
  'provisioning.component': ['listCatalog', 'listComponents', 'getComponent'],
  'provisioning.project': ['listProjects'],
  'provisioning.environment': ['listEnvironments'],
  'schemas.version': ['listSubjects', 'listVersions', 'getVersion'],
  'authorization.policy': ['listPolicies', 'listBindings', 'listRoles', 'getMe', 'canI'],
  audit: ['listAudit', 'listProjectAudit'],
}

export function operationsMadeStale(type: string): readonly OperationName[] {
  const [, , source = '', entity = ''] = type.split('.')
  return staleAfter[entity === 'audit' ? 'audit' : `${source}.${entity}`] ?? []
}

/** Facts come in bursts; one invalidation for all that came within this time is enough. */
const gatherMs = 200

function gatherer(): (operations: readonly OperationName[]) => void {
  const stale = new Set<OperationName>()
  let timer: ReturnType<typeof setTimeout> | undefined
  return (operations) => {
    for (const operation of operations) stale.add(operation)
    timer ??= setTimeout(() => {
      timer = undefined
      const now = [...stale]
      stale.clear()
      void invalidate(now)
    }, gatherMs)
  }
}

/** Follows the platform's facts while somebody is signed in; returns what ends it. */
export function followPlatform(): () => void {
  const stop = new AbortController()
  const gather = gatherer()
  const input: Input<'followEvents'> = { signal: stop.signal }
  const run = async (): Promise<void> => {
    for await (const { data } of follow('followEvents', input)) {
      if (typeof data['type'] === 'string') gather(operationsMadeStale(data['type']))
    }
  }
  run().catch(() => become('lost'))
  return () => stop.abort()
}

import type { OperationName } from '@plinth/contracts'
import { become } from './connection.ts'
import { follow, type Input } from './plinth.ts'
import { invalidate } from './queries.ts'

/** All that is decided or told from the policy. */
const ofPolicy = [
  'listPolicies',
  'listBindings',
  'listRoles',
  'getMe',
  'canI',
  'whoCan',
  'whatCan',
  'explainAccess',
  'getRawPolicy',
  'validatePolicy',
  'listPolicyRevisions',
  'listChangeSets',
  'getChangeSet',
  'impactOfChangeSet',
  'accessReview',
  'unusedGrants',
  'listFreezes',
] as const satisfies readonly OperationName[]

const ofPlaces = [
  'getSchemaEnvironments',
  'listSchemaEnvironments',
  'listSchemaPromotions',
  'getSubjectLineage',
  'getProjectLineage',
] as const satisfies readonly OperationName[]

/** Which answers a fact makes stale, by `source.entity` of its type. */
const staleAfter: Readonly<Record<string, readonly OperationName[]>> = {
  'gitops.repository': ['getDeliveryLine', 'listCommits', 'getChangeRequest'],
  'gitops.change-request': ['listChangeRequests', 'getChangeRequest', 'getPromotion', 'getDeliveryLine'],
  'gitops.application': ['getDeliveryLine', 'listApplications', 'getApplication', 'listSyncs', 'listReleases'],
  'pipelines.pipeline': ['listPipelines', 'getPipeline', 'getDeliveryLine', 'listPipelineTests', 'listReleases'],
  'pipelines.job': ['getPipeline', 'getJob'],
  'provisioning.workload': ['listWorkloads', 'getWorkload', 'getDeliveryLine', 'listApplications', ...ofPlaces],
  'provisioning.component': ['listCatalog', 'listComponents', 'getComponent'],
  'provisioning.project': ['listProjects'],
  'provisioning.environment': ['listEnvironments'],
  'schemas.version': [
    'listSubjects',
    'getSubject',
    'listVersions',
    'getVersion',
    'searchProjectSchemas',
    'diffSchemaVersions',
    'getSchemaDocumentation',
  ],
  'schemas.review': ['listSchemaReviews', 'getSchemaReview'],
  'schemas.subject': ['getSubjectGovernance', 'getSubject', 'listSubjects', 'searchProjectSchemas'],
  'schemas.rules': ['listSchemaRules', 'listSchemaClassifications'],
  'schemas.gate': ['listGateOverrides'],
  'schemas.environment-version': ofPlaces,
  'schemas.settings': ['getSubject', 'listSubjects'],
  'authorization.policy': ofPolicy,
  'authorization.access': ['listAccessRequests', 'getAccessRequest'],
  'gateway.decisions': ['queryDecisions'],
  audit: ['listAudit', 'listProjectAudit'],
}

/** What authorization keeps beside the policy has no event of its own, but each change of it is in the ledger. */
const staleAfterAction: readonly (readonly [beginning: RegExp, operations: readonly OperationName[]])[] = [
  [/^(?:policy|change-set)/, ['listChangeSets', 'getChangeSet', 'getPolicySettings', 'getPolicyTests']],
  [/^(?:access|break-glass)/, ['listAccessRequests', 'getAccessRequest', 'getPolicySettings']],
  [/^freeze/, ['listFreezes']],
  [/^constraint/, ['listConstraints']],
  [/^(?:service-account|token)/, ['listServiceAccounts', 'listServiceAccountTokens', 'listMyTokens']],
  [/^(?:user|group|session)/, ['listUsers', 'getUser', 'listGroups']],
  [/^identity-provider/, ['listIdentityProviders', 'listSignInProviders']],
  [/^(?:signing-key|key)/, ['listSigningKeys']],
]

export function operationsMadeStale(type: string, data?: unknown): readonly OperationName[] {
  const [, , source = '', entity = ''] = type.split('.')
  if (entity !== 'audit') return staleAfter[`${source}.${entity}`] ?? []
  const action = typeof data === 'object' && data !== null && 'action' in data ? String(data.action) : ''
  const known = staleAfterAction.find(([beginning]) => beginning.test(action))?.[1] ?? []
  return [...(staleAfter['audit'] ?? []), ...known]
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
      if (typeof data['type'] === 'string') gather(operationsMadeStale(data['type'], data['data']))
    }
  }
  run().catch(() => become('lost'))
  return () => stop.abort()
}

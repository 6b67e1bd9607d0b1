import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { Parts } from '../parts.ts'
import { convertPolicy } from './conversion.ts'
import { decisionUseCases } from './decisions.ts'
import { draftUseCases } from './drafts.ts'
import { governanceUseCases } from './governance.ts'
import { impactOf } from './impact.ts'
import { revisionUseCases } from './revisions.ts'
import { validatePolicy } from './validation.ts'

type Routes = typeof contracts.authorization.routes

/** The wire of how the policy changes. */
export const changeHandlers = (parts: Pick<Parts, 'store' | 'policy' | 'clock' | 'bus'>) => {
  const drafts = draftUseCases(parts)
  const decisions = decisionUseCases(parts)
  const revisions = revisionUseCases(parts)
  const governance = governanceUseCases(parts)
  return {
    validatePolicy: ({ who, body }) => validatePolicy(parts, who, body.csv),
    convertPolicy: async ({ body }) => convertPolicy(body, parts.clock.now()),
    listPolicyRevisions: ({ query }) => revisions.listPolicyRevisions(query),
    diffPolicyRevisions: ({ params, query }) => revisions.diffPolicyRevisions(params.revision, query.from),
    restorePolicyRevision: ({ who, params, body }) =>
      revisions.restorePolicyRevision(who, params.revision, body.reason),
    listChangeSets: ({ query }) => drafts.listChangeSets(query),
    createChangeSet: ({ who, body }) => drafts.createChangeSet(who, body),
    getChangeSet: ({ who, params }) => drafts.getChangeSet(who, params.changeSet),
    updateChangeSet: ({ who, params, body }) => drafts.updateChangeSet(who, params.changeSet, body),
    discardChangeSet: ({ who, params }) => drafts.discardChangeSet(who, params.changeSet),
    impactOfChangeSet: ({ params, body }) => impactOf(parts, params.changeSet, body.days),
    proposeChangeSet: ({ who, params }) => decisions.propose(who, params.changeSet),
    approveChangeSet: ({ who, params }) => decisions.approve(who, params.changeSet),
    rejectChangeSet: ({ who, params, body }) => decisions.reject(who, params.changeSet, body.reason),
    applyChangeSet: ({ who, params }) => decisions.apply(who, params.changeSet),
    getPolicySettings: () => governance.getPolicySettings(),
    updatePolicySettings: ({ who, body }) => governance.updatePolicySettings(who, body.approvalsNeeded),
    getPolicyTests: () => governance.getPolicyTests(),
    updatePolicyTests: ({ who, body }) => governance.updatePolicyTests(who, body.items),
    runPolicyTests: ({ who, body: { tests, ...candidate } }) => governance.runPolicyTests(who, tests, candidate),
  } satisfies Partial<Handlers<Routes>>
}

import { Type } from 'typebox'
import { Closed, Id, Line, Page, pageQuery, Prose, Timestamp } from '../core/common.ts'
import { route } from '../core/route.ts'
import { TestRun } from './policy-test-routes.ts'
import { everywhere, LinkRow, policyBytesMax as bodyLimitBytes, PolicyText, Reason, RuleRow } from './shared.ts'

const rowsMax = 20_000

/** A text or rows drawn from an older revision are taken as a change of that one, and fitted to the one in force. */
const baseRevision = Type.Optional(
  Type.Integer({ minimum: 1, description: 'The revision that it was drawn from; the one in force unless given' }),
)

/** What a change set does to the policy. What is removed is removed first. */
export const PolicyEdit = Closed({
  addRules: Type.Optional(Type.Array(RuleRow, { maxItems: rowsMax })),
  removeRules: Type.Optional(Type.Array(RuleRow, { maxItems: rowsMax })),
  addLinks: Type.Optional(Type.Array(LinkRow, { maxItems: rowsMax })),
  removeLinks: Type.Optional(Type.Array(LinkRow, { maxItems: rowsMax })),
})

/** A place in a policy text and what is wrong there. Lines and columns count from 1. */
export const PolicyProblem = Type.Object({
  line: Type.Optional(Type.Integer()),
  column: Type.Optional(Type.Integer()),
  endColumn: Type.Optional(Type.Integer()),
  severity: Type.Enum(['error', 'warning']),
  message: Type.String(),
})

/** Rows as lines of policy.csv, so that a difference reads as one of text. */
export const PolicyDiff = Type.Object({ added: Type.Array(Type.String()), removed: Type.Array(Type.String()) })

/** How a draft would change decisions that were really made. */
export const Impact = Type.Object({
  days: Type.Integer(),
  revision: Type.Integer({ description: 'The revision that it is compared with' }),
  examined: Type.Integer({ description: 'Decisions of those days; a sampled one counts for all that it stands for' }),
  changed: Type.Integer(),
  decisions: Type.Array(
    Type.Object({
      subject: Type.String(),
      action: Type.String(),
      object: Type.String(),
      domain: Type.String(),
      before: Type.Enum(['allow', 'deny']),
      after: Type.Enum(['allow', 'deny']),
      count: Type.Integer(),
      lastAt: Timestamp,
      reason: Type.String(),
    }),
    { description: 'The 200 most frequent' },
  ),
  subjects: Type.Array(
    Type.Object({
      subject: Type.String(),
      gains: Type.Array(Type.String(), { description: 'Rights, as `deploy application in payments/production`' }),
      loses: Type.Array(Type.String()),
    }),
    { description: 'Everybody whose rights change, whether or not he used them; 200 at most' },
  ),
  tests: TestRun,
  notes: Type.Array(Type.String(), { description: 'What could not be looked at, or only in part' }),
})

export const ChangeSetState = Type.Enum(['draft', 'proposed', 'approved', 'rejected', 'applied', 'discarded'])
export const ChangeSet = Type.Object({
  id: Id,
  title: Type.String(),
  description: Type.String(),
  state: ChangeSetState,
  author: Type.String(),
  baseRevision: Type.Integer({ description: 'The revision that its text was drawn from' }),
  appliedRevision: Type.Optional(Type.Integer()),
  edit: PolicyEdit,
  diff: PolicyDiff,
  problems: Type.Array(PolicyProblem, { description: 'Why it cannot be applied as it stands; empty when it can' }),
  approvals: Type.Array(Type.Object({ by: Type.String(), at: Timestamp })),
  approvalsNeeded: Type.Integer(),
  rejection: Type.Optional(Type.Object({ by: Type.String(), at: Timestamp, reason: Type.String() })),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  appliedAt: Type.Optional(Timestamp),
  appliedBy: Type.Optional(Type.String()),
})
export const ChangeSetSummary = Type.Object({
  id: Id,
  title: Type.String(),
  state: ChangeSetState,
  author: Type.String(),
  baseRevision: Type.Integer(),
  appliedRevision: Type.Optional(Type.Integer()),
  added: Type.Integer(),
  removed: Type.Integer(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})

export const PolicyRevision = Type.Object({
  revision: Type.Integer(),
  at: Timestamp,
  by: Type.String(),
  summary: Type.String({ description: 'What was done: `binding.create user:ana role:developer payments`' }),
  changeSet: Type.Optional(Id),
  added: Type.Integer(),
  removed: Type.Integer(),
})

const ChangeSetParams = Closed({ changeSet: Id })
const unknown = 'authorization.change_set_unknown'
const state = 'authorization.change_set_state_refused'
const policyErrors = [
  'authorization.policy_invalid',
  'authorization.lockout_refused',
  'authorization.escalation_refused',
  'authorization.constraint_refused',
] as const

export const changeRoutes = {
  validatePolicy: route({
    method: 'POST',
    path: '/api/v1/policy/validation',
    summary: 'Check a whole policy text: what is wrong where, and how it differs from the one in force',
    permission: { action: 'get', object: 'policy', ...everywhere },
    bodyLimitBytes,
    body: Closed({ csv: PolicyText }),
    response: { 200: Type.Object({ valid: Type.Boolean(), problems: Type.Array(PolicyProblem), diff: PolicyDiff }) },
  }),
  convertPolicy: route({
    method: 'POST',
    path: '/api/v1/policy/conversion',
    summary: 'Turn a foreign policy into one of ours, and say where the two would not decide alike',
    permission: { action: 'get', object: 'policy', ...everywhere },
    bodyLimitBytes,
    body: Closed({
      format: Type.Enum(['casbin', 'argocd']),
      policy: PolicyText,
      model: Type.Optional(Type.String({ maxLength: 20_000, description: 'model.conf, for `casbin`' })),
      defaultRole: Type.Optional(
        Type.String({ maxLength: 100, description: "`policy.default` of Argo CD's argocd-rbac-cm" }),
      ),
    }),
    response: { 200: Type.Object({ csv: Type.String(), notes: Type.Array(PolicyProblem) }) },
    errors: ['authorization.policy_invalid'],
  }),
  listPolicyRevisions: route({
    method: 'GET',
    path: '/api/v1/policy/revisions',
    summary: 'Every state that the policy was in, newest first',
    permission: { action: 'list', object: 'policy', ...everywhere },
    query: Closed({ ...pageQuery }),
    response: { 200: Page(PolicyRevision) },
  }),
  diffPolicyRevisions: route({
    method: 'GET',
    path: '/api/v1/policy/revisions/:revision/diff',
    summary: 'What changed up to a revision: since the one before it, or since `from`',
    permission: { action: 'get', object: 'policy', ...everywhere },
    params: Closed({ revision: Type.Integer({ minimum: 1 }) }),
    query: Closed({ from: Type.Optional(Type.Integer({ minimum: 1 })) }),
    response: { 200: PolicyDiff },
    errors: ['authorization.revision_unknown'],
  }),
  restorePolicyRevision: route({
    method: 'POST',
    path: '/api/v1/policy/revisions/:revision/restore',
    summary: 'Go back to a revision: as a new one, applied at once where no approval is demanded',
    permission: { action: 'update', object: 'policy', ...everywhere },
    params: Closed({ revision: Type.Integer({ minimum: 1 }) }),
    body: Closed({ reason: Reason }),
    response: { 200: ChangeSet },
    errors: ['authorization.revision_unknown', 'platform.conflict', ...policyErrors],
  }),
  listChangeSets: route({
    method: 'GET',
    path: '/api/v1/access/change-sets',
    summary: 'Changes of the policy that are drafted, waiting or done, newest first',
    permission: { action: 'list', object: 'policy', ...everywhere },
    query: Closed({ ...pageQuery, state: Type.Optional(ChangeSetState) }),
    response: { 200: Page(ChangeSetSummary) },
  }),
  createChangeSet: route({
    method: 'POST',
    path: '/api/v1/access/change-sets',
    summary: 'Draft a change: rows to add and remove, or the whole policy as it shall be',
    idempotent: true,
    permission: { action: 'create', object: 'policy', ...everywhere },
    bodyLimitBytes,
    body: Closed({
      title: Type.String({ ...Line(120), minLength: 3 }),
      description: Type.Optional(Prose(4_000)),
      edit: Type.Optional(PolicyEdit),
      csv: Type.Optional(PolicyText),
      baseRevision,
    }),
    response: { 201: ChangeSet },
    errors: ['authorization.policy_invalid', 'authorization.revision_unknown'],
  }),
  getChangeSet: route({
    method: 'GET',
    path: '/api/v1/access/change-sets/:changeSet',
    summary: 'A change of the policy',
    permission: { action: 'get', object: 'policy', ...everywhere },
    params: ChangeSetParams,
    response: { 200: ChangeSet },
    errors: [unknown],
  }),
  updateChangeSet: route({
    method: 'PATCH',
    versionOf: 'getChangeSet',
    path: '/api/v1/access/change-sets/:changeSet',
    summary: 'Change a draft; one that was proposed becomes a draft again, without its approvals',
    permission: { action: 'create', object: 'policy', ...everywhere },
    bodyLimitBytes,
    params: ChangeSetParams,
    body: Closed({
      title: Type.Optional(Type.String({ ...Line(120), minLength: 3 })),
      description: Type.Optional(Prose(4_000)),
      edit: Type.Optional(PolicyEdit),
      csv: Type.Optional(PolicyText),
      baseRevision,
    }),
    response: { 200: ChangeSet },
    errors: [unknown, state, 'authorization.policy_invalid', 'authorization.revision_unknown'],
  }),
  impactOfChangeSet: route({
    method: 'POST',
    path: '/api/v1/access/change-sets/:changeSet/impact',
    summary: 'Which decisions of the last days it would turn, whose rights it changes, and what the policy tests say',
    permission: { action: 'get', object: 'policy', ...everywhere },
    timeoutMs: 60_000,
    params: ChangeSetParams,
    body: Closed({ days: Type.Integer({ minimum: 1, maximum: 90, default: 7 }) }),
    response: { 200: Impact },
    errors: [unknown],
  }),
  proposeChangeSet: route({
    method: 'POST',
    path: '/api/v1/access/change-sets/:changeSet/proposal',
    summary: 'Ask for approval; where none is demanded it is approved at once',
    permission: { action: 'create', object: 'policy', ...everywhere },
    params: ChangeSetParams,
    response: { 200: ChangeSet },
    errors: [unknown, state, 'authorization.policy_tests_failed', 'platform.conflict', ...policyErrors],
  }),
  approveChangeSet: route({
    method: 'POST',
    path: '/api/v1/access/change-sets/:changeSet/approval',
    summary: 'Approve; the author may not approve his own',
    permission: { action: 'approve', object: 'policy', ...everywhere },
    params: ChangeSetParams,
    response: { 200: ChangeSet },
    errors: [unknown, state, 'authorization.self_approval_refused'],
  }),
  rejectChangeSet: route({
    method: 'POST',
    path: '/api/v1/access/change-sets/:changeSet/rejection',
    summary: 'Refuse, saying why',
    permission: { action: 'approve', object: 'policy', ...everywhere },
    params: ChangeSetParams,
    body: Closed({ reason: Reason }),
    response: { 200: ChangeSet },
    errors: [unknown, state],
  }),
  applyChangeSet: route({
    method: 'POST',
    path: '/api/v1/access/change-sets/:changeSet/application',
    summary: 'Put it in force, whole or not at all; the policy tests must pass',
    permission: { action: 'update', object: 'policy', ...everywhere },
    params: ChangeSetParams,
    response: { 200: ChangeSet },
    errors: [unknown, state, 'authorization.policy_tests_failed', 'platform.conflict', ...policyErrors],
  }),
  discardChangeSet: route({
    method: 'DELETE',
    path: '/api/v1/access/change-sets/:changeSet',
    summary: 'Throw away what was not applied',
    permission: { action: 'create', object: 'policy', ...everywhere },
    params: ChangeSetParams,
    response: { 200: ChangeSet },
    errors: [unknown, state],
  }),
  getPolicySettings: route({
    method: 'GET',
    path: '/api/v1/access/settings',
    summary: 'How changes of the policy are governed',
    permission: { action: 'get', object: 'policy', ...everywhere },
    response: { 200: Type.Object({ approvalsNeeded: Type.Integer(), updatedAt: Timestamp, updatedBy: Type.String() }) },
  }),
  updatePolicySettings: route({
    method: 'PUT',
    path: '/api/v1/access/settings',
    summary:
      'Say how many others must approve a change; while any must, rules and bindings change by change sets alone',
    permission: { action: 'update', object: 'policy', ...everywhere },
    body: Closed({ approvalsNeeded: Type.Integer({ minimum: 0, maximum: 5 }) }),
    response: { 200: Type.Object({ approvalsNeeded: Type.Integer(), updatedAt: Timestamp, updatedBy: Type.String() }) },
    errors: ['authorization.lockout_refused'],
  }),
}

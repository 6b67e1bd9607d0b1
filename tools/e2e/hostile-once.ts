/**
 * Where the effect of each idempotent route is counted, and the body that has it. `refused`: there is nothing here that it
 * could be done to, so the refusal is the same each time, and the key free again.
 */
export const once: Readonly<Record<string, { table: string; body: Record<string, unknown>; other: Record<string, unknown>; refused?: string }>> = {
  createGroup: { table: 'authorization.groups', body: { name: 'once' }, other: { description: 'x' } },
  createBinding: { table: 'authorization.bindings', body: { subject: 'user:mallory', role: 'role:qa', domain: 'shop' }, other: { domain: 'vault' } },
  createPolicy: {
    table: 'authorization.policy_rules',
    body: { subject: 'user:mallory', domain: 'shop', object: 'component', action: 'get', effect: 'allow' },
    other: { effect: 'deny' },
  },
  createProject: { table: 'provisioning.projects', body: { name: 'once' }, other: { description: 'x' } },
  createEnvironment: { table: 'provisioning.environments', body: { name: 'once', tier: 'staging' }, other: { tier: 'production' } },
  createComponent: { table: 'provisioning.components', body: { name: 'once', template: 'node-service' }, other: { description: 'x' } },
  createChangeRequest: { table: 'gitops.change_requests', body: { sourceBranch: 'other', title: 'Once' }, other: { title: 'Twice' } },
  createPipeline: { table: "pipelines.pipelines where source = 'api'", body: { ref: 'other' }, other: { variables: { A: 'b' } } },
  createTestQuarantine: { table: 'pipelines.test_quarantines', body: { test: 'tst_00000', reason: 'Just once' }, other: { days: 3 }, refused: 'pipelines.test_unknown' },
  createAccessRequest: {
    table: 'authorization.access_requests',
    body: { role: 'role:developer', domain: 'vault', reason: 'Just once' },
    other: { durationMinutes: 30 },
  },
  createChangeSet: {
    table: 'authorization.change_sets',
    body: { title: 'Once', edit: { addRules: [{ subject: 'role:qa', domain: 'shop', object: 'gate', action: 'get', effect: 'allow' }] } },
    other: { title: 'Twice' },
  },
  createConstraint: { table: 'authorization.constraints', body: { kind: 'sod', roles: ['role:auditor', 'role:deployer'] }, other: { description: 'x' } },
  createFreeze: { table: 'authorization.freezes', body: { domain: 'vault', until: new Date(Date.now() + 3_600_000).toISOString(), reason: 'Just once' }, other: { domain: 'shop' } },
  createServiceAccount: { table: 'authorization.service_accounts', body: { name: 'once' }, other: { description: 'x' } },
  createGateOverride: { table: 'schemas.gate_overrides', body: { component: 'front', reason: 'Just once, for this', hours: 1 }, other: { hours: 2 } },
  createPromotion: { table: 'gitops.change_requests', body: { component: 'nobody' }, other: { description: 'x' }, refused: 'gitops.application_unknown' },
} // prettier-ignore

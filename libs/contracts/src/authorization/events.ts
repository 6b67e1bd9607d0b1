import { Type } from 'typebox'
import { event, type EventSource, type EventSpec } from '../core/event.ts'
import { AuditCheckpoint } from './audit-routes.ts'
import { PolicyStep } from './rpcs.ts'

export const AuditEntryData = Type.Object({
  actor: Type.String(),
  action: Type.String({ description: 'entity.verb: `component.create`, `change-request.approve`' }),
  project: Type.String({ description: '`platform` for what belongs to no project' }),
  object: Type.String(),
  outcome: Type.Union([Type.Literal('success'), Type.Literal('denied')]),
  detail: Type.Record(Type.String(), Type.Unknown()),
  requestId: Type.Optional(Type.String()),
  occurredAt: Type.String(),
})

/** Every service tells what was done, in the transaction that did it; authorization chains it into the ledger. */
export const auditRecorded = (source: EventSource): EventSpec<typeof AuditEntryData> => ({
  type: `dev.plinth.${source}.audit.recorded.v1`,
  summary: 'Something was done, or refused, that the ledger keeps',
  data: AuditEntryData,
  example: {
    actor: 'user:ana',
    action: 'component.create',
    project: 'payments',
    object: 'component/ledger',
    outcome: 'success',
    detail: { template: 'node-service' },
    requestId: 'req_01',
    occurredAt: '2026-11-23T10:00:00.000Z',
  },
})

export const policyChanged = event({
  type: 'dev.plinth.authorization.policy.changed.v1',
  summary: 'The policy has a new revision; whoever enforces it swaps to it',
  data: Type.Object({
    revision: Type.Integer(),
    /** What changed, where it is small enough for a message; else ask for the steps. */
    step: Type.Optional(PolicyStep),
  }),
  example: { revision: 42 },
})

export const auditCheckpointed = event({
  type: 'dev.plinth.authorization.audit.checkpointed.v1',
  summary: 'What the audit ledger holds, signed: keep it elsewhere, and nobody can shorten or rewrite what came before',
  data: AuditCheckpoint,
  example: {
    sequence: 7,
    at: '2026-11-23T10:00:00.000Z',
    partitions: [{ partition: 'payments', entries: 12, head: 'ab'.repeat(32) }],
    entries: 12,
    root: 'ab'.repeat(32),
    previous: '00'.repeat(32),
    keyId: 'audit-1',
    signature: 'AA',
  },
})

/** Time-limited access was granted, broken open or ended: whoever watches over the platform is told. */
export const accessElevated = event({
  type: 'dev.plinth.authorization.access.elevated.v1',
  summary: 'Somebody holds more than usual for a time',
  data: Type.Object({
    request: Type.String(),
    subject: Type.String(),
    role: Type.String(),
    domain: Type.String(),
    reason: Type.String(),
    breakGlass: Type.Boolean(),
    state: Type.Enum(['requested', 'granted', 'ended']),
    expiresAt: Type.Optional(Type.String()),
  }),
  example: {
    request: 'acr_01',
    subject: 'user:ana',
    role: 'role:deployer',
    domain: 'payments/production',
    reason: 'Hotfix of the ledger',
    breakGlass: false,
    state: 'granted',
    expiresAt: '2026-11-23T11:00:00.000Z',
  },
})

export const credentialEnded = event({
  type: 'dev.plinth.authorization.credential.ended.v1',
  summary: 'A session or token was withdrawn; whoever holds it in a cache forgets it',
  data: Type.Object({ credentialId: Type.String(), subject: Type.String() }),
  example: { credentialId: 'ses_01', subject: 'user:ana' },
})

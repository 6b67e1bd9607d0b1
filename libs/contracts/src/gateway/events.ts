import { Type } from 'typebox'
import { event } from '../core/event.ts'

export const DecisionRecord = Type.Object({
  at: Type.String(),
  subject: Type.String(),
  subjects: Type.Array(Type.String()),
  action: Type.String(),
  object: Type.String(),
  domain: Type.String(),
  allowed: Type.Boolean(),
  /** The row of policy.csv that decided; absent where no rule matched. */
  rule: Type.Optional(Type.String()),
  reason: Type.String(),
  revision: Type.Integer(),
  operation: Type.String(),
  address: Type.Optional(Type.String()),
  requestId: Type.String(),
  traceId: Type.Optional(Type.String()),
  /** How many decisions this one stands for: 1, or more where allows are sampled. */
  weight: Type.Integer(),
})

/** Decisions in batches: all denials and privileged allows, of the other allows a sample. */
export const decisionsRecorded = event({
  type: 'dev.plinth.gateway.decisions.recorded.v1',
  summary: 'What was decided at the front door',
  data: Type.Object({ instance: Type.String(), items: Type.Array(DecisionRecord, { maxItems: 1_000 }) }),
  example: {
    instance: 'gateway-1',
    items: [
      {
        at: '2026-11-23T10:00:00.000Z',
        subject: 'user:ana',
        subjects: ['user:ana'],
        action: 'deploy',
        object: 'application/ledger',
        domain: 'payments/production',
        allowed: false,
        reason: 'no rule',
        revision: 42,
        operation: 'promote',
        requestId: 'req_01',
        weight: 1,
      },
    ],
  },
})

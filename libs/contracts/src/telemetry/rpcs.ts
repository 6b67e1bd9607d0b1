import { Type } from 'typebox'
import { rpc } from '../core/rpc.ts'

/**
 * Decisions of the last days, equal ones counted together: what a draft of the policy is held against. The most
 * frequent first; `complete: false` when there were more than fit.
 */
export const decisionSummary = rpc({
  service: 'telemetry',
  operation: 'decision-summary',
  request: Type.Object({
    days: Type.Integer({ minimum: 1, maximum: 90 }),
    limit: Type.Integer({ minimum: 1, maximum: 20_000 }),
  }),
  response: Type.Object({
    complete: Type.Boolean(),
    items: Type.Array(
      Type.Object({
        subjects: Type.Array(Type.String()),
        subject: Type.String(),
        action: Type.String(),
        object: Type.String(),
        domain: Type.String(),
        allowed: Type.Boolean(),
        count: Type.Integer(),
        lastAt: Type.String(),
      }),
    ),
  }),
})

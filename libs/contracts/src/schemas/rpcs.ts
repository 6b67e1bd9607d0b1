import { Type } from 'typebox'
import { rpc } from '../core/rpc.ts'
import { GateVerdict } from '../provisioning/shared.ts'
import { ValidationResult } from './in-use.ts'
import { SchemaUse } from './shared.ts'

const Place = { project: Type.String(), environment: Type.String(), component: Type.String() }

/** Does what it would produce and consume fit what is deployed there? Names subject, version, path and consumers. */
export const checkGate = rpc({
  service: 'schemas',
  operation: 'check-gate',
  request: Type.Object({ ...Place, produces: Type.Array(SchemaUse), consumes: Type.Array(SchemaUse) }),
  response: GateVerdict,
})
/** A nudge: in environments of this name the gate may say another thing than it did. Tells `{ environment }`. */
export const gateNudgeSubject = 'plinth.notify.schemas.gate'
/** What runs there now; an empty declaration removes it. The same again changes nothing. */
export const recordDeployed = rpc({
  service: 'schemas',
  operation: 'record-deployed',
  request: Type.Object({
    ...Place,
    deployment: Type.String(),
    produces: Type.Array(SchemaUse),
    consumes: Type.Array(SchemaUse),
    removed: Type.Boolean(),
    /** Whom to talk to about it, and how many instances were asked for. */
    owner: Type.Optional(Type.String()),
    replicas: Type.Optional(Type.Integer({ minimum: 0 })),
  }),
  response: Type.Object({ recorded: Type.Literal(true) }),
})
/** Whether messages fit a version (the newest without one), each with what is wrong and where. */
export const validatePayload = rpc({
  service: 'schemas',
  operation: 'validate-payload',
  request: Type.Object({
    project: Type.String(),
    subject: Type.String(),
    version: Type.Optional(Type.Integer({ minimum: 1 })),
    payloads: Type.Array(Type.Unknown(), { minItems: 1, maxItems: 1000 }),
  }),
  response: ValidationResult,
})

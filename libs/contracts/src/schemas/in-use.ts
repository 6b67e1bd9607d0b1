import { Type } from 'typebox'
import { GateVerdict } from '../provisioning/shared.ts'
import { Timestamp } from '../core/common.ts'
import { Incompatibility, Verdict } from './shared.ts'

export const Side = Type.Enum(['produces', 'consumes'])

/** One running component that writes or reads a version of a subject. */
const InstanceFields = {
  project: Type.String(),
  component: Type.String(),
  environment: Type.String(),
  deployment: Type.String(),
  replicas: Type.Integer({ description: 'How many instances were asked for; 0 where it is stopped' }),
  owner: Type.Optional(Type.String({ description: 'Whom to talk to: of the component, by the catalog' })),
  side: Side,
  version: Type.Integer(),
  since: Timestamp,
}

export const LineageNode = Type.Object({
  id: Type.String({ description: '`component:payments/ledger`, `subject:payments/order`' }),
  kind: Type.Enum(['component', 'subject']),
  project: Type.String(),
  name: Type.String(),
  owner: Type.Optional(Type.String()),
  latestVersion: Type.Optional(Type.Integer({ description: 'Of a subject; absent where it was never registered' })),
  schemaType: Type.Optional(Type.String()),
})
/** From a component to a subject where it writes it, from a subject to a component where that reads it. */
export const LineageEdge = Type.Object({
  from: Type.String(),
  to: Type.String(),
  side: Side,
  version: Type.Integer(),
  behind: Type.Integer({ description: 'How many versions the subject has since' }),
  state: Type.Enum(['declared', 'deployed'], {
    description: 'Declared in score.yaml on the default branch; or deployed',
  }),
  environment: Type.Optional(Type.String({ description: 'Where it is deployed' })),
  deployment: Type.Optional(Type.String()),
  replicas: Type.Optional(Type.Integer()),
  since: Timestamp,
})
export const Lineage = Type.Object({
  nodes: Type.Array(LineageNode),
  edges: Type.Array(LineageEdge),
  hidden: Type.Integer({ description: 'Components of projects that the caller may not see' }),
  truncated: Type.Boolean({ description: 'There are more than are shown' }),
})

export const Affected = Type.Object({
  ...InstanceFields,
  breaks: Type.Boolean(),
  summary: Type.String({ description: 'What would happen to it, in one sentence' }),
  reasons: Type.Array(Incompatibility),
})
export const SchemaImpact = Type.Object({
  project: Type.String(),
  subject: Type.String(),
  change: Type.Enum(['schema', 'version', 'delete']),
  breaks: Type.Boolean({ description: 'Something that runs would break' }),
  summary: Type.String(),
  /** What the registry itself would say to a new schema. */
  registration: Type.Optional(Verdict),
  items: Type.Array(Affected, { description: 'What would break first' }),
  owners: Type.Array(Type.String(), { description: 'Of what would break' }),
  hidden: Type.Object({
    instances: Type.Integer({ description: 'In projects that the caller may not see' }),
    breaking: Type.Integer(),
  }),
})

export const FieldChange = Type.Object({
  path: Type.String({ description: '`entry.lines[].amount`' }),
  change: Type.Enum(['added', 'removed', 'changed']),
  before: Type.Optional(Type.String()),
  after: Type.Optional(Type.String()),
})

export const Pin = Type.Object({
  version: Type.Integer(),
  reason: Type.String(),
  by: Type.String(),
  at: Timestamp,
  promotedFrom: Type.Optional(Type.String({ description: 'The environment that it was promoted from' })),
})
export const EnvironmentVersion = Type.Object({
  environment: Type.String(),
  tier: Type.Optional(Type.String()),
  version: Type.Optional(Type.Integer({ description: 'The current one; absent where nothing uses the subject there' })),
  source: Type.Enum(['pinned', 'deployed', 'none']),
  behind: Type.Integer({ description: 'How many versions are newer' }),
  pin: Type.Optional(Pin),
  deployed: Type.Array(
    Type.Object({ component: Type.String(), project: Type.String(), side: Side, version: Type.Integer() }),
  ),
})
export const SubjectEnvironments = Type.Object({
  project: Type.String(),
  subject: Type.String(),
  latestVersion: Type.Integer(),
  drift: Type.Boolean({ description: 'Not all environments that use it have the same version' }),
  drifts: Type.Array(Type.String(), { description: 'What differs, in sentences' }),
  environments: Type.Array(EnvironmentVersion, { description: 'In the order of promotion' }),
})

export const PromotionPlan = Type.Object({
  project: Type.String(),
  subject: Type.String(),
  from: Type.String(),
  to: Type.String(),
  version: Type.Integer(),
  before: Type.Optional(Type.Integer({ description: 'The version that is current there now' })),
  diff: Type.Array(FieldChange),
  gate: GateVerdict,
})
export const Promotion = Type.Object({
  subject: Type.String(),
  from: Type.Optional(Type.String()),
  to: Type.String(),
  version: Type.Optional(Type.Integer({ description: 'Absent where a pin was taken away' })),
  before: Type.Optional(Type.Integer()),
  reason: Type.String(),
  by: Type.String(),
  at: Timestamp,
})

export const GateOverride = Type.Object({
  id: Type.String(),
  project: Type.String(),
  environment: Type.String(),
  component: Type.String(),
  subject: Type.Optional(Type.String({ description: 'Only for reasons of this subject; of all where absent' })),
  reason: Type.String(),
  state: Type.Enum(['active', 'expired', 'withdrawn']),
  by: Type.String(),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  withdrawnBy: Type.Optional(Type.String()),
  withdrawnAt: Type.Optional(Timestamp),
  uses: Type.Integer({ description: 'Deployments that came through only by it' }),
})

export const PayloadProblem = Type.Object({
  path: Type.String({ description: 'JSON pointer into the payload' }),
  message: Type.String(),
})
export const ValidationResult = Type.Object({
  subject: Type.String(),
  version: Type.Integer(),
  valid: Type.Boolean(),
  checked: Type.Integer(),
  invalid: Type.Integer(),
  items: Type.Array(
    Type.Object({ index: Type.Integer(), valid: Type.Boolean(), problems: Type.Array(PayloadProblem) }),
  ),
})

export const SampleReport = Type.Object({
  items: Type.Array(
    Type.Object({
      version: Type.Integer(),
      environment: Type.String(),
      checked: Type.Integer(),
      invalid: Type.Integer(),
      invalidRate: Type.Number({ description: 'From 0 to 1' }),
      sources: Type.Array(Type.String(), { description: '`payments/ledger`: who sent them' }),
      hours: Type.Array(Type.Object({ hour: Timestamp, checked: Type.Integer(), invalid: Type.Integer() })),
      reasons: Type.Array(
        Type.Object({
          path: Type.String(),
          message: Type.String(),
          count: Type.Integer(),
          lastSeenAt: Timestamp,
          source: Type.String(),
        }),
      ),
    }),
  ),
})

import { Type } from 'typebox'
import {
  Closed,
  ComponentName,
  EnvironmentName,
  JsonObject,
  ProjectName,
  Sha,
  StringMap,
  Timestamp,
} from '../core/common.ts'

export const ComponentParams = Closed({ project: ProjectName, component: ComponentName })
export const WorkloadParams = Closed({ project: ProjectName, environment: EnvironmentName, workload: ComponentName })

/** A workload's own state, apart from whether it is in sync with git (that is gitops' word). */
export const workloadStates = [
  'pending',
  'provisioning',
  'starting',
  'running',
  'degraded',
  'failed',
  'stopped',
  'deleting',
] as const
export const WorkloadState = Type.Enum([...workloadStates])

/** The artifact of the pipeline that a workload runs: a gzipped tar that is unpacked and its command run. */
export const ArtifactRef = Type.Object({
  id: Type.String(),
  job: Type.String(),
  sha256: Type.String(),
  sizeBytes: Type.Integer(),
})

export const PlannedChange = Type.Object({
  action: Type.Union([Type.Literal('create'), Type.Literal('update'), Type.Literal('delete'), Type.Literal('none')]),
  kind: Type.String({ description: '`postgres`, `route`, `workload`' }),
  name: Type.String(),
  summary: Type.String(),
  fields: Type.Array(
    Type.Object({ path: Type.String(), before: Type.Optional(Type.String()), after: Type.Optional(Type.String()) }),
  ),
})
export const GateReason = Type.Object({
  subject: Type.String(),
  version: Type.Integer(),
  path: Type.String(),
  message: Type.String(),
  consumers: Type.Array(Type.String()),
  rule: Type.Optional(Type.String()),
  writerPath: Type.Optional(Type.String()),
  edit: Type.Optional(Type.String({ description: 'The smallest change that would pass' })),
  example: Type.Optional(
    Type.Object({
      payload: Type.String({ description: 'JSON that is valid under one of the two and not under the other' }),
      validUnder: Type.Enum(['reader', 'writer']),
    }),
  ),
  /** The other side of the pair that does not fit. */
  other: Type.Optional(
    Type.Object({
      component: Type.String({ description: '`project/component`' }),
      side: Type.Enum(['produces', 'consumes']),
      version: Type.Integer(),
      deployment: Type.String(),
      owner: Type.Optional(Type.String({ description: 'Whom to talk to' })),
    }),
  ),
})
export const GateVerdict = Type.Object({
  allowed: Type.Boolean(),
  reasons: Type.Array(GateReason),
  /** Why it is allowed against its reasons. */
  override: Type.Optional(
    Type.Object({ id: Type.String(), reason: Type.String(), by: Type.String(), expiresAt: Timestamp }),
  ),
})
export const Plan = Type.Object({ changes: Type.Array(PlannedChange), gate: Type.Optional(GateVerdict) })

export const ResourceStatus = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  name: Type.String(),
  state: Type.String(),
  detail: Type.Optional(Type.String()),
  outputs: StringMap,
})

export const Workload = Type.Object({
  project: Type.String(),
  environment: Type.String(),
  workload: Type.String(),
  component: Type.String(),
  state: WorkloadState,
  detail: Type.Optional(Type.String({ description: 'Why it is so, and what to do' })),
  desired: Type.Object({
    revision: Type.Optional(Sha),
    deployment: Type.String(),
    replicas: Type.Integer(),
    running: Type.Boolean(),
  }),
  live: Type.Object({
    revision: Type.Optional(Sha),
    deployment: Type.Optional(Type.String()),
    readyReplicas: Type.Integer(),
    since: Type.Optional(Timestamp),
  }),
  url: Type.Optional(Type.String()),
  resources: Type.Array(ResourceStatus),
  gate: Type.Optional(GateVerdict),
  updatedAt: Timestamp,
})

export const Project = Type.Object({
  name: ProjectName,
  description: Type.String(),
  createdAt: Timestamp,
  createdBy: Type.String(),
})
export const Environment = Type.Object({
  name: EnvironmentName,
  tier: Type.Union([Type.Literal('development'), Type.Literal('staging'), Type.Literal('production')]),
  position: Type.Integer(),
  automatic: Type.Boolean({ description: 'A successful pipeline of the default branch deploys here by itself' }),
  createdAt: Timestamp,
})
export const Component = Type.Object({
  project: ProjectName,
  name: ComponentName,
  kind: Type.String(),
  template: Type.Optional(Type.String()),
  description: Type.String(),
  owner: Type.String(),
  lifecycle: Type.String(),
  tags: Type.Array(Type.String()),
  repository: Type.String(),
  state: Type.Union([
    Type.Literal('creating'),
    Type.Literal('ready'),
    Type.Literal('failed'),
    Type.Literal('deleting'),
  ]),
  operation: Type.Optional(Type.String({ description: 'The operation that makes or removes it' })),
  createdAt: Timestamp,
  createdBy: Type.String(),
})
export const Template = Type.Object({
  name: Type.String(),
  title: Type.String(),
  description: Type.String(),
  tags: Type.Array(Type.String()),
  parameters: JsonObject,
})

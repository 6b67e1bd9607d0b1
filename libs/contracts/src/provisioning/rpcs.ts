import { Type } from 'typebox'
import { rpc } from '../core/rpc.ts'
import { ArtifactRef, Environment, Plan, Workload } from './shared.ts'

const WorkloadKey = { project: Type.String(), environment: Type.String(), workload: Type.String() }

export const DesiredWorkload = Type.Object({
  ...WorkloadKey,
  component: Type.String(),
  /** Chosen by the asker; the same id again changes nothing. */
  deployment: Type.String(),
  revision: Type.String(),
  /** The text of score.yaml at that revision. */
  score: Type.String({ maxLength: 262_144 }),
  artifact: Type.Optional(ArtifactRef),
  actor: Type.String(),
})

/** Records desired state and answers at once; `workload.changed` tells how it goes. */
export const setWorkload = rpc({
  service: 'provisioning',
  operation: 'set-workload',
  request: DesiredWorkload,
  response: Type.Object({ deployment: Type.String() }),
})
/** What `setWorkload` would do; touches nothing. Score errors come as provisioning.score_invalid. */
export const planWorkload = rpc({
  service: 'provisioning',
  operation: 'plan-workload',
  request: DesiredWorkload,
  response: Plan,
  timeoutMs: 10_000,
})
export const getWorkloadState = rpc({
  service: 'provisioning',
  operation: 'get-workload',
  request: Type.Object(WorkloadKey),
  response: Type.Union([
    Type.Object({ found: Type.Literal(true), workload: Workload }),
    Type.Object({ found: Type.Literal(false) }),
  ]),
})
/** Whose a component is, by the catalog. */
export const getComponentOwner = rpc({
  service: 'provisioning',
  operation: 'get-component-owner',
  request: Type.Object({ project: Type.String(), component: Type.String() }),
  response: Type.Union([
    Type.Object({ found: Type.Literal(true), owner: Type.String() }),
    Type.Object({ found: Type.Literal(false) }),
  ]),
})
/** The environments of a project, in the order of promotion. */
export const getEnvironments = rpc({
  service: 'provisioning',
  operation: 'get-environments',
  request: Type.Object({ project: Type.String() }),
  response: Type.Object({ items: Type.Array(Environment) }),
})

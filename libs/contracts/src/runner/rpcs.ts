import { Type } from 'typebox'
import { rpc } from '../core/rpc.ts'
import { StringMap } from '../core/common.ts'

/** A workload as a runner is told to host it. Everything that it needs is in here: it asks nobody while it runs. */
export const HostedWorkload = Type.Object({
  /** `<project>.<environment>.<workload>`: deterministic, one per workload. */
  name: Type.String(),
  project: Type.String(),
  environment: Type.String(),
  workload: Type.String(),
  deployment: Type.String(),
  revision: Type.Optional(Type.String()),
  /** Changes where every replica is to be replaced although nothing else changed. */
  restart: Type.Integer(),
  replicas: Type.Integer({ minimum: 0, maximum: 20 }),
  artifact: Type.Object({ url: Type.String(), sha256: Type.String(), sizeBytes: Type.Integer() }),
  command: Type.Array(Type.String()),
  /** Plain and secret together; never logged, kept with mode 0600. `${PORT}` of the replica is added by the runner as PORT. */
  environmentVariables: StringMap,
  readiness: Type.Object({ path: Type.String(), timeoutSeconds: Type.Integer() }),
  /** Names that the edge answers for. */
  hosts: Type.Array(Type.String()),
  memoryLimitBytes: Type.Optional(Type.Integer()),
  /** Token with which the runner and the workload send telemetry; stamps project, environment, workload, deployment. */
  telemetryToken: Type.String(),
  telemetryUrl: Type.String(),
})

export const HostedState = Type.Object({
  name: Type.String(),
  state: Type.Enum(['starting', 'running', 'degraded', 'failed', 'stopped']),
  detail: Type.Optional(Type.String()),
  /** What the edge sends requests to now, and what was asked for last. */
  liveDeployment: Type.Optional(Type.String()),
  liveRevision: Type.Optional(Type.String()),
  liveRestart: Type.Optional(Type.Integer()),
  desiredDeployment: Type.String(),
  readyReplicas: Type.Integer(),
  replicas: Type.Integer(),
  restarts: Type.Integer(),
  since: Type.Optional(Type.String()),
})

/** Records the wish durably and answers at once; the same wish again changes nothing. Answered per runner (`instance`). */
export const hostWorkload = rpc({
  service: 'runner',
  operation: 'host-workload',
  request: HostedWorkload,
  response: Type.Object({ accepted: Type.Literal(true) }),
})
export const observeWorkload = rpc({
  service: 'runner',
  operation: 'observe-workload',
  request: Type.Object({ name: Type.String() }),
  response: Type.Union([
    Type.Object({ found: Type.Literal(true), state: HostedState }),
    Type.Object({ found: Type.Literal(false) }),
  ]),
})
/** Stops it, drains it and forgets it; `gone` once nothing of it is left (ask again until it is). */
export const removeHostedWorkload = rpc({
  service: 'runner',
  operation: 'remove-workload',
  request: Type.Object({ name: Type.String() }),
  response: Type.Object({ gone: Type.Boolean() }),
})

/** Core NATS nudge (may be lost): `plinth.runner.<runner>.workload-changed` with { name }. Whoever cares observes. */
export const workloadNudgeSubject = (runner: string): string => `plinth.runner.${runner}.workload-changed`

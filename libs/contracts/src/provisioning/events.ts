import { Type } from 'typebox'
import { event } from '../core/event.ts'
import { WorkloadState } from './shared.ts'

export const projectCreated = event({
  type: 'dev.plinth.provisioning.project.created.v1',
  summary: 'A project exists; its access defaults and environments follow',
  data: Type.Object({ project: Type.String(), createdBy: Type.String() }),
  example: { project: 'payments', createdBy: 'user:ana' },
})
export const environmentCreated = event({
  type: 'dev.plinth.provisioning.environment.created.v1',
  summary: 'A project has a new environment',
  data: Type.Object({
    project: Type.String(),
    environment: Type.String(),
    tier: Type.String(),
    position: Type.Integer(),
    automatic: Type.Boolean(),
  }),
  example: { project: 'payments', environment: 'production', tier: 'production', position: 3, automatic: false },
})
export const componentCreated = event({
  type: 'dev.plinth.provisioning.component.created.v1',
  summary: 'A component stands in the catalog with its repository',
  data: Type.Object({
    project: Type.String(),
    component: Type.String(),
    repository: Type.String(),
    environments: Type.Array(Type.Object({ name: Type.String(), automatic: Type.Boolean(), position: Type.Integer() })),
  }),
  example: {
    project: 'payments',
    component: 'ledger',
    repository: 'ledger',
    environments: [
      { name: 'development', automatic: true, position: 1 },
      { name: 'production', automatic: false, position: 3 },
    ],
  },
})
export const componentDeleted = event({
  type: 'dev.plinth.provisioning.component.deleted.v1',
  summary: 'A component and all it had is gone',
  data: Type.Object({ project: Type.String(), component: Type.String() }),
  example: { project: 'payments', component: 'ledger' },
})
export const workloadChanged = event({
  type: 'dev.plinth.provisioning.workload.changed.v1',
  summary: 'The state of a workload in an environment',
  data: Type.Object({
    project: Type.String(),
    environment: Type.String(),
    workload: Type.String(),
    state: WorkloadState,
    detail: Type.Optional(Type.String()),
    desiredDeployment: Type.String(),
    desiredRevision: Type.Optional(Type.String()),
    liveDeployment: Type.Optional(Type.String()),
    liveRevision: Type.Optional(Type.String()),
    readyReplicas: Type.Integer(),
    replicas: Type.Integer(),
    url: Type.Optional(Type.String()),
    /** True where what runs is not what was asked for, seen from outside (somebody killed or changed it). */
    drifted: Type.Boolean(),
  }),
  example: {
    project: 'payments',
    environment: 'development',
    workload: 'ledger',
    state: 'running',
    desiredDeployment: 'dep_02',
    desiredRevision: '4f2c1a',
    liveDeployment: 'dep_02',
    liveRevision: '4f2c1a',
    readyReplicas: 1,
    replicas: 1,
    url: 'http://ledger.development.payments.localhost:8081',
    drifted: false,
  },
})

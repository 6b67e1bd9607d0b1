import { Type } from 'typebox'
import { event } from '../core/event.ts'

export const repositoryPushed = event({
  type: 'dev.plinth.gitops.repository.pushed.v1',
  summary: 'A branch or tag of a hosted repository moved',
  data: Type.Object({
    project: Type.String(), repository: Type.String(), ref: Type.String({ description: '`refs/heads/main`' }),
    before: Type.String({ description: '40 zeros for a new ref' }), after: Type.String({ description: '40 zeros for a deleted ref' }),
    defaultBranch: Type.String(), title: Type.String(), author: Type.String(), protected: Type.Boolean(), actor: Type.String(),
    /** `push`, `merge` or `scaffold`. */
    cause: Type.String(),
  }),
  example: {
    project: 'payments', repository: 'ledger', ref: 'refs/heads/main', before: '0'.repeat(40), after: '4f2c1a'.padEnd(40, '0'),
    defaultBranch: 'main', title: 'Reject negative amounts', author: 'Ana', protected: true, actor: 'user:ana', cause: 'push',
  },
})
export const changeRequestChanged = event({
  type: 'dev.plinth.gitops.change-request.changed.v1',
  summary: 'A change request was opened, approved, merged, closed, or failed',
  data: Type.Object({
    project: Type.String(), number: Type.Integer(), kind: Type.String(), state: Type.String(), title: Type.String(), author: Type.String(),
    environment: Type.Optional(Type.String()), component: Type.Optional(Type.String()), repository: Type.String(),
    sourceBranch: Type.Optional(Type.String()), targetBranch: Type.Optional(Type.String()), toRevision: Type.String(), actor: Type.String(),
  }),
  example: {
    project: 'payments', number: 4, kind: 'promotion', state: 'approved', title: 'Promote ledger to production', author: 'user:dev',
    environment: 'production', component: 'ledger', repository: 'ledger', toRevision: '4f2c1a', actor: 'user:lead',
  },
})
export const applicationChanged = event({
  type: 'dev.plinth.gitops.application.changed.v1',
  summary: 'Sync or health of an application changed',
  data: Type.Object({
    project: Type.String(), environment: Type.String(), component: Type.String(), sync: Type.String(), health: Type.String(),
    targetRevision: Type.Optional(Type.String()), liveRevision: Type.Optional(Type.String()), detail: Type.Optional(Type.String()),
  }),
  example: { project: 'payments', environment: 'development', component: 'ledger', sync: 'Synced', health: 'Healthy', targetRevision: '4f2c1a', liveRevision: '4f2c1a' },
})

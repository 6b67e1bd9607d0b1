import { Type } from 'typebox'
import {
  Closed,
  ComponentName,
  EnvironmentName,
  GitRef,
  ProjectName,
  RepositoryName,
  Timestamp,
} from '../core/common.ts'
import { ArtifactRef, GateVerdict, PlannedChange } from '../provisioning/shared.ts'

export const RepositoryParams = Closed({ project: ProjectName, repository: RepositoryName })
export const ApplicationParams = Closed({
  project: ProjectName,
  environment: EnvironmentName,
  component: ComponentName,
})
export const ChangeRequestParams = Closed({
  project: ProjectName,
  repository: RepositoryName,
  number: Type.Integer({ minimum: 1 }),
})
export const PromotionParams = Closed({
  project: ProjectName,
  environment: EnvironmentName,
  number: Type.Integer({ minimum: 1 }),
})
export const RefQuery = { ref: Type.Optional(GitRef) }

export const Repository = Type.Object({
  project: Type.String(),
  name: Type.String(),
  defaultBranch: Type.String(),
  cloneUrl: Type.String(),
  protectedBranches: Type.Array(Type.String()),
  head: Type.Optional(Type.String()),
  archived: Type.Boolean(),
  createdAt: Timestamp,
})
export const Commit = Type.Object({
  id: Type.String(),
  title: Type.String(),
  message: Type.String(),
  author: Type.String(),
  authoredAt: Timestamp,
  parents: Type.Array(Type.String()),
})
export const TreeEntry = Type.Object({
  path: Type.String(),
  kind: Type.Union([
    Type.Literal('file'),
    Type.Literal('directory'),
    Type.Literal('symlink'),
    Type.Literal('submodule'),
  ]),
  sizeBytes: Type.Optional(Type.Integer()),
})

/** A version of a component that can be deployed: a commit whose pipeline passed, with what it built. */
export const Release = Type.Object({
  id: Type.String(),
  component: Type.String(),
  revision: Type.String(),
  title: Type.String(),
  author: Type.String(),
  pipeline: Type.String(),
  artifact: Type.Optional(ArtifactRef),
  createdAt: Timestamp,
})

export const changeRequestStates = ['open', 'approved', 'merged', 'closed', 'failed'] as const
export const ChangeRequest = Type.Object({
  project: Type.String(),
  number: Type.Integer(),
  kind: Type.Union([Type.Literal('merge'), Type.Literal('promotion')]),
  title: Type.String(),
  description: Type.String(),
  author: Type.String(),
  state: Type.Enum([...changeRequestStates]),
  repository: Type.String(),
  sourceBranch: Type.Optional(Type.String()),
  targetBranch: Type.Optional(Type.String()),
  component: Type.Optional(Type.String()),
  environment: Type.Optional(Type.String()),
  fromRevision: Type.Optional(Type.String({ description: 'What is there now' })),
  toRevision: Type.String(),
  approvals: Type.Array(Type.Object({ subject: Type.String(), at: Timestamp })),
  result: Type.Optional(Type.String({ description: 'The merge commit, or why it failed' })),
  createdAt: Timestamp,
  closedAt: Type.Optional(Timestamp),
})
/** Everything that a person needs to decide. */
export const ChangeRequestDetail = Type.Object({
  ...ChangeRequest.properties,
  diff: Type.String({ description: 'Unified diff, cut at 512 KiB' }),
  diffTruncated: Type.Boolean(),
  commits: Type.Array(Commit),
  plan: Type.Optional(Type.Array(PlannedChange)),
  planProblem: Type.Optional(Type.String()),
  gate: Type.Optional(GateVerdict),
  checks: Type.Array(Type.Object({ name: Type.String(), state: Type.String(), detail: Type.Optional(Type.String()) })),
  mergeable: Type.Boolean(),
})

export const Application = Type.Object({
  project: Type.String(),
  environment: Type.String(),
  component: Type.String(),
  repository: Type.String(),
  targetRevision: Type.Optional(Type.String()),
  targetRelease: Type.Optional(Type.String()),
  liveRevision: Type.Optional(Type.String()),
  sync: Type.Enum(['Synced', 'OutOfSync', 'Unknown']),
  health: Type.Enum(['Healthy', 'Progressing', 'Degraded', 'Missing', 'Suspended', 'Unknown']),
  detail: Type.Optional(Type.String()),
  url: Type.Optional(Type.String()),
  automatic: Type.Boolean(),
  position: Type.Integer(),
  lastSync: Type.Optional(
    Type.Object({
      id: Type.String(),
      revision: Type.String(),
      state: Type.Enum(['running', 'succeeded', 'failed']),
      detail: Type.Optional(Type.String()),
      actor: Type.String(),
      reason: Type.String(),
      startedAt: Timestamp,
      finishedAt: Type.Optional(Timestamp),
    }),
  ),
})
export const SyncRecord = Type.Object({
  id: Type.String(),
  revision: Type.String(),
  release: Type.Optional(Type.String()),
  deployment: Type.String(),
  state: Type.Enum(['running', 'succeeded', 'failed']),
  detail: Type.Optional(Type.String()),
  actor: Type.String(),
  reason: Type.String({ description: '`release`, `promotion #4`, `rollback`, `drift`, `manual`' }),
  startedAt: Timestamp,
  finishedAt: Type.Optional(Timestamp),
})

/** The delivery line of a component: commit, pipeline, environments in order. */
export const DeliveryLine = Type.Object({
  project: Type.String(),
  component: Type.String(),
  commit: Type.Optional(Commit),
  pipeline: Type.Optional(
    Type.Object({
      id: Type.String(),
      status: Type.String(),
      revision: Type.String(),
      durationMs: Type.Optional(Type.Integer()),
      createdAt: Timestamp,
      jobs: Type.Integer(),
      tests: Type.Optional(Type.Object({ passed: Type.Integer(), failed: Type.Integer(), skipped: Type.Integer() })),
    }),
  ),
  environments: Type.Array(Application),
  waiting: Type.Array(ChangeRequest),
})

import {
  accessElevated,
  auditCheckpointed,
  auditRecorded,
  credentialEnded,
  policyChanged,
} from './authorization/events.ts'
import type { EventSource, EventSpec } from './core/event.ts'
import { decisionsRecorded } from './gateway/events.ts'
import { applicationChanged, changeRequestChanged, repositoryPushed } from './gitops/events.ts'
import { jobChanged, pipelineChanged } from './pipelines/events.ts'
import {
  componentCreated,
  componentDeleted,
  environmentCreated,
  projectCreated,
  workloadChanged,
} from './provisioning/events.ts'
import {
  databaseDrifted,
  databaseMigrated,
  gateOverridden,
  schemaEnvironmentChanged,
  schemaRegistered,
  schemaReviewChanged,
  schemaRulesChanged,
  schemaSettingsChanged,
  schemaSubjectChanged,
  schemaVersionsDeleted,
} from './schemas/events.ts'

/** Those that publish facts, each to a stream of its own. */
export const eventSources = [
  'gateway',
  'authorization',
  'provisioning',
  'gitops',
  'schemas',
  'pipelines',
] as const satisfies readonly EventSource[]

/** Every fact of the platform. */
export const events: readonly EventSpec[] = [
  policyChanged,
  credentialEnded,
  auditCheckpointed,
  accessElevated,
  decisionsRecorded,
  projectCreated,
  environmentCreated,
  componentCreated,
  componentDeleted,
  workloadChanged,
  repositoryPushed,
  changeRequestChanged,
  applicationChanged,
  pipelineChanged,
  jobChanged,
  schemaRegistered,
  schemaEnvironmentChanged,
  gateOverridden,
  schemaReviewChanged,
  schemaSubjectChanged,
  schemaVersionsDeleted,
  schemaRulesChanged,
  schemaSettingsChanged,
  databaseMigrated,
  databaseDrifted,
  ...eventSources.map(auditRecorded),
]

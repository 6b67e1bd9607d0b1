import { Type } from 'typebox'
import { event } from '../core/event.ts'

export const schemaRegistered = event({
  type: 'dev.plinth.schemas.version.registered.v1',
  summary: 'A subject has a new version',
  data: Type.Object({
    project: Type.String(),
    subject: Type.String(),
    version: Type.Integer(),
    id: Type.Integer(),
    schemaType: Type.String(),
    actor: Type.String(),
  }),
  example: {
    project: 'payments',
    subject: 'ledger.entry-recorded',
    version: 2,
    id: 17,
    schemaType: 'JSON',
    actor: 'job:payments/pip_01',
  },
})

export const schemaReviewChanged = event({
  type: 'dev.plinth.schemas.review.changed.v1',
  summary: 'A breaking schema was refused and waits for a review, or was approved, rejected, or registered after all',
  data: Type.Object({
    project: Type.String(),
    subject: Type.String(),
    review: Type.String(),
    state: Type.Enum(['pending', 'approved', 'rejected', 'used']),
    summary: Type.String({ description: 'The first incompatibility' }),
    reason: Type.Optional(Type.String()),
    expiresAt: Type.Optional(Type.String()),
    version: Type.Optional(Type.Integer()),
    url: Type.String(),
    actor: Type.String(),
  }),
  example: {
    project: 'payments',
    subject: 'ledger.entry-recorded',
    review: 'rvw_01',
    state: 'approved',
    summary: 'field amount was never written by the other version and has no default',
    reason: 'All readers are on version 3 since Monday',
    expiresAt: '2026-11-30T10:00:00.000Z',
    url: 'http://localhost:8080/projects/payments/schemas/ledger.entry-recorded/reviews/rvw_01',
    actor: 'user:lea',
  },
})

export const schemaSubjectChanged = event({
  type: 'dev.plinth.schemas.subject.changed.v1',
  summary: 'The owner, description, tags or lifecycle of a subject changed; its deployed consumers are named',
  data: Type.Object({
    project: Type.String(),
    subject: Type.String(),
    changed: Type.Array(Type.Enum(['owner', 'description', 'tags', 'fields', 'lifecycle'])),
    owner: Type.Optional(Type.String()),
    lifecycle: Type.String(),
    retireOn: Type.Optional(Type.String()),
    replacement: Type.Optional(Type.String()),
    consumers: Type.Array(Type.String(), { description: '`project/environment/component`' }),
    actor: Type.String(),
  }),
  example: {
    project: 'payments',
    subject: 'ledger.entry-recorded',
    changed: ['lifecycle'],
    owner: 'component:payments/ledger',
    lifecycle: 'deprecated',
    retireOn: '2027-03-31',
    replacement: 'ledger.entry-booked',
    consumers: ['reports/production/monthly'],
    actor: 'user:lea',
  },
})

export const schemaRulesChanged = event({
  type: 'dev.plinth.schemas.rules.changed.v1',
  summary: 'The lint rules of a project, or what its tags restrict, changed',
  data: Type.Object({ project: Type.String(), what: Type.Enum(['rules', 'classifications']), actor: Type.String() }),
  example: { project: 'payments', what: 'rules', actor: 'user:lea' },
})
export const schemaEnvironmentChanged = event({
  type: 'dev.plinth.schemas.environment-version.changed.v1',
  summary: 'Another version of a subject is current in an environment: promoted, pinned, or unpinned',
  data: Type.Object({
    project: Type.String(),
    subject: Type.String(),
    environment: Type.String(),
    version: Type.Optional(Type.Integer({ description: 'Absent where the pin was taken away' })),
    before: Type.Optional(Type.Integer()),
    promotedFrom: Type.Optional(Type.String()),
    reason: Type.String(),
    actor: Type.String(),
  }),
  example: {
    project: 'payments',
    subject: 'ledger.entry-recorded',
    environment: 'production',
    version: 2,
    before: 1,
    promotedFrom: 'staging',
    reason: 'Release 14',
    actor: 'user:lead',
  },
})
export const gateOverridden = event({
  type: 'dev.plinth.schemas.gate.overridden.v1',
  summary: 'An exception from the deployment gate was granted, used or withdrawn',
  data: Type.Object({
    project: Type.String(),
    environment: Type.String(),
    component: Type.String(),
    override: Type.String(),
    change: Type.Enum(['granted', 'used', 'withdrawn']),
    reason: Type.String(),
    expiresAt: Type.String(),
    deployment: Type.Optional(Type.String({ description: 'The one that came through only by it' })),
    actor: Type.String(),
  }),
  example: {
    project: 'payments',
    environment: 'production',
    component: 'ledger',
    override: 'ovr_01',
    change: 'granted',
    reason: 'The reader is switched off during the migration',
    expiresAt: '2026-01-02T00:00:00.000Z',
    actor: 'user:lead',
  },
})

export const schemaVersionsDeleted = event({
  type: 'dev.plinth.schemas.version.deleted.v1',
  summary: 'Versions of a subject were deleted, softly or for good',
  data: Type.Object({
    project: Type.String(),
    subject: Type.String(),
    versions: Type.Array(Type.Integer()),
    permanent: Type.Boolean(),
    actor: Type.String(),
  }),
  example: {
    project: 'payments',
    subject: 'ledger.entry-recorded',
    versions: [1],
    permanent: false,
    actor: 'user:ana',
  },
})

export const schemaSettingsChanged = event({
  type: 'dev.plinth.schemas.settings.changed.v1',
  summary: 'The configuration or the mode of a subject, a project or all is another one',
  data: Type.Object({
    /** Empty for all projects. */
    project: Type.String(),
    /** Empty for a whole project. */
    subject: Type.String(),
    setting: Type.Enum(['config', 'mode']),
    actor: Type.String(),
  }),
  example: { project: 'payments', subject: 'ledger.entry-recorded', setting: 'config', actor: 'user:ana' },
})

export const databaseMigrated = event({
  type: 'dev.plinth.schemas.database.migrated.v1',
  summary: 'Migrations were applied to the database of a component in an environment, or failed there',
  data: Type.Object({
    project: Type.String(),
    environment: Type.String(),
    component: Type.String(),
    resource: Type.String(),
    run: Type.String(),
    state: Type.Enum(['succeeded', 'failed']),
    applied: Type.Array(Type.String(), { description: 'Names of files, by this run' }),
    detail: Type.Optional(Type.String()),
    actor: Type.String(),
  }),
  example: {
    project: 'payments',
    environment: 'staging',
    component: 'ledger',
    resource: 'database',
    run: 'mig_01',
    state: 'succeeded',
    applied: ['0004_add_note.sql'],
    actor: 'job:payments/pip_01',
  },
})

export const databaseDrifted = event({
  type: 'dev.plinth.schemas.database.drifted.v1',
  summary: 'A live database began to differ from what its migrations make, or does so no longer',
  data: Type.Object({
    project: Type.String(),
    environment: Type.String(),
    component: Type.String(),
    resource: Type.String(),
    drifted: Type.Boolean(),
    differences: Type.Array(Type.String(), { description: 'Where; the first of them' }),
  }),
  example: {
    project: 'payments',
    environment: 'production',
    component: 'ledger',
    resource: 'database',
    drifted: true,
    differences: ['entries.note'],
  },
})

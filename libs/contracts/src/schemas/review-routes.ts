import { Type } from 'typebox'
import {
  Closed,
  Id,
  Page,
  pageQuery,
  ProjectName,
  ProjectParams,
  Prose,
  SubjectName,
  Timestamp,
} from '../core/common.ts'
import { route } from '../core/route.ts'
import { CompatibilityLevelName, Incompatibility, Reference, SchemaType } from './shared.ts'

export const schemaReviewStates = ['pending', 'approved', 'rejected', 'used', 'expired'] as const
export type SchemaReviewState = (typeof schemaReviewStates)[number]
const State = Type.Enum([...schemaReviewStates], {
  description: '`approved`: the next registration of this very schema succeeds, once; `used`: it did',
})
const summary = {
  id: Id,
  project: Type.String(),
  subject: Type.String(),
  type: SchemaType,
  state: State,
  against: Type.Optional(Type.Integer({ description: 'The newest version when it was refused; an approval holds for it only' })),
  level: CompatibilityLevelName,
  problems: Type.Integer({ description: 'How many incompatibilities there are' }),
  summary: Type.String({ description: 'The first of them' }),
  askedBy: Type.String({ description: 'Who tried to register it first' }),
  askedAt: Timestamp,
  lastAskedAt: Timestamp,
  attempts: Type.Integer(),
  decidedBy: Type.Optional(Type.String()),
  decidedAt: Type.Optional(Timestamp),
  reason: Type.Optional(Type.String({ description: 'What the one who decided said' })),
  expiresAt: Type.Optional(Timestamp),
  version: Type.Optional(Type.Integer({ description: 'Which version it became' })),
  url: Type.String({ description: 'The page of the portal' }),
} // prettier-ignore

export const SchemaReviewSummary = Type.Object(summary)

/** A line of a text difference; numbers count from 1, on the side that has the line. */
export const DiffLine = Type.Object({
  kind: Type.Enum(['same', 'added', 'removed']),
  before: Type.Optional(Type.Integer()),
  after: Type.Optional(Type.Integer()),
  text: Type.String(),
})

/** A deployed component that writes or reads the subject, and whether the change would break it. */
export const AffectedUse = Type.Object({
  project: Type.String(),
  environment: Type.String(),
  component: Type.String(),
  deployment: Type.String(),
  side: Type.Enum(['produces', 'consumes']),
  version: Type.Integer(),
  breaks: Type.Boolean(),
  message: Type.Optional(Type.String({ description: 'Why it would' })),
})

export const SchemaReview = Type.Object({
  ...summary,
  schema: Type.String({ description: 'The schema that was refused' }),
  references: Type.Array(Reference),
  before: Type.Optional(Type.String({ description: 'The schema of the version that it is held against' })),
  diff: Type.Array(DiffLine, { description: 'From `before` to `schema`, both laid out line by line; 5,000 lines at most' }),
  diffTruncated: Type.Boolean(),
  incompatibilities: Type.Array(Incompatibility, { description: '200 at most' }),
  askers: Type.Array(Type.String(), { description: 'All who tried; none of them may approve it. 100 at most' }),
  mayDecide: Type.Boolean({ description: 'Whether the caller is none of them' }),
  affected: Type.Array(AffectedUse, { description: 'What is deployed now, in any environment; those that break first' }),
  hidden: Type.Object({
    instances: Type.Integer({ description: 'Of projects that the caller may not see' }),
    breaking: Type.Integer(),
  }),
}) // prettier-ignore

const ReviewParams = Closed({ project: ProjectName, subject: SubjectName, review: Id })
const path = '/api/v1/projects/:project/subjects/:subject/reviews/:review'
const guard = { object: 'schema/:subject', domain: ':project' } as const
const Reason = Type.String({ ...Prose(2_000), minLength: 3 })

/** What was refused as breaking and waits for somebody who may `approve` schemas. */
export const schemaReviewRoutes = {
  listSchemaReviews: route({
    method: 'GET',
    path: '/api/v1/projects/:project/schema-reviews',
    summary: 'Breaking schemas that were refused and wait for a review, or had one; newest first',
    permission: { action: 'list', object: 'schema', domain: ':project' },
    params: ProjectParams,
    query: Closed({ ...pageQuery, state: Type.Optional(State), subject: Type.Optional(SubjectName) }),
    response: { 200: Page(SchemaReviewSummary) },
  }),
  getSchemaReview: route({
    method: 'GET',
    path,
    summary: 'A refused schema with why, the difference, who asked, and which deployed components it would break',
    permission: { action: 'get', ...guard },
    params: ReviewParams,
    response: { 200: SchemaReview },
    errors: ['schemas.review_unknown'],
  }),
  approveSchemaReview: route({
    method: 'POST',
    path: `${path}/approval`,
    summary: 'Let the very same registration succeed, once; not by those who tried it',
    permission: { action: 'approve', ...guard },
    params: ReviewParams,
    body: Closed({
      reason: Reason,
      expiresInHours: Type.Optional(Type.Integer({ minimum: 1, maximum: 720, description: '168 unless given' })),
    }),
    response: { 200: SchemaReviewSummary },
    errors: ['schemas.review_unknown', 'schemas.review_decided', 'schemas.self_approval_refused'],
  }),
  rejectSchemaReview: route({
    method: 'POST',
    path: `${path}/rejection`,
    summary: 'Refuse it for good, or take an approval back that was not used',
    permission: { action: 'approve', ...guard },
    params: ReviewParams,
    body: Closed({ reason: Reason }),
    response: { 200: SchemaReviewSummary },
    errors: ['schemas.review_unknown', 'schemas.review_decided'],
  }),
}

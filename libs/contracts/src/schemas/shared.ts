import { Type } from 'typebox'
import { Closed, ProjectName, SubjectName, Timestamp } from '../core/common.ts'

export const SubjectParams = Closed({ project: ProjectName, subject: SubjectName })
export const SchemaType = Type.Enum(['AVRO', 'JSON'])
export const CompatibilityLevel = Type.Enum(['NONE', 'BACKWARD'])
export const NewSchema = Closed({
  type: SchemaType,
  schema: Type.String({ minLength: 1, maxLength: 524_288, description: 'The schema as JSON text' }),
})

export const Incompatibility = Type.Object({
  rule: Type.String({ description: 'TYPE_MISMATCH, READER_FIELD_MISSING_DEFAULT_VALUE, REQUIRED_PROPERTY_ADDED, …' }),
  path: Type.String({ description: 'JSON pointer into the newer schema' }),
  message: Type.String({ description: 'What breaks, whom, and the smallest edit that would not' }),
})
export const Verdict = Type.Object({
  compatible: Type.Boolean(),
  level: CompatibilityLevel,
  against: Type.Optional(Type.Integer()),
  incompatibilities: Type.Array(Incompatibility),
})
export const SchemaVersion = Type.Object({
  project: Type.String(),
  subject: Type.String(),
  version: Type.Integer(),
  id: Type.Integer({ description: 'One id per distinct schema, over the whole registry' }),
  type: SchemaType,
  schema: Type.String(),
  createdAt: Timestamp,
  createdBy: Type.String(),
})
export const Subject = Type.Object({
  project: Type.String(),
  name: Type.String(),
  type: SchemaType,
  compatibility: CompatibilityLevel,
  latestVersion: Type.Integer(),
  updatedAt: Timestamp,
})
/** `subject` of the same project, or `project/subject` of another. */
export const SchemaUse = Type.Object({
  subject: Type.String({ maxLength: 260 }),
  version: Type.Integer({ minimum: 1 }),
})
export const Deployed = Type.Object({
  project: Type.String(),
  environment: Type.String(),
  component: Type.String(),
  deployment: Type.String(),
  produces: Type.Array(SchemaUse),
  consumes: Type.Array(SchemaUse),
  since: Timestamp,
})

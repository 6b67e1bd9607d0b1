import { Type } from 'typebox'
import { Closed, ProjectName, SubjectName, Timestamp } from '../core/common.ts'

export const SubjectParams = Closed({ project: ProjectName, subject: SubjectName })
export const schemaKinds = ['AVRO', 'JSON', 'PROTOBUF', 'OPENAPI', 'ASYNCAPI', 'GRAPHQL', 'SQL'] as const
export type SchemaKind = (typeof schemaKinds)[number]
export const SchemaType = Type.Enum([...schemaKinds])
export const compatibilityLevels = [
  'NONE', 'BACKWARD', 'BACKWARD_TRANSITIVE', 'FORWARD', 'FORWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE',
] as const // prettier-ignore
export type CompatibilityLevel = (typeof compatibilityLevels)[number]
export const CompatibilityLevelName = Type.Enum([...compatibilityLevels])
export const Reference = Closed({
  name: Type.String({ minLength: 1, maxLength: 500, description: 'How the schema names what it refers to' }),
  subject: Type.String({ minLength: 1, maxLength: 260 }),
  version: Type.Integer({ minimum: -1, maximum: 2_147_483_647 }),
})
export const NewSchema = Closed({
  type: SchemaType,
  schema: Type.String({ minLength: 1, maxLength: 1_048_576, description: 'The schema as its language writes it' }),
  references: Type.Optional(Type.Array(Reference, { maxItems: 100 })),
})

export const Incompatibility = Type.Object({
  rule: Type.String({ description: 'TYPE_MISMATCH, READER_FIELD_MISSING_DEFAULT_VALUE, REQUIRED_PROPERTY_ADDED, …' }),
  path: Type.String({ description: 'JSON pointer into the schema of the reader' }),
  writerPath: Type.Optional(Type.String({ description: 'The place in the schema of the writer, where it is another' })),
  message: Type.String({ description: 'What breaks, and for whom' }),
  edit: Type.Optional(Type.String({ description: 'The smallest change of the newer schema that would pass' })),
  example: Type.Optional(
    Type.Object({
      payload: Type.String({ description: 'JSON that is valid under one of the two and not under the other' }),
      validUnder: Type.Enum(['reader', 'writer']),
    }),
  ),
})
export const Verdict = Type.Object({
  compatible: Type.Boolean(),
  level: CompatibilityLevelName,
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
/** What a lint rule of the project says of a schema. */
export const LintFinding = Type.Object({
  rule: Type.String(),
  severity: Type.Enum(['warn', 'error']),
  path: Type.String({ description: 'The field, as `entry.lines[].amount`; empty for the whole' }),
  message: Type.String({ description: 'What is wrong, and what to do' }),
})
export const RegisteredVersion = Type.Object({
  ...SchemaVersion.properties,
  warnings: Type.Optional(Type.Array(LintFinding, { description: 'What the rules of the project say of it' })),
})
export const Subject = Type.Object({
  project: Type.String(),
  name: Type.String(),
  type: SchemaType,
  compatibility: CompatibilityLevelName,
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
  owner: Type.Optional(Type.String()),
  replicas: Type.Optional(Type.Integer()),
  since: Timestamp,
})

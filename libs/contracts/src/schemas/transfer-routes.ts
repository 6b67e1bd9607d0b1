import { Type, type Static } from 'typebox'
import { Closed, pageQuery, ProjectParams } from '../core/common.ts'
import { route } from '../core/route.ts'
import { SchemaMetadata, SchemaRuleSet } from './confluent-routes.ts'
import { CompatibilityLevelName, Reference, SchemaType } from './shared.ts'

const number = Type.Integer({ minimum: 1, maximum: 2_147_483_647 })
/** Loose on purpose: of a thousand versions, one with a name that no subject can have here is told apart, not all refused. */
const SubjectText = Type.String({ minLength: 1, maxLength: 500 })

/** A version as it goes from one registry to another: with its number and its id, and whether it is deleted there. */
export const TransferredVersion = Closed({
  subject: SubjectText,
  version: number,
  id: number,
  type: SchemaType,
  schema: Type.String({ minLength: 1, maxLength: 1_048_576, description: 'As it was written' }),
  canonical: Type.Optional(
    Type.String({
      maxLength: 1_048_576,
      description: 'Where it is another text: as it is compared; an import makes its own',
    }),
  ),
  references: Type.Optional(Type.Array(Reference, { maxItems: 100 })),
  metadata: Type.Optional(SchemaMetadata),
  ruleSet: Type.Optional(SchemaRuleSet),
  deleted: Type.Optional(Type.Boolean({ description: 'Softly: its id still answers' })),
})
export type TransferredVersion = Static<typeof TransferredVersion>

const flag = Type.Optional(Type.Boolean())
const word = Type.Optional(Type.String({ minLength: 1, maxLength: 300 }))
export const TransferredSettings = Closed({
  subject: Type.String({ maxLength: 500, description: 'Empty for the whole project' }),
  settings: Closed({
    compatibilityLevel: Type.Optional(CompatibilityLevelName),
    compatibilityPolicy: Type.Optional(Type.Enum(['STRICT', 'LENIENT', 'EXACT', 'LOGICAL'])),
    compatibilityGroup: word,
    alias: word,
    aliasForDeks: word,
    normalize: flag,
    validateFields: flag,
    validateNewSchemas: flag,
    validateRules: flag,
    defaultMetadata: Type.Optional(SchemaMetadata),
    overrideMetadata: Type.Optional(SchemaMetadata),
    defaultRuleSet: Type.Optional(SchemaRuleSet),
    overrideRuleSet: Type.Optional(SchemaRuleSet),
  }),
})
export type TransferredSettings = Static<typeof TransferredSettings>

const outcome = {
  outcome: Type.Enum(['imported', 'unchanged', 'refused']),
  problem: Type.Optional(Type.String({ description: 'Why it was refused' })),
}
const base = '/api/v1/projects/:project'

export const schemaTransferRoutes = {
  exportSchemas: route({
    method: 'GET',
    path: `${base}/schema-export`,
    summary: 'All versions of a project, deleted ones too, with their ids and settings; by subject and version',
    permission: { action: 'get', object: 'schema', domain: ':project' },
    params: ProjectParams,
    query: Closed({ ...pageQuery }),
    response: {
      200: Type.Object({
        items: Type.Array(TransferredVersion),
        settings: Type.Array(TransferredSettings, { description: 'Of the subjects up to the last of this page' }),
        nextCursor: Type.Optional(Type.String()),
      }),
    },
  }),
  importSchemas: route({
    method: 'POST',
    path: `${base}/schema-import`,
    summary: 'Take versions in as they stand elsewhere, ids included, into a project in mode IMPORT; each by itself',
    // Nobody compares them with anything: only those may who may also let a breaking schema in.
    permission: { action: 'approve', object: 'schema', domain: ':project' },
    params: ProjectParams,
    body: Closed({
      items: Type.Array(TransferredVersion, { maxItems: 200 }),
      settings: Type.Optional(Type.Array(TransferredSettings, { maxItems: 200 })),
    }),
    response: {
      200: Type.Object({
        items: Type.Array(
          Type.Object({ subject: Type.String(), version: Type.Integer(), id: Type.Integer(), ...outcome }),
        ),
        settings: Type.Array(Type.Object({ subject: Type.String(), ...outcome })),
      }),
    },
    errors: ['schemas.not_importing'],
  }),
}

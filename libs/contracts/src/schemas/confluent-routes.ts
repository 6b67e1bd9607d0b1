import { Type, type TSchema } from 'typebox'
import { Nothing } from '../core/common.ts'
import type { RouteSpec } from '../core/route.ts'

/**
 * Confluent's Schema Registry REST API, as its clients use it. A context is a project: each route is there once for the
 * caller's own context, and once below `/contexts/:context`, which a client is given as its base URL. Bodies and queries
 * are open, since newer clients send members that older registries do not know.
 */
const base = '/schema-registry'
const open = <const P extends Record<string, TSchema>>(properties: P) =>
  Type.Object(properties, { additionalProperties: true })
const orNull = <const S extends TSchema>(schema: S) => Type.Optional(Type.Union([schema, Type.Null()]))
const word = (maxLength = 300) => Type.String({ minLength: 1, maxLength, pattern: '^[\\x20-\\x7e]+$' })
const text = (maxLength: number) => Type.String({ maxLength })
const strings = (maxItems: number, maxLength: number) => Type.Array(text(maxLength), { maxItems })

const tags = Type.Record(text(500), strings(100, 200))
export const SchemaMetadata = open({
  tags: orNull(tags),
  properties: orNull(Type.Record(text(300), text(5_000))),
  sensitive: orNull(strings(100, 300)),
})
const rules = orNull(Type.Array(open({ name: Type.String({ minLength: 1, maxLength: 256 }) }), { maxItems: 100 }))
export const SchemaRuleSet = open({
  migrationRules: rules,
  domainRules: rules,
  encodingRules: rules,
  enableAt: orNull(text(20)),
})
const id = Type.Integer({ minimum: -1, maximum: 2_147_483_647 })
const entity = Type.Array(
  open({
    schemaEntity: open({ entityPath: Type.String({ minLength: 1, maxLength: 500 }), entityType: orNull(text(20)) }),
    tags: strings(100, 200),
  }),
  { maxItems: 200 },
)
const RegisterRequest = open({
  schema: Type.Optional(Type.String({ maxLength: 1_048_576 })),
  schemaType: orNull(text(40)),
  references: orNull(
    Type.Array(open({ name: Type.String({ minLength: 1, maxLength: 500 }), subject: word(), version: id }), {
      maxItems: 100,
    }),
  ),
  metadata: orNull(SchemaMetadata),
  ruleSet: orNull(SchemaRuleSet),
  id: orNull(id),
  version: orNull(id),
  schemaTagsToAdd: orNull(entity),
  schemaTagsToRemove: orNull(entity),
})
const TagRequest = open({
  newVersion: orNull(id),
  tagsToAdd: orNull(entity),
  tagsToRemove: orNull(entity),
  metadata: orNull(SchemaMetadata),
  ruleSet: orNull(SchemaRuleSet),
})
const ConfigRequest = open({
  compatibility: orNull(text(40)),
  compatibilityPolicy: orNull(text(40)),
  compatibilityGroup: orNull(text(300)),
  alias: orNull(text(300)),
  aliasForDeks: orNull(text(300)),
  normalize: orNull(Type.Boolean()),
  validateFields: orNull(Type.Boolean()),
  validateNewSchemas: orNull(Type.Boolean()),
  validateRules: orNull(Type.Boolean()),
  defaultMetadata: orNull(SchemaMetadata),
  overrideMetadata: orNull(SchemaMetadata),
  defaultRuleSet: orNull(SchemaRuleSet),
  overrideRuleSet: orNull(SchemaRuleSet),
})
const ModeRequest = open({ mode: text(40) })

/** One query for all routes; each looks at its own members of it. */
const flag = Type.Optional(Type.Boolean())
const Query = open({
  normalize: flag, deleted: flag, deletedOnly: flag, permanent: flag, verbose: flag, defaultToGlobal: flag, force: flag,
  recursive: flag, latestOnly: flag, fetchMaxId: flag, deletedAsNegative: flag,
  format: Type.Optional(text(40)),
  referenceFormat: Type.Optional(text(40)),
  findTags: Type.Optional(strings(20, 200)),
  subject: Type.Optional(text(300)),
  subjectPrefix: Type.Optional(text(300)),
  contextPrefix: Type.Optional(text(300)),
  key: Type.Optional(strings(20, 300)),
  value: Type.Optional(strings(20, 5_000)),
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000 })),
  limit: Type.Optional(Type.Integer({ minimum: -1, maximum: 1_000_000_000 })),
}) // prettier-ignore

const names = { context: word(60), subject: word(), version: word(20), id: word(20), guid: word(60) } as const
type Name = keyof typeof names
const paramsOf = (path: string): TSchema | undefined => {
  const found = [...path.matchAll(/:([a-z]+)/g)].map(([, name]) => name as Name)
  return found.length === 0
    ? undefined
    : Type.Object(Object.fromEntries(found.map((name) => [name, names[name]])), { additionalProperties: false })
}

type Line = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  summary: string
  body?: TSchema
  kind?: 'raw'
  done?: true
}
const Answer = Type.Unknown({ description: 'As Confluent documents it' })
// Decided in the service: an id or an unqualified name may be of any project that the caller may see.
const asked = { permission: 'authenticated', scopes: 'service', protocol: 'confluent' } as const

function spec(prefix: string, { method, path, summary, body, kind, done }: Line) {
  const params = paramsOf(prefix + path)
  return {
    ...asked,
    method,
    path: prefix + path,
    summary,
    query: Query,
    ...(params !== undefined && { params }),
    ...(body !== undefined && { body }),
    ...(kind !== undefined && { kind }),
    response: done === true ? { 204: Nothing } : { 200: Answer },
  } satisfies RouteSpec
}

type More = Pick<Line, 'body' | 'kind' | 'done'>
const at = <const M extends More = object>(method: Line['method'], path: string, summary: string, more?: M) =>
  ({ method, path, summary: `Confluent: ${summary}`, ...more }) as Omit<Line, keyof More> & M
const versions = '/subjects/:subject/versions'
const version = `${versions}/:version`
const raw = { kind: 'raw' } as const

const inEachContext = {
  csrListSubjects: at('GET', '/subjects', 'names of subjects'),
  csrLookUp: at('POST', '/subjects/:subject', 'the version that a schema has in a subject', { body: RegisterRequest }),
  csrDeleteSubject: at('DELETE', '/subjects/:subject', 'delete a subject, softly or for good'),
  csrFindByMetadata: at('GET', '/subjects/:subject/metadata', 'the newest version with these properties'),
  csrListVersions: at('GET', versions, 'numbers of versions'),
  csrRegister: at('POST', versions, 'register a schema', { body: RegisterRequest }),
  csrGetVersion: at('GET', version, 'one version; `latest` or -1 for the newest'),
  csrDeleteVersion: at('DELETE', version, 'delete a version, softly or for good'),
  csrGetVersionText: at('GET', `${version}/schema`, 'the text of a version', raw),
  csrListReferring: at('GET', `${version}/referencedby`, 'ids of schemas that refer to a version'),
  csrTag: at('POST', `${version}/tags`, 'a new version with other tags', { body: TagRequest }),
  csrListSchemas: at('GET', '/schemas', 'versions with their schemas, a thousand a page'),
  csrGetSchema: at('GET', '/schemas/ids/:id', 'a schema by its id', raw),
  csrGetSchemaText: at('GET', '/schemas/ids/:id/schema', 'the text of a schema by its id', raw),
  csrListSubjectsOfSchema: at('GET', '/schemas/ids/:id/subjects', 'subjects in which a schema stands'),
  csrListVersionsOfSchema: at('GET', '/schemas/ids/:id/versions', 'versions which a schema is'),
  csrGetByGuid: at('GET', '/schemas/guids/:guid', 'a schema by the digest of its content'),
  csrListIdsOfGuid: at('GET', '/schemas/guids/:guid/ids', 'contexts and ids of a content'),
  csrListTypes: at('GET', '/schemas/types', 'schema languages'),
  csrCheckVersion: at('POST', `/compatibility${version}`, 'would it fit this version', { body: RegisterRequest }),
  csrCheckAll: at('POST', `/compatibility${versions}`, 'would it be accepted', { body: RegisterRequest }),
  csrGetContextConfig: at('GET', '/config', 'settings of the context'),
  csrSetContextConfig: at('PUT', '/config', 'change settings of the context', { body: ConfigRequest }),
  csrDeleteContextConfig: at('DELETE', '/config', 'forget settings of the context'),
  csrGetConfig: at('GET', '/config/:subject', 'settings of a subject; 40408 where it has none'),
  csrSetConfig: at('PUT', '/config/:subject', 'change settings of a subject', { body: ConfigRequest }),
  csrDeleteConfig: at('DELETE', '/config/:subject', 'forget settings of a subject'),
  csrGetContextMode: at('GET', '/mode', 'mode of the context'),
  csrSetContextMode: at('PUT', '/mode', 'set the mode of the context', { body: ModeRequest }),
  csrDeleteContextMode: at('DELETE', '/mode', 'forget the mode of the context'),
  csrGetMode: at('GET', '/mode/:subject', 'mode of a subject; 40409 where it has none'),
  csrSetMode: at('PUT', '/mode/:subject', 'set the mode of a subject', { body: ModeRequest }),
  csrDeleteMode: at('DELETE', '/mode/:subject', 'forget the mode of a subject'),
} as const satisfies Record<string, Line>

const once = {
  csrRoot: at('GET', '/', 'is it there'),
  csrClusterId: at('GET', '/v1/metadata/id', 'id of the registry'),
  csrServerVersion: at('GET', '/v1/metadata/version', 'version of the registry'),
  csrDeployment: at('GET', '/v1/metadata/deployment', 'how the registry is deployed'),
  csrListContexts: at('GET', '/contexts', 'contexts, which are projects'),
  csrDeleteContext: at('DELETE', '/contexts/:context', 'forget the settings of an empty context', { done: true }),
} as const satisfies Record<string, Line>

/** Every route has some of them; as a type they are one, so that one handler can serve a path in each context. */
const AnyParams = Type.Partial(Type.Object(names))
type Body<L> = L extends { body: infer B extends TSchema } ? { body: B } : object
type Kind<L> = L extends { kind: 'raw' } ? { kind: 'raw' } : object
type Status<L> = L extends { done: true } ? { 204: typeof Nothing } : { 200: typeof Answer }
type Spec<L> = Omit<ReturnType<typeof spec>, 'body' | 'kind' | 'params' | 'query' | 'response'> &
  Body<L> &
  Kind<L> & { params: typeof AnyParams; query: typeof Query; response: Status<L> }
type Specs<T> = { [K in keyof T]: Spec<T[K]> }

const under = (prefix: string, lines: Record<string, Line>, ending = '') =>
  Object.entries(lines).map(([name, line]): readonly unknown[] => [`${name}${ending}`, spec(prefix, line)])

type InContext = { [K in keyof typeof inEachContext as `${K}InContext`]: Spec<(typeof inEachContext)[K]> }

export const confluentRoutes = Object.fromEntries([
  ...under(base, once),
  ...under(base, inEachContext),
  ...under(`${base}/contexts/:context`, inEachContext, 'InContext'),
]) as Specs<typeof once> & Specs<typeof inEachContext> & InContext

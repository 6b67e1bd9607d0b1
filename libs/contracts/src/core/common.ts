import { Type, type TSchema } from 'typebox'

const reserved = [
  'admin',
  'all',
  'api',
  'auth',
  'default',
  'git',
  'internal',
  'localhost',
  'new',
  'none',
  'null',
  'platform',
  'plinth',
  'public',
  'root',
  'system',
  'undefined',
  'www',
]

const labelPattern = (extra: readonly string[] = []): string =>
  `^(?!(?:${[...reserved, ...extra].join('|')})$)[a-z](?:[a-z0-9-]*[a-z0-9])$`

/** RFC 1123 label of 2 to 40 characters that starts with a letter; reserved words are refused. */
const label = (description: string, extra: readonly string[] = []): ReturnType<typeof Type.String> =>
  Type.String({
    description,
    minLength: 2,
    maxLength: 40,
    pattern: labelPattern(extra),
  })

export const ProjectName = label('Lower-case letters, digits and hyphens; starts with a letter; 2 to 40 characters')
const projectNameForm = new RegExp(labelPattern())
/** Whether a text is what a project can be called. */
export const isProjectName = (text: string): boolean => text.length <= 40 && projectNameForm.test(text)
export const EnvironmentName = label('As a project name: development, staging, production, …')
export const ComponentName = label('As a project name; also the name of its repository and workload')
export const RepositoryName = ComponentName
export const WorkloadName = ComponentName
export const TemplateName = label('The name of a template')
export const SubjectName = Type.String({
  description: 'The name of a schema subject',
  minLength: 1,
  maxLength: 200,
  pattern: '^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$',
})

export const UserName = Type.String({ minLength: 2, maxLength: 40, pattern: '^[a-z][a-z0-9._-]*[a-z0-9]$' })
export const GroupName = Type.String({ minLength: 2, maxLength: 80, pattern: '^[a-z][a-z0-9._/-]*[a-z0-9]$' })

/** Text for people: no control characters and no direction overrides, which could disguise what it says. */
export const Line = (maxLength: number, description?: string): ReturnType<typeof Type.String> =>
  Type.String({
    maxLength,
    pattern: '^[^\\u0000-\\u001f\\u007f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]*$',
    ...(description !== undefined && { description }),
  })

/** Text of several lines for people. */
export const Prose = (maxLength: number): ReturnType<typeof Type.String> =>
  Type.String({
    maxLength,
    pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f\\u202a-\\u202e\\u2066-\\u2069]*$',
  })

export const Id = Type.String({ minLength: 5, maxLength: 40, pattern: '^[a-z]{3}_[0-9a-z]+$' })
export const Timestamp = Type.String({ description: 'RFC 3339, UTC' })
export const Sha = Type.String({ pattern: '^[0-9a-f]{40}$', description: 'A git commit id' })
export const GitRef = Type.String({
  description: 'A branch, a tag or a commit id',
  minLength: 1,
  maxLength: 200,
  pattern: '^(?!-)(?!.*(?:\\.\\.|@\\{|//|\\.lock(?:/|$)))[A-Za-z0-9._/+-]*[A-Za-z0-9_+-]$',
})
export const DomainName = Type.String({
  description: '`*`, a project, or project/environment',
  maxLength: 81,
  pattern: '^(?:\\*|[a-z][a-z0-9-]*(?:/[a-z][a-z0-9-]*)?)$',
})
export const JsonObject = Type.Record(Type.String(), Type.Unknown())
export const StringMap = Type.Record(Type.String(), Type.String())
export const Nothing = Type.Null({ description: 'No content' })

/** Query members of every listing: at most 200 a page, and where to go on. */
export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 400 })),
}
export const PageQuery = Type.Object(pageQuery, { additionalProperties: false })

export const Page = <Item extends TSchema>(item: Item) =>
  Type.Object({ items: Type.Array(item), nextCursor: Type.Optional(Type.String()) })

export const Items = <Item extends TSchema>(item: Item) => Type.Object({ items: Type.Array(item) })

/** A closed object: what it does not name is refused, so that a typo is an error and not a silence. */
export const Closed = <const P extends Record<string, TSchema>>(properties: P) =>
  Type.Object(properties, { additionalProperties: false })

/** RFC 9457, as every error answers. */
export const ProblemDocument = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String({ description: 'Stable; programs decide on this' }),
  detail: Type.String(),
  instance: Type.Optional(Type.String({ description: 'The request id' })),
  errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
})

export const ProjectParams = Closed({ project: ProjectName })
export const EnvironmentParams = Closed({ project: ProjectName, environment: EnvironmentName })

/** Long work: followed by polling or by its event stream. */
export const OperationStep = Type.Object({
  name: Type.String(),
  state: Type.Union([Type.Literal('waiting'), Type.Literal('running'), Type.Literal('done'), Type.Literal('failed')]),
  detail: Type.Optional(Type.String()),
  startedAt: Type.Optional(Timestamp),
  finishedAt: Type.Optional(Timestamp),
})
export const Operation = Type.Object({
  id: Id,
  project: Type.String(),
  kind: Type.String(),
  target: Type.String(),
  state: Type.Union([Type.Literal('running'), Type.Literal('succeeded'), Type.Literal('failed')]),
  steps: Type.Array(OperationStep),
  error: Type.Optional(Type.Object({ code: Type.String(), detail: Type.String() })),
  createdAt: Timestamp,
  finishedAt: Type.Optional(Timestamp),
})

import { schemaKinds, type SchemaKind } from '@plinth/contracts'
import type { NewSchema } from '../registry/prepare.ts'
import type { Metadata, Rule, RuleSet } from '../registry/rows.ts'
import type { RegisterBody } from './asked.ts'
import { refusal } from './errors.ts'

/** SQL is registered by its migrations, and by nobody's schema text. */
export const schemaTypes: readonly SchemaKind[] = ['JSON', 'PROTOBUF', 'AVRO', 'OPENAPI', 'ASYNCAPI', 'GRAPHQL']

function kindOf(type: string | null | undefined): SchemaKind {
  if (type === undefined || type === null || type === '') return 'AVRO'
  const kind = schemaKinds.find((known) => known === type.toUpperCase())
  if (kind !== undefined && schemaTypes.includes(kind)) return kind
  throw refusal(42201, `Invalid schema type ${type}; known are ${schemaTypes.join(', ')}`)
}

type Given = { readonly [member: string]: unknown }
const list = <Item>(value: unknown): Item[] | undefined => (Array.isArray(value) ? (value as Item[]) : undefined)

/** Only the members that metadata has: what else came is not kept. */
export function metadataOf(given: Given | null | undefined): Metadata | null | undefined {
  if (given === null || given === undefined) return given
  const { tags, properties, sensitive } = given as { [Member in keyof Metadata]: Metadata[Member] | null }
  return { ...(tags && { tags }), ...(properties && { properties }), ...(sensitive && { sensitive }) }
}

const ruleName = /^[A-Za-z_][\w .-]{0,255}$/

export function ruleSetOf(given: Given | null | undefined): RuleSet | null | undefined {
  if (given === null || given === undefined) return given
  const migrationRules = list<Rule>(given['migrationRules'])
  const domainRules = list<Rule>(given['domainRules'])
  const encodingRules = list<Rule>(given['encodingRules'])
  const all = [migrationRules, domainRules, encodingRules].flatMap((rules) => rules ?? [])
  const wrong = all.find(({ name }) => !ruleName.test(name))
  if (wrong !== undefined)
    throw refusal(42210, `Invalid rule name '${wrong.name}': it begins with a letter or underscore`)
  const enableAt = given['enableAt']
  return {
    ...(migrationRules && { migrationRules }),
    ...(domainRules && { domainRules }),
    ...(encodingRules && { encodingRules }),
    ...(typeof enableAt === 'string' && { enableAt }),
  }
}

/** What a body asks to be registered, looked up or checked. */
export function newSchemaOf(body: RegisterBody, normalize: boolean | undefined): NewSchema {
  const { id, version, references } = body
  const metadata = metadataOf(body.metadata)
  const ruleSet = ruleSetOf(body.ruleSet)
  return {
    type: kindOf(body.schemaType),
    schema: body.schema ?? '',
    references: (references ?? []).map(({ name, subject, version: of }) => ({ name, subject, version: of })),
    ...(metadata !== undefined && { metadata }),
    ...(ruleSet !== undefined && { ruleSet }),
    ...(normalize !== undefined && { normalize }),
    ...(typeof id === 'number' && id >= 0 && { id }),
    ...(typeof version === 'number' && version !== 0 && { version }),
  }
}

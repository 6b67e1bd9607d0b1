import { schemaKinds, type SchemaKind } from '@plinth/contracts'
import { InvalidArgumentError } from 'commander'
import { exitCode } from './exit-codes.ts'
import { readText } from './read-text.ts'
import { CliError } from './cli-error.ts'

export type Reference = { name: string; subject: string; version: number }
export type SchemaFile = { type: SchemaKind; schema: string; references?: Reference[] }

const byExtension: Readonly<Record<string, SchemaKind>> = {
  avsc: 'AVRO',
  proto: 'PROTOBUF',
  graphql: 'GRAPHQL',
  gql: 'GRAPHQL',
  sql: 'SQL',
}
/** Those that JSON Schema does not have. */
const avroTypes = new Set<unknown>(['record', 'enum', 'fixed', 'map', 'error'])

/** The language of a schema as its users name it, in any case. */
export function schemaKind(text: string): SchemaKind {
  const found = schemaKinds.find((kind) => kind === text.toUpperCase())
  if (!found) throw new InvalidArgumentError(`it is one of ${schemaKinds.join(', ').toLowerCase()}`)
  return found
}

/**
 * The language of a file, by its name, else by what it says at its top: `openapi:` and `asyncapi:` in YAML and JSON,
 * Avro's own types, and all other JSON is JSON Schema. Undefined where nothing tells.
 */
export function kindOf(file: string, text: string): SchemaKind | undefined {
  const named = byExtension[/\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase() ?? '']
  if (named !== undefined) return named
  const [, api] = /^(?:\s*\{)?\s*"?(openapi|swagger|asyncapi)"?\s*:/m.exec(text) ?? []
  if (api !== undefined) return api === 'asyncapi' ? 'ASYNCAPI' : 'OPENAPI'
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return value !== null && typeof value === 'object' && 'type' in value && avroTypes.has(value.type) ? 'AVRO' : 'JSON'
}

/** A schema as the registry takes it; `-` is standard input. */
export function readSchema(
  file: string,
  { type, reference = [] }: { type?: SchemaKind; reference?: Reference[] },
): SchemaFile {
  const schema = readText(file)
  const kind = type ?? kindOf(file, schema)
  if (kind === undefined)
    throw new CliError(
      `In which language is ${file}? Say it with --type ${schemaKinds.join('|').toLowerCase()}.`,
      exitCode('usage'),
    )
  return { type: kind, schema, ...(reference.length > 0 && { references: reference }) }
}

/** `com.shop.Money=money:2`, or `…=money` for the newest; collects what is given several times. */
export function references(text: string, known: Reference[] = []): Reference[] {
  const [, name, subject, version] = /^([^=]+)=([^:=]+)(?::(\d{1,9}|latest))?$/.exec(text) ?? []
  if (name === undefined || subject === undefined)
    throw new InvalidArgumentError('it is a name, a subject and maybe its version: com.shop.Money=money:2')
  return [...known, { name, subject, version: version === undefined || version === 'latest' ? -1 : Number(version) }]
}

/** `orders:2,payments/ledger.entry:1` as the gate takes it. */
export function uses(text: string): { subject: string; version: number }[] {
  return text.split(',').map((one) => {
    const [, subject, version] = /^\s*([^:\s]+):([1-9]\d{0,8})\s*$/.exec(one) ?? []
    if (subject === undefined || version === undefined)
      throw new InvalidArgumentError('it is subjects with their versions: orders:2,payments/ledger.entry:1')
    return { subject, version: Number(version) }
  })
}

import { failure, type SchemaKind } from '@plinth/contracts'
import { asyncapiFormat } from './asyncapi/asyncapi.ts'
import { avroFormat } from './avro/avro.ts'
import { graphqlFormat } from './graphql/graphql.ts'
import type { Format, Incompatibility, Newer, Policy, Schema, Source } from './format.ts'
import { jsonSchemaFormat } from './json/json-schema.ts'
import { openapiFormat } from './openapi/openapi.ts'
import { protobufFormat } from './protobuf/protobuf.ts'
import { sqlFormat } from './sql/sql.ts'

const formats: Readonly<Partial<Record<SchemaKind, Format>>> = {
  AVRO: avroFormat,
  JSON: jsonSchemaFormat,
  PROTOBUF: protobufFormat,
  SQL: sqlFormat,
  GRAPHQL: graphqlFormat,
  OPENAPI: openapiFormat,
  ASYNCAPI: asyncapiFormat,
}

function formatFor(kind: SchemaKind): Format {
  const format = formats[kind]
  if (format === undefined) throw failure('schemas.schema_invalid', { detail: `${kind} is not supported yet.` })
  return format
}

/** A schema that is good; throws schemas.schema_invalid with the place. */
export const parseSchema = (kind: SchemaKind, source: Source): Schema => formatFor(kind).parse(source)

/** All reasons why the reader can't read what the writer wrote. */
export function unreadable(reader: Schema, writer: Schema, policy: Policy, newer?: Newer): readonly Incompatibility[] {
  if (reader.kind !== writer.kind) {
    return [
      {
        rule: 'SCHEMA_TYPE_CHANGED',
        path: '',
        message: `${writer.kind} was written, ${reader.kind} is read; register it as a new subject`,
      },
    ]
  }
  return formatFor(reader.kind).unreadable(reader, writer, policy, newer)
}

import { avroFormat } from './avro.ts'
import type { Format, Incompatibility } from './format.ts'
import { jsonSchemaFormat } from './json-schema.ts'
import { readJson, type Json } from './json-text.ts'

export type SchemaKind = 'AVRO' | 'JSON'

const formats: Readonly<Record<SchemaKind, Format>> = { AVRO: avroFormat, JSON: jsonSchemaFormat }

/** A schema's text as a value, checked; throws schemas.schema_invalid with the place. */
export function readSchema(type: SchemaKind, text: string): Json {
  const schema = readJson(text)
  formats[type].check(schema)
  return schema
}

type Typed = { type: SchemaKind; schema: string }

/** All reasons why the reader can't read what the writer wrote. Both have been checked before. */
export function unreadable(reader: Typed, writer: Typed): Incompatibility[] {
  if (reader.type !== writer.type) {
    return [
      {
        rule: 'SCHEMA_TYPE_CHANGED',
        path: '',
        message: `${writer.type} was written, ${reader.type} is read; register it as a new subject`,
      },
    ]
  }
  return formats[reader.type].unreadable(readJson(reader.schema), readJson(writer.schema))
}

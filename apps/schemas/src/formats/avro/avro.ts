import { formatOf } from '../format.ts'
import { explain } from './explain.ts'
import { fieldsOf } from './fields.ts'
import { isNamed, type AvroModel } from './model.ts'
import { readAvro } from './parse.ts'
import { payloadProblems } from './payload.ts'
import { resolve } from './resolution.ts'
import { canonicalText, normalizedText, resolvedText } from './text.ts'

/** Apache Avro 1.12, read and compared by the specification; LENIENT means the same as STRICT. */
export const avroFormat = formatOf<AvroModel>({
  kind: 'AVRO',
  read: readAvro,
  canonical: ({ root }) => canonicalText(root),
  normalized: ({ root }) => normalizedText(root),
  render: ({ root }, format) => (format === 'resolved' ? resolvedText(root) : undefined),
  problems: ({ root }, payload) => payloadProblems(root, payload),
  fields: ({ root }) => fieldsOf(root),
  describe: ({ root }) => (isNamed(root) ? { title: root.name, ...(root.doc !== undefined && { doc: root.doc }) } : {}),
  unreadable: (reader, writer, policy) => explain(resolve(reader.root, writer.root, policy), reader, writer),
})

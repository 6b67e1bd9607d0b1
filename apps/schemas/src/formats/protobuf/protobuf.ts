import { toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { formatOf } from '../format.ts'
import { unreadable } from './compare.ts'
import { fieldsOf } from './fields.ts'
import type { Linked } from './link.ts'
import { guarded } from './options.ts'
import { payloadProblems } from './payload.ts'
import { print } from './print.ts'
import { read } from './read.ts'

/**
 * Protocol Buffers: proto2, proto3 and editions 2023 and 2024, as text or as a FileDescriptorProto in base64. The
 * grammar is ours, because a registry has to tell the line of each mistake, and to keep options, imports and order
 * whole; descriptors, ProtoJSON and the wire are those of @bufbuild/protobuf.
 */
export const protobufFormat = formatOf<Linked>({
  kind: 'PROTOBUF',
  read,
  // What a descriptor holds for an extension is read only here; it may be anything.
  canonical: (model) => guarded(() => print(model)),
  normalized: (model) => print(model, { normalized: true }),
  render(model, format) {
    if (format === 'serialized')
      return Buffer.from(toBinary(FileDescriptorProtoSchema, model.desc.proto)).toString('base64')
    if (format === 'ignore_extensions') return print(model, { withoutExtensions: true })
    return undefined
  },
  problems: payloadProblems,
  fields: fieldsOf,
  describe({ desc, docs }) {
    const [first] = [...desc.messages, ...desc.enums, ...desc.services]
    const doc = first === undefined ? undefined : docs.get(first.typeName)
    return { ...(first && { title: first.name }), ...(doc !== undefined && { doc }) }
  },
  unreadable,
})

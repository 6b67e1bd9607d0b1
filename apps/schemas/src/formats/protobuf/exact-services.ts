import type { DescFile, DescMethod } from '@bufbuild/protobuf'
import { localName, pairs } from './changes.ts'
import type { ExactRule, ExactScope } from './exact.ts'

/** Whoever calls is the writer, whoever answers the reader. */
export function compareServices({ tell, newer }: ExactScope, writer: DescFile, reader: DescFile): void {
  const messages = { writer: undefined, reader: undefined }
  for (const { writer: old, reader: now } of pairs(writer.services, reader.services, ({ name }) => name)) {
    if (old === undefined) continue
    for (const methods of pairs(old.methods, now?.methods ?? [], ({ name }) => name)) {
      if (methods.writer === undefined) continue
      const say = (rule: ExactRule): void => tell({ rule, messages, name: `${old.typeName}.${methods.writer?.name}` })
      if (methods.reader !== undefined) for (const rule of changed(methods.writer, methods.reader)) say(rule)
      else if (newer !== 'writer') say('RPC_NO_DELETE')
    }
  }
}

function changed(writer: DescMethod, reader: DescMethod): ExactRule[] {
  const rules: ExactRule[] = []
  if (localName(writer.input) !== localName(reader.input)) rules.push('RPC_SAME_REQUEST_TYPE')
  if (localName(writer.output) !== localName(reader.output)) rules.push('RPC_SAME_RESPONSE_TYPE')
  if (writer.proto.clientStreaming !== reader.proto.clientStreaming) rules.push('RPC_SAME_CLIENT_STREAMING')
  if (writer.proto.serverStreaming !== reader.proto.serverStreaming) rules.push('RPC_SAME_SERVER_STREAMING')
  return rules
}

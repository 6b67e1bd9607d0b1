import { isMap, type Json } from '../json-text.ts'
import type { Avro, AvroRecord } from './model.ts'
import { branchOf } from './payload.ts'
import { promotes, sameName, sourcesOf } from './resolution.ts'

const stepsMax = 50_000

/**
 * Whether one payload that was written can be read, value by value: a check of the comparison of schemas that shares
 * nothing with it but names and promotions. Undefined where that takes too long.
 */
export function readable(reader: Avro, writer: Avro, payload: Json): boolean | undefined {
  const steps = { left: stepsMax }
  const answer = read(reader, writer, payload, steps)
  return steps.left <= 0 ? undefined : answer
}

function read(reader: Avro, writer: Avro, value: Json, steps: { left: number }): boolean {
  if (steps.left-- <= 0) return false
  if (writer.kind === 'union') {
    const chosen = branchOf(writer, value)
    return chosen !== undefined && read(reader, chosen.branch, chosen.value, steps)
  }
  if (reader.kind === 'union') return reader.branches.some((branch) => read(branch, writer, value, steps))
  if (reader.kind === 'record' && writer.kind === 'record') return readRecord(reader, writer, value, steps)
  if (reader.kind === 'enum' && writer.kind === 'enum')
    return (
      sameName(reader, writer) &&
      (reader.default !== undefined || (typeof value === 'string' && reader.known.has(value)))
    )
  if (reader.kind === 'fixed' && writer.kind === 'fixed') return sameName(reader, writer) && reader.size === writer.size
  if (reader.kind === 'array' && writer.kind === 'array')
    return Array.isArray(value) && value.every((item) => read(reader.items, writer.items, item, steps))
  if (reader.kind === 'map' && writer.kind === 'map')
    return isMap(value) && Object.values(value).every((item) => read(reader.values, writer.values, item, steps))
  return reader.kind === writer.kind || promotes(reader, writer)
}

function readRecord(reader: AvroRecord, writer: AvroRecord, value: Json, steps: { left: number }): boolean {
  if (!isMap(value) || !sameName(reader, writer)) return false
  return reader.fields.every((field) => {
    const sources = sourcesOf(field, writer)
    const [source] = sources
    if (!source) return field.default !== undefined
    return sources.length === 1 && read(field.type, source.type, value[source.name] ?? null, steps)
  })
}

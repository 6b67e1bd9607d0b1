import type { Incompatibility } from '../../format.ts'
import type { Json } from '../../json-text.ts'
import type { JsonDocument } from '../json-document.ts'
import { tokensOf } from '../json-references.ts'
import { isValid } from '../json-validate.ts'
import { absent, placeOf } from './place.ts'
import { candidates } from './samples.ts'

/** Payloads are looked for at so many places, and for so long, that a refusal stays quick to answer. */
const examplesMax = 10
const triesMax = 400
/** Of this thread: how busy the machine is with others says nothing of a schema. */
const cpuMaxMs = 60
/** A larger schema takes longer to compile than an example is worth. */
const valuesMax = 10_000
const payloadMax = 2_000

/** Adds to reasons a payload that the writer may write and the reader refuses, where one is found. */
export function withExamples(
  reader: JsonDocument,
  writer: JsonDocument,
  reasons: readonly Incompatibility[],
): readonly Incompatibility[] {
  if (reasons.length === 0 || reader.values + writer.values > valuesMax) return reasons
  const startedAt = process.threadCpuUsage()
  const isOver = (): boolean => process.threadCpuUsage(startedAt).user > cpuMaxMs * 1_000
  const budget = { tries: triesMax }
  return reasons.map((reason, index) => {
    if (index >= examplesMax || isOver()) return reason
    const payload = counterexample(reader, writer, reason, () => budget.tries-- > 0 && !isOver())
    return payload === undefined ? reason : { ...reason, example: { payload, validUnder: 'writer' as const } }
  })
}

function counterexample(
  reader: JsonDocument,
  writer: JsonDocument,
  reason: Incompatibility,
  goOn: () => boolean,
): string | undefined {
  const tried = new Set<string>()
  for (const payload of payloads(reader, writer, reason)) {
    const text = JSON.stringify(payload)
    if (text === undefined || text.length > payloadMax || tried.has(text)) continue
    tried.add(text)
    if (!goOn()) return undefined
    if (isValid(writer, payload) && !isValid(reader, payload)) return text
  }
  return undefined
}

/** Values at the edges of what either side allows, put where the two differ, into payloads that are otherwise small. */
function* payloads(reader: JsonDocument, writer: JsonDocument, reason: Incompatibility): Generator<Json | undefined> {
  const wrote = placeOf(writer.root, tokensOf(reason.writerPath ?? reason.path), writer.root)
  const reads = placeOf(reader.root, tokensOf(reason.path), reader.root)
  const values: (Json | undefined)[] = [
    ...(/REQUIRED/.test(reason.rule) ? [absent] : []),
    ...candidates(wrote.schema, writer.root),
    ...candidates(reads.schema, reader.root),
    absent,
  ]
  for (const value of values) yield wrote.put(value)
  for (const value of values) yield reads.put(value)
  yield* candidates(writer.root, writer.root)
  yield* candidates(reader.root, reader.root)
}

import avsc from 'avsc'
import type { SchemaKind } from '@plinth/contracts'
import { parseSchema, unreadable } from '../../apps/schemas/src/formats/formats.ts'
import { spread, type Spread } from './lib.ts'
import { avroWide, jsonWide, protobufWide } from './schemas-texts.ts'

/** How wide the schemas are that are compared. */
export const checkFields = 500
const rounds = 200
const warmRounds = 50

/** Microseconds of each round; every round has a text of its own, so that nobody remembers the last one's. */
function timed(work: (round: number) => void): Spread {
  for (let round = 0; round < warmRounds; round++) work(-1 - round)
  const times = Array.from({ length: rounds }, (_, round) => {
    const began = performance.now()
    work(round)
    return (performance.now() - began) * 1_000
  })
  return spread(times)
}

function ofPlinth(kind: SchemaKind, textOf: (more?: string) => string): Spread {
  const writer = parseSchema(kind, { text: textOf(), references: [] })
  return timed((round) => {
    const reader = parseSchema(kind, { text: textOf(`more_${round + warmRounds}`), references: [] })
    if (unreadable(reader, writer, 'STRICT').length > 0) throw new Error(`${kind} was refused`)
  })
}

/** avsc stops at the first thing that it cannot resolve; what is fine it goes through whole. */
function ofAvsc(): Spread {
  const writer = avsc.Type.forSchema(JSON.parse(avroWide(checkFields)) as avsc.Schema)
  return timed((round) => {
    const text = avroWide(checkFields, `more_${round + warmRounds}`)
    avsc.Type.forSchema(JSON.parse(text) as avsc.Schema).createResolver(writer)
  })
}

/** Reading a schema of many fields and comparing it with the version before, in process. */
export const checksOfLibraries = (): { name: string; times: Spread }[] => [
  { name: 'read and compare, Avro', times: ofPlinth('AVRO', (more) => avroWide(checkFields, more)) },
  { name: 'the same by avsc (forSchema, createResolver)', times: ofAvsc() },
  { name: 'read and compare, JSON Schema', times: ofPlinth('JSON', (more) => jsonWide(checkFields, more)) },
  { name: 'read and compare, Protobuf', times: ofPlinth('PROTOBUF', (more) => protobufWide(checkFields, more)) },
]

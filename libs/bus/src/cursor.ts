import { failure } from '@plinth/contracts'

/** How far a reader is in each source: the stream's birth (a stream made anew starts over) and its sequence. */
export type Positions = Record<string, { born: number; sequence: number }>

/** An opaque text that names a place in several streams at once. */
export function encodePositions(positions: Positions): string {
  const parts = Object.entries(positions).map(([source, { born, sequence }]) =>
    [source, born.toString(36), sequence.toString(36)].join('.'),
  )
  return Buffer.from(parts.join(',')).toString('base64url')
}

/** Reads what `encodePositions` gave; anything else is `platform.cursor_invalid`. */
export function decodePositions(cursor: string): Positions {
  const positions: Positions = {}
  for (const part of Buffer.from(cursor, 'base64url').toString('latin1').split(',')) {
    const match = /^([a-z]{2,40})\.([0-9a-z]{1,10})\.([0-9a-z]{1,10})$/.exec(part)
    const [, source, born, sequence] = match ?? []
    if (source === undefined || born === undefined || sequence === undefined) throw failure('platform.cursor_invalid')
    positions[source] = { born: Number.parseInt(born, 36), sequence: Number.parseInt(sequence, 36) }
  }
  return positions
}

import type { Signal } from '../storage/inserts.ts'
import { shapes, type Shape } from './shapes.ts'

/** What a walk over a payload found. */
export type Walked = {
  /** Spans, log records or data points. */
  records: number
  /** Those of them that the store leaves out, because they lack what they must have. */
  rejected: number
  /** Valid, but not in the form that the store reads: compound attribute values, or a member given twice. */
  unusual: boolean
}

/** The payload is no message of its kind. */
export class WireError extends Error {
  override readonly name = 'WireError'
}

/** Attribute values may nest, and what nests is walked recursively. */
const depthMax = 40

/**
 * Goes over the bytes of an export request without making objects of it: decides whether the store can read it as it
 * stands, and counts. Throws WireError. Some 0.3 us a span.
 */
export function walk(signal: Signal, bytes: Uint8Array): Walked {
  const state: State = { bytes, at: 0, records: 0, rejected: 0, unusual: false }
  message(state, bytes.length, shapes[signal], 0)
  return { records: state.records, rejected: state.rejected, unusual: state.unusual }
}

type State = Walked & { bytes: Uint8Array; at: number }

function message(state: State, end: number, shape: Shape, depth: number): void {
  if (depth > depthMax) throw new WireError(`The message is nested deeper than ${depthMax} levels.`)
  const recordsBefore = state.records
  let seen = 0
  let required = 0
  while (state.at < end) {
    const tag = varint(state, end)
    const number = tag >>> 3
    const wire = tag & 7
    if (number === 0) throw new WireError(`There is no field 0 (at byte ${state.at}).`)
    const field = shape.fields[number]
    if (field === undefined) {
      skip(state, end, wire)
      continue
    }
    // A packed list of numbers is as good as the numbers one by one.
    if (wire !== field.wire && !(wire === 2 && field.packable === true))
      throw new WireError(`Field ${number} has wire type ${wire} (at byte ${state.at}).`)
    if (field.repeated !== true) {
      if ((seen & (1 << number)) !== 0) state.unusual = true
      seen |= 1 << number
    }
    if (field.compound === true) state.unusual = true
    if (wire !== 2) {
      skip(state, end, wire)
      continue
    }
    const stop = length(state, end)
    if (field.message !== undefined) message(state, stop, field.message, depth + 1)
    else if (field.idBytes !== undefined && stop - state.at === field.idBytes && notZero(state, stop)) required++
    else if (field.filled === true && stop > state.at) required++
    state.at = stop
  }
  if (shape.isRecord === true) state.records++
  if (required < (shape.required ?? 0)) state.rejected += state.records - recordsBefore
}

function notZero({ bytes, at }: State, stop: number): boolean {
  for (let index = at; index < stop; index++) if (bytes[index] !== 0) return true
  return false
}

/** Where a length-delimited field ends. */
function length(state: State, end: number): number {
  const stop = varint(state, end) + state.at
  if (stop > end) throw new WireError(`A field is longer than what holds it (at byte ${state.at}).`)
  return stop
}

function skip(state: State, end: number, wire: number): void {
  if (wire === 0) varint(state, end)
  else if (wire === 1) state.at += 8
  else if (wire === 2) state.at = length(state, end)
  else if (wire === 5) state.at += 4
  else throw new WireError(`Wire type ${wire} is not known (at byte ${state.at}).`)
  if (state.at > end) throw new WireError('The message ends in the middle of a field.')
}

/** A base-128 varint; only its low 32 bits matter here, as tags and lengths are smaller. */
function varint(state: State, end: number): number {
  let value = 0
  for (let shift = 0; shift < 70; shift += 7) {
    if (state.at >= end) throw new WireError('The message ends in the middle of a field.')
    const byte = state.bytes[state.at++] ?? 0
    if (shift < 28) value += (byte & 127) << shift
    else if (shift === 28) value += (byte & 15) * 2 ** 28
    if (byte < 128) return value
  }
  throw new WireError(`A number is longer than 10 bytes (at byte ${state.at}).`)
}

import type { Json } from '../json-text.ts'
import type { Scalar } from './defaults.ts'
import { typeName, type Avro, type AvroEnum, type AvroRecord, type Primitive } from './model.ts'
import type { Move } from './resolution.ts'

const nodesMax = 5000
const depthMax = 60

type Budget = { left: number }

/**
 * A small payload of a type in Avro's JSON encoding, with a value at the end of the moves; `last` chooses what stands
 * there. Undefined where there is none within the limits, as for a record that always holds itself.
 */
export function sample(type: Avro, moves: readonly Move[], last?: (type: Avro) => Json | undefined): Json | undefined {
  return make(type, moves, last, { left: nodesMax }, 0)
}

/** A symbol of an enum that the other does not know. */
export const symbolBeyond =
  (known: ReadonlySet<string>) =>
  (type: Avro): Json | undefined =>
    type.kind === 'enum' ? type.symbols.find((symbol) => !known.has(symbol)) : undefined

type Make = (
  type: Avro,
  moves: readonly Move[],
  last: ((type: Avro) => Json | undefined) | undefined,
  budget: Budget,
  depth: number,
) => Json | undefined

const make: Make = (type, moves, last, budget, depth) => {
  if (budget.left-- <= 0 || depth > depthMax + moves.length) return undefined
  const [move, ...rest] = moves
  if (move === undefined && last) {
    const chosen = last(type)
    if (chosen !== undefined) return chosen
  }
  if (type.kind === 'union') {
    const wanted = typeof move === 'object' && 'branch' in move ? type.branches[move.branch] : undefined
    if (wanted) return wrap(wanted, make(wanted, rest, last, budget, depth + 1))
    return firstOf(type.branches, (branch) => wrap(branch, make(branch, [], undefined, budget, depth + 1)))
  }
  if (type.kind === 'array') return move === 'item' ? listOf(make(type.items, rest, last, budget, depth + 1)) : []
  if (type.kind === 'map') {
    if (move !== 'value') return {}
    const value = make(type.values, rest, last, budget, depth + 1)
    return value === undefined ? undefined : { key: value }
  }
  if (type.kind === 'record') return record(type, moves, last, budget, depth)
  return scalar(type)
}

const listOf = (item: Json | undefined): Json | undefined => (item === undefined ? undefined : [item])
const wrap = (branch: Avro, value: Json | undefined): Json | undefined =>
  value === undefined || branch.kind === 'null' ? value : { [typeName(branch)]: value }

/** Null first, then what is not made of other things: a list that goes on for ever ends at the first chance. */
function firstOf(branches: readonly Avro[], test: (branch: Avro) => Json | undefined): Json | undefined {
  const rank = (branch: Avro): number => (branch.kind === 'null' ? 0 : branch.kind === 'record' ? 2 : 1)
  for (const branch of branches.toSorted((a, b) => rank(a) - rank(b))) {
    const value = test(branch)
    if (value !== undefined) return value
  }
  return undefined
}

const record = (
  type: AvroRecord,
  [move, ...rest]: readonly Move[],
  last: ((type: Avro) => Json | undefined) | undefined,
  budget: Budget,
  depth: number,
): Json | undefined => {
  const made: [string, Json][] = []
  for (const field of type.fields) {
    const here = typeof move === 'object' && 'field' in move && move.field === field.name
    const value = make(field.type, here ? rest : [], here ? last : undefined, budget, depth + 1)
    if (value === undefined) return undefined
    made.push([field.name, value])
  }
  return Object.fromEntries(made)
}

const scalars: Readonly<Record<Primitive, Json>> = {
  null: null,
  boolean: true,
  int: 1,
  long: 1,
  float: 1.5,
  double: 1.5,
  string: 'text',
  // No UTF-8, so that it shows where bytes are not text.
  bytes: 'ÿ',
}

function scalar(type: Scalar | AvroEnum): Json | undefined {
  if (type.kind === 'enum') return type.symbols[0]
  if (type.kind === 'fixed') return type.size > 4096 ? undefined : '\u0001'.repeat(type.size)
  return scalars[type.kind]
}

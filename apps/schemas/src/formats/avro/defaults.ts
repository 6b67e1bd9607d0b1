import { isMap, pointer, type Json } from '../json-text.ts'
import { typeName, type Avro, type AvroRecord, type Primitive } from './model.ts'

/** Branches of unions are tried one after the other; nested ones multiply. */
const stepsMax = 50_000

type Wrong = { path: string; message: string }
type Steps = { left: number }

/** What is wrong with a field's default, by Avro 1.12: one of a union's branches must take it. Undefined where it fits. */
export function fitsDefault(type: Avro, value: Json): Wrong | undefined {
  return check(type, value, '', { left: stepsMax })
}

function check(type: Avro, value: Json, path: string, steps: Steps): Wrong | undefined {
  if (steps.left-- <= 0) return { path, message: 'the default has too many ways to be read; make it simpler' }
  const no: Wrong = { path, message: `${JSON.stringify(value).slice(0, 60)} is no ${typeName(type)}` }
  if (type.kind === 'union') {
    const tries = type.branches.map((branch) => check(branch, value, path, steps))
    if (tries.includes(undefined)) return undefined
    return (tries.length === 1 ? tries[0] : undefined) ?? no
  }
  if (type.kind === 'array')
    return Array.isArray(value)
      ? firstWrong(value, (item, index) => check(type.items, item, pointer(path, index), steps))
      : no
  if (type.kind === 'map')
    return isMap(value)
      ? firstWrong(Object.entries(value), ([key, item]) => check(type.values, item, pointer(path, key), steps))
      : no
  if (type.kind === 'record') return isMap(value) ? checkRecord(type, value, path, steps) : no
  if (type.kind === 'enum') return typeof value === 'string' && type.known.has(value) ? undefined : no
  return isScalar(type, value) ? undefined : no
}

function checkRecord(type: AvroRecord, value: { [key: string]: Json }, path: string, steps: Steps): Wrong | undefined {
  return firstWrong(type.fields, (field) => {
    if (Object.hasOwn(value, field.name))
      return check(field.type, value[field.name] ?? null, pointer(path, field.name), steps)
    return field.default === undefined ? { path, message: `field ${field.name} of ${type.name} is missing` } : undefined
  })
}

function firstWrong<Item>(
  items: readonly Item[],
  test: (item: Item, index: number) => Wrong | undefined,
): Wrong | undefined {
  for (const [index, item] of items.entries()) {
    const wrong = test(item, index)
    if (wrong) return wrong
  }
  return undefined
}

const latin1 = (value: string): boolean => {
  for (let index = 0; index < value.length; index++) if (value.charCodeAt(index) > 255) return false
  return true
}
const whole = (value: Json, bits: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= -(2 ** (bits - 1)) && value <= 2 ** (bits - 1)
const notFinite: ReadonlySet<Json> = new Set(['NaN', 'Infinity', '-Infinity'])

export type Scalar = Extract<Avro, { kind: Primitive | 'fixed' }>
const takes: { readonly [Kind in Scalar['kind']]: (value: Json, size: number) => boolean } = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  int: (value) => whole(value, 32) && value !== 2 ** 31,
  long: (value) => whole(value, 64),
  float: (value) => typeof value === 'number' || notFinite.has(value),
  double: (value) => typeof value === 'number' || notFinite.has(value),
  string: (value) => typeof value === 'string',
  bytes: (value) => typeof value === 'string' && latin1(value),
  fixed: (value, size) => typeof value === 'string' && value.length === size && latin1(value),
}

/** Whether a JSON value is one of this type in Avro's JSON encoding; bytes are text of code points up to 255. */
export const isScalar = (type: Scalar, value: Json): boolean =>
  takes[type.kind](value, type.kind === 'fixed' ? type.size : 0)

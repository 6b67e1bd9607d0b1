import {
  fromJson,
  ScalarType,
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescOneof,
  type JsonValue,
} from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import type { Problem } from '../format.ts'
import { pointer } from '../json-text.ts'
import type { Linked } from './link.ts'

const problemsMax = 50
const depthMax = 100
const { LEGACY_REQUIRED } = FeatureSet_FieldPresence

type Walk = { readonly linked: Linked; readonly found: Problem[] }

/**
 * What is wrong with a payload in ProtoJSON. It is one of the file's first message, or of the one that it names:
 * `{"@type": "pay.v1.Order", …}`, also as `type.googleapis.com/pay.v1.Order`.
 */
export function payloadProblems(linked: Linked, payload: unknown): readonly Problem[] {
  const walk: Walk = { linked, found: [] }
  const { message, body } = messageOf(linked, payload)
  if (message === undefined) return [{ path: '/@type', message: 'the schema has no such message' }]
  inMessage(walk, message, { value: body, path: '', depth: 0 })
  return walk.found
}

/** The message that a payload is one of, and the payload without the mention of it. */
export function messageOf(linked: Linked, payload: unknown): { message: DescMessage | undefined; body: unknown } {
  if (!isMap(payload) || typeof payload['@type'] !== 'string')
    return { message: linked.desc.messages[0], body: payload }
  const { '@type': type, ...body } = payload
  return { message: linked.registry.getMessage(type.slice(type.lastIndexOf('/') + 1)), body }
}

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type At = { readonly value: unknown; readonly path: string; readonly depth: number }

function wrong({ found }: Walk, path: string, message: string): void {
  if (found.length < problemsMax) found.push({ path, message })
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80)

function inMessage(walk: Walk, message: DescMessage, at: At): void {
  const { value, path, depth } = at
  if (depth > depthMax) return wrong(walk, path, `it is nested more than ${depthMax} deep`)
  if (walk.found.length >= problemsMax) return
  if (message.typeName.startsWith('google.protobuf.')) return wellKnown(walk, message, at)
  if (!isMap(value)) return wrong(walk, path, `${message.typeName} is an object, not ${shown(value)}`)
  const fields = fieldsByName(message)
  const given = new Map<DescField | DescOneof, string>()
  for (const [key, item] of Object.entries(value)) {
    const field = fields.get(key)
    const place = pointer(path, key)
    if (field === undefined) {
      // An extension is written in brackets; its value is read by the library.
      if (/^\[.+\]$/.test(key)) byLibrary(walk, message, { value: { [key]: item }, path: place, depth })
      else wrong(walk, place, `${message.typeName} has no field ${key.slice(0, 100)}`)
      continue
    }
    if (given.has(field)) wrong(walk, place, `it is given twice, as ${given.get(field)} too`)
    if (item === null && !takesNull(field)) continue
    const rival = field.oneof && given.get(field.oneof)
    if (rival !== undefined) wrong(walk, place, `only one of ${field.oneof?.name} may be given, but ${rival} is too`)
    given.set(field, key)
    if (field.oneof !== undefined) given.set(field.oneof, key)
    inField(walk, field, { value: item, path: place, depth: depth + 1 })
  }
  for (const field of message.fields)
    if (field.presence === LEGACY_REQUIRED && !given.has(field))
      wrong(walk, pointer(path, field.jsonName), `${field.name} is required`)
}

const known = new WeakMap<DescMessage, ReadonlyMap<string, DescField>>()

/** A field has two names in JSON; that which is said to be it comes before the other. */
export function fieldsByName(message: DescMessage): ReadonlyMap<string, DescField> {
  const made =
    known.get(message) ??
    new Map([
      ...message.fields.map((field) => [field.name, field] as const),
      ...message.fields.map((field) => [field.jsonName, field] as const),
    ])
  known.set(message, made)
  return made
}

/** A null means that a field is not given, save where null is a value. */
const takesNull = (field: DescField): boolean =>
  field.message?.typeName === 'google.protobuf.Value' || field.enum?.typeName === 'google.protobuf.NullValue'

function inField(walk: Walk, field: DescField, { value, path, depth }: At): void {
  if (field.fieldKind === 'list') {
    if (!Array.isArray(value)) return wrong(walk, path, `it is a list, not ${shown(value)}`)
    value.forEach((item, index) => one(walk, field, { value: item, path: pointer(path, index), depth }))
  } else if (field.fieldKind === 'map') {
    if (!isMap(value)) return wrong(walk, path, `it is an object with the entries of a map, not ${shown(value)}`)
    for (const [key, item] of Object.entries(value)) {
      const place = pointer(path, key)
      const named = field.mapKey === ScalarType.STRING || field.mapKey === ScalarType.BOOL
      if (
        field.mapKey === ScalarType.BOOL
          ? key !== 'true' && key !== 'false'
          : !named && scalarProblem(field.mapKey, key)
      )
        wrong(walk, place, `its key is no ${ScalarType[field.mapKey].toLowerCase()}`)
      one(walk, field, { value: item, path: place, depth })
    }
  } else one(walk, field, { value, path, depth })
}

function one(walk: Walk, field: DescField, at: At): void {
  if (field.message !== undefined) return inMessage(walk, field.message, at)
  const problem = field.enum === undefined ? scalarProblem(field.scalar, at.value) : enumProblem(field.enum, at.value)
  if (problem !== undefined) wrong(walk, at.path, problem)
}

function enumProblem(enumeration: DescEnum, value: unknown): string | undefined {
  if (enumeration.typeName === 'google.protobuf.NullValue' && value === null) return undefined
  if (typeof value === 'number' && value === (value | 0))
    return enumeration.open || enumeration.value[value] ? undefined : `${value} is no value of ${enumeration.typeName}`
  if (typeof value === 'string' && enumeration.values.some(({ name }) => name === value)) return undefined
  return `${shown(value)} is no value of ${enumeration.typeName}`
}

const whole: Partial<Record<ScalarType, readonly [bigint, bigint]>> = {}
for (const type of [ScalarType.INT32, ScalarType.SINT32, ScalarType.SFIXED32])
  whole[type] = [-(2n ** 31n), 2n ** 31n - 1n]
for (const type of [ScalarType.INT64, ScalarType.SINT64, ScalarType.SFIXED64])
  whole[type] = [-(2n ** 63n), 2n ** 63n - 1n]
for (const type of [ScalarType.UINT32, ScalarType.FIXED32]) whole[type] = [0n, 2n ** 32n - 1n]
for (const type of [ScalarType.UINT64, ScalarType.FIXED64]) whole[type] = [0n, 2n ** 64n - 1n]

/** Both alphabets; the padding may be left out. */
const base64 = /^(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2}(?:==)?|[A-Za-z0-9+/_-]{3}=?)?$/

function scalarProblem(type: ScalarType, value: unknown): string | undefined {
  const name = ScalarType[type].toLowerCase()
  const no = `it is ${/^[aiu]/.test(name) ? 'an' : 'a'} ${name}, not ${shown(value)}`
  const range = whole[type]
  if (range !== undefined) {
    const integer = integerOf(value)
    return integer === undefined || integer < range[0] || integer > range[1] ? no : undefined
  }
  if (type === ScalarType.BOOL) return typeof value === 'boolean' ? undefined : no
  if (type === ScalarType.STRING) return typeof value === 'string' && value.isWellFormed() ? undefined : no
  if (type === ScalarType.BYTES) return typeof value === 'string' && base64.test(value) ? undefined : no
  if (typeof value === 'string') {
    const isNumber = /^(NaN|-?Infinity|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)$/.test(value)
    return isNumber ? undefined : no
  }
  const max = type === ScalarType.FLOAT ? 3.4028235677973366e38 : Number.MAX_VALUE
  return typeof value === 'number' && Math.abs(value) <= max ? undefined : no
}

/** Whole numbers may be in quotes, and may have an exponent, by the rules of ProtoJSON. */
function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined
  if (typeof value !== 'string' || value.length > 40) return undefined
  if (/^-?\d+$/.test(value)) return BigInt(value)
  const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? Number(value) : Number.NaN
  return Number.isInteger(number) ? BigInt(number) : undefined
}

const wellKnownNames = new Set(
  'Any Timestamp Duration FieldMask Struct Value ListValue DoubleValue FloatValue Int64Value UInt64Value Int32Value UInt32Value BoolValue StringValue BytesValue'
    .split(' ')
    .map((name) => `google.protobuf.${name}`),
)

/** These have a form of their own in JSON. */
function wellKnown(walk: Walk, message: DescMessage, at: At): void {
  if (wellKnownNames.has(message.typeName) || isMap(at.value)) byLibrary(walk, message, at)
  else wrong(walk, at.path, `${message.typeName} is an object, not ${shown(at.value)}`)
}

function byLibrary(walk: Walk, message: DescMessage, { value, path }: At): void {
  try {
    fromJson(message, value as JsonValue, { registry: walk.linked.registry, recursionLimit: depthMax })
  } catch (error) {
    wrong(walk, path, error instanceof Error ? error.message.slice(0, 200) : `it is no ${message.typeName}`)
  }
}

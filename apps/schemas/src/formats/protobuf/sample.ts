import { ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import type { Json, JsonMap } from '../json-text.ts'

const depthMax = 12
const fullDepthMax = 3
const fieldsMax = 100
const valuesMax = 50

const signed32 = [1, -1, 2_147_483_647]
const unsigned32 = [1, 4_294_967_295]
const signed64 = ['1', '-1', '9223372036854775807']
const unsigned64 = ['1', '18446744073709551615']

/** Values of each type in ProtoJSON: an ordinary one first, then those that other types do not have. */
const scalars: Readonly<Record<ScalarType, readonly [Json, ...Json[]]>> = {
  [ScalarType.DOUBLE]: [1.5, 1e300],
  [ScalarType.FLOAT]: [1.5],
  [ScalarType.INT64]: [signed64[0] ?? '1', ...signed64],
  [ScalarType.UINT64]: [unsigned64[0] ?? '1', ...unsigned64],
  [ScalarType.INT32]: [1, ...signed32],
  [ScalarType.FIXED64]: ['1', ...unsigned64],
  [ScalarType.FIXED32]: [1, ...unsigned32],
  [ScalarType.BOOL]: [true],
  [ScalarType.STRING]: ['text', 'ä'],
  [ScalarType.BYTES]: ['AQ==', '/w=='],
  [ScalarType.UINT32]: [1, ...unsigned32],
  [ScalarType.SFIXED32]: [1, ...signed32],
  [ScalarType.SFIXED64]: ['1', ...signed64],
  [ScalarType.SINT32]: [1, ...signed32],
  [ScalarType.SINT64]: ['1', ...signed64],
}

/** Messages that have a form of their own in JSON. */
const wellKnown: Readonly<Record<string, Json>> = {
  'google.protobuf.Any': {},
  'google.protobuf.Timestamp': '2025-01-02T03:04:05Z',
  'google.protobuf.Duration': '1.5s',
  'google.protobuf.FieldMask': 'a',
  'google.protobuf.Struct': { key: 'value' },
  'google.protobuf.Value': 'text',
  'google.protobuf.ListValue': ['text'],
  'google.protobuf.DoubleValue': 1.5,
  'google.protobuf.FloatValue': 1.5,
  'google.protobuf.Int64Value': '1',
  'google.protobuf.UInt64Value': '1',
  'google.protobuf.Int32Value': 1,
  'google.protobuf.UInt32Value': 1,
  'google.protobuf.BoolValue': true,
  'google.protobuf.StringValue': 'text',
  'google.protobuf.BytesValue': 'AQ==',
}

/** How many messages may be made for one payload: some hold many that hold many. */
const messagesMax = 500
type Budget = { left: number }

/** The smallest payload of a message; undefined where there is none, as where a required field holds the same again. */
export function smallest(message: DescMessage, budget: Budget = { left: messagesMax }, depth = 0): Json | undefined {
  const known = wellKnown[message.typeName]
  if (known !== undefined) return known
  if (depth > depthMax || budget.left-- <= 0) return undefined
  const made: JsonMap = {}
  for (const field of message.fields) {
    if (field.presence !== FeatureSet_FieldPresence.LEGACY_REQUIRED) continue
    const value = first(field, smallest, budget, depth + 1)
    if (value === undefined) return undefined
    made[field.jsonName] = value
  }
  return made
}

/** A payload with a value in each field, as far as that goes. */
function full(message: DescMessage, budget: Budget, depth = 0): Json | undefined {
  const base = smallest(message, budget, depth)
  if (depth > fullDepthMax || typeof base !== 'object' || base === null || Array.isArray(base)) return base
  if (wellKnown[message.typeName] !== undefined) return base
  const made: JsonMap = { ...base }
  for (const field of message.fields.slice(0, fieldsMax)) {
    if (field.oneof !== undefined && field.oneof.fields[0] !== field) continue
    const value = first(field, full, budget, depth + 1)
    if (value !== undefined) made[field.jsonName] ??= value
  }
  return made
}

type Make = (message: DescMessage, budget: Budget, depth: number) => Json | undefined

function first(field: DescField, make: Make, budget: Budget, depth: number): Json | undefined {
  const [value] = singles(field, make, budget, depth)
  if (value === undefined) return undefined
  if (field.fieldKind === 'list') return [value]
  return field.fieldKind === 'map' ? { [keyText(scalars[field.mapKey][0])]: value } : value
}

function singles(
  { scalar, enum: enumeration, message }: DescField,
  make: Make,
  budget: Budget = { left: messagesMax },
  depth = 0,
): readonly Json[] {
  if (scalar !== undefined) return scalars[scalar]
  if (enumeration !== undefined) return namesOf(enumeration)
  const made = message && make(message, budget, depth)
  return made === undefined ? [] : [made]
}

/** A number that has no name is a value of an enum that is open. */
const namesOf = ({ values, open }: DescEnum): Json[] => [
  ...values.slice(0, valuesMax).map(({ name }) => name),
  ...(open ? [2_147_483_647] : []),
]

const keyText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Payloads of a field: with the wanted value, or else the plainest first. */
export function valuesOf(field: DescField, wanted?: Json): readonly Json[] {
  const smallestOnes = singles(field, smallest)
  const values = [
    ...(wanted === undefined ? [] : [wanted]),
    ...smallestOnes,
    ...(field.message === undefined ? [] : singles(field, full)),
  ]
  if (field.fieldKind === 'list') return values.flatMap((value) => [[value], [value, value]])
  if (field.fieldKind !== 'map') return values
  const [key = '', ...keys] = scalars[field.mapKey].map(keyText)
  return [
    ...values.map((value) => ({ [key]: value })),
    ...keys.flatMap((other) => (values[0] === undefined ? [] : [{ [other]: values[0] }])),
  ]
}

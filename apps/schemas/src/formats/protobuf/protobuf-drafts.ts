import fc from 'fast-check'

const integers = ['int32', 'int64', 'uint32', 'uint64', 'sint32', 'sint64', 'fixed32', 'sfixed64'] as const
const types = [...integers, 'bool', 'string', 'bytes', 'float', 'double', 'E', 'A', 'B'] as const
const shapes = ['plain', 'plain', 'optional', 'repeated', 'map', 'o', 'p'] as const
export type FieldDraft = {
  number: number
  name: string
  type: (typeof types)[number]
  shape: (typeof shapes)[number]
  json: string | undefined
  /** In proto2, where it is neither a list nor a choice. */
  required: boolean
  fallback: boolean
}
/** Schemas for property tests: two messages that may hold one another and an enum, and payloads of them. */
export type Draft = {
  syntax: 'proto2' | 'proto3'
  A: FieldDraft[]
  B: FieldDraft[]
  values: { name: string; number: number }[]
}

const field: fc.Arbitrary<FieldDraft> = fc.record({
  number: fc.integer({ min: 1, max: 5 }),
  name: fc.constantFrom('a', 'b', 'c_d', 'e_f'),
  type: fc.constantFrom(...types),
  shape: fc.constantFrom(...shapes),
  json: fc.constantFrom(undefined, undefined, undefined, 'a', 'x'),
  required: fc.constantFrom(false, false, false, true),
  fallback: fc.constantFrom(false, false, true),
})
const values = fc.uniqueArray(
  fc.record({ name: fc.constantFrom('V', 'W', 'X'), number: fc.integer({ min: 1, max: 3 }) }),
  { selector: ({ name }) => name, maxLength: 3 },
)
const fields = fc.array(field, { maxLength: 4 })
const syntax = fc.constantFrom<Draft['syntax'][]>('proto3', 'proto3', 'proto2')
const draft: fc.Arbitrary<Draft> = fc.record({ syntax, A: fields, B: fields, values })
type Edit = { message: 'A' | 'B'; at: number; part: keyof FieldDraft | 'gone' | 'new'; from: FieldDraft }
const edit: fc.Arbitrary<Edit> = fc.record({
  message: fc.constantFrom('A', 'B'),
  at: fc.nat(3),
  part: fc.constantFrom('type', 'type', 'name', 'shape', 'json', 'number', 'required', 'fallback', 'gone', 'new'),
  from: field,
})
/** Two versions of one schema: the second is the first with a few edits. */
export const versions = fc
  .record({
    first: draft,
    edits: fc.array(edit, { maxLength: 3 }),
    values: fc.option(values),
    other: fc.option(syntax),
  })
  .map(({ first, edits, values: others, other }) => {
    const second: Draft = {
      syntax: other ?? first.syntax,
      A: [...first.A],
      B: [...first.B],
      values: others ?? first.values,
    }
    for (const { message, at, part, from } of edits) {
      const old = second[message][at]
      if (part === 'new') second[message].push(from)
      else if (part === 'gone') second[message].splice(at, 1)
      else if (old !== undefined) second[message][at] = { ...old, [part]: from[part] }
    }
    return [settled(first), settled(second)] as const
  })

/** Leaves out what a compiler would refuse. */
function settled({ syntax: written, A, B, values: named }: Draft): Draft {
  const distinct = (list: FieldDraft[]): FieldDraft[] => {
    const taken = new Set<string>()
    const jsonOf = ({ json, name }: FieldDraft): string =>
      json ?? name.replace(/_(.)/, (_, one: string) => one.toUpperCase())
    return list.filter((each) => {
      // What is a name of one field and the JSON name of another is read as either, by one library or the other.
      const keys = [`#${each.number}`, ...new Set([each.name, jsonOf(each)])]
      if (keys.some((key) => taken.has(key))) return false
      keys.forEach((key) => taken.add(key))
      return true
    })
  }
  return { syntax: written, A: distinct(A), B: distinct(B), values: named }
}

const isChoice = ({ shape }: FieldDraft): boolean => shape === 'o' || shape === 'p'
const isRequired = ({ syntax: written }: Draft, { required, shape, type }: FieldDraft): boolean =>
  written === 'proto2' && required && (shape === 'plain' || shape === 'optional') && type !== 'A' && type !== 'B'

/** What a field of proto2 is where it is not given, if that was written. */
function fallbackOf({ syntax: written }: Draft, { fallback, shape, type }: FieldDraft): string | undefined {
  if (written !== 'proto2' || !fallback || (shape !== 'plain' && shape !== 'optional')) return undefined
  if (type === 'string') return 'text'
  if (type === 'bool') return 'true'
  return integers.some((each) => each === type) ? '1' : undefined
}

export function textOf(schema: Draft): string {
  const { syntax: written, A, B, values: named } = schema
  const line = (each: FieldDraft): string => {
    const { number, name, type, shape, json } = each
    const fallback = fallbackOf(schema, each)
    const options = [
      ...(json === undefined ? [] : [`json_name = "${json}"`]),
      ...(fallback === undefined ? [] : [`default = ${type === 'string' ? `"${fallback}"` : fallback}`]),
    ]
    const end = ` ${name} = ${number}${options.length === 0 ? '' : ` [${options.join(', ')}]`};`
    if (shape === 'map') return `map<string, ${type}>${end}`
    const isLabelled = shape === 'optional' || (written === 'proto2' && shape === 'plain')
    const label = isRequired(schema, each) ? 'required ' : isLabelled ? 'optional ' : ''
    return `${shape === 'repeated' ? 'repeated ' : label}${type}${end}`
  }
  const body = (list: FieldDraft[]): string => {
    const choices = ['o', 'p'].map((oneof) => {
      const members = list.filter(({ shape }) => shape === oneof)
      return members.length === 0 ? '' : `oneof ${oneof} { ${members.map(line).join(' ')} }`
    })
    return [...list.filter((each) => !isChoice(each)).map(line), ...choices].join(' ')
  }
  const constants = named.map(({ name, number }) => `${name} = ${number};`).join(' ')
  const alias = new Set(named.map(({ number }) => number)).size < named.length ? 'option allow_alias = true; ' : ''
  return `syntax = "${written}"; package p; message A { ${body(A)} } message B { ${body(B)} } enum E { ${alias}Z = 0; ${constants} }`
}

export type Random = (below: number) => number
export function randomOf(start: number): Random {
  let state = start
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    return ((state ^ (state >>> 13)) >>> 0) % below
  }
}
const pick = <T>(random: Random, list: readonly T[]): T | undefined => list[random(list.length)]

const samples: Readonly<Record<string, readonly unknown[]>> = {
  int32: [0, 1, -1, 2_147_483_647, -2_147_483_648],
  sint32: [0, 1, -1, 2_147_483_647, -2_147_483_648],
  uint32: [0, 1, 4_294_967_295],
  fixed32: [0, 1, 4_294_967_295],
  int64: ['0', '-1', '9223372036854775807'],
  sint64: ['0', '-1', '-9223372036854775808'],
  uint64: ['0', '1', '18446744073709551615'],
  sfixed64: ['0', '-1', '9223372036854775807'],
  bool: [false, true],
  string: ['', 'text', 'ä€'],
  bytes: [Buffer.alloc(0), Buffer.from([0xff, 0x00])],
  textBytes: [Buffer.alloc(0), Buffer.from('text')],
  float: [0, 1.5],
  double: [0, 1.1, -1e300],
}

export function payloadOf(
  schema: Draft,
  list: FieldDraft[],
  random: Random,
  texts: boolean,
  depth = 0,
): Record<string, unknown> {
  const one = ({ type }: FieldDraft): unknown => {
    if (type === 'A' || type === 'B') return payloadOf(schema, schema[type], random, texts, depth + 1)
    if (type === 'E')
      // An enum of proto3 is open.
      return pick(random, [0, schema.syntax === 'proto3' ? 7 : 0, ...schema.values.map(({ number }) => number)])
    // Confluent takes bytes for text; only those that are text survive that.
    return pick(random, samples[texts && type === 'bytes' ? 'textBytes' : type] ?? [])
  }
  const chosen = new Set<string>()
  const made: Record<string, unknown> = {}
  for (const each of list) {
    const mayMiss = random(4) === 0 || depth > 2 || (isChoice(each) && chosen.has(each.shape))
    if (mayMiss && !isRequired(schema, each)) continue
    chosen.add(each.shape)
    if (each.shape === 'repeated') made[each.name] = [one(each), one(each)]
    else made[each.name] = each.shape === 'map' ? { k: one(each), '': one(each) } : one(each)
  }
  return made
}

/** What is not given is its default or the zero of its type, save where the absence itself is told. */
export function valueOf(schema: Draft, message: Record<string, unknown>, field: FieldDraft): unknown {
  const { name, type, shape } = field
  const value = message[name]
  if (value !== undefined) return value
  if (shape === 'repeated') return []
  if (shape === 'map') return {}
  if (isChoice(field) || type === 'A' || type === 'B') return undefined
  return fallbackOf(schema, field) ?? (type === 'string' || type === 'bytes' ? '' : type === 'bool' ? false : 0)
}

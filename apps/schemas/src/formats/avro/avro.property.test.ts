import avro from 'avsc'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { avroFormat } from './avro.ts'
import type { Schema } from '../format.ts'
import { isMap, type Json, type JsonMap } from '../json-text.ts'

const parse = (schema: Json): Schema => avroFormat.parse({ text: JSON.stringify(schema), references: [] })
const scalars = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const
const defaults: Readonly<Record<string, Json>> = {
  null: null,
  boolean: true,
  int: 1,
  long: 1,
  float: 1,
  double: 1,
  bytes: '',
  string: 'd',
}

const drafts = fc.letrec<{ node: Json }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>(...scalars),
    fc.record({
      type: fc.constant('record'),
      name: fc.constantFrom('A', 'B', 'C'),
      namespace: fc.constantFrom('x', 'y'),
      aliases: fc.constantFrom<Json[]>([], ['A'], ['x.B']),
      fields: fc.uniqueArray(
        fc.record({
          name: fc.constantFrom('a', 'b', 'c', 'd'),
          type: tie('node'),
          fallback: fc.boolean(),
          aliases: fc.constantFrom<Json[]>([], [], ['a'], ['d']),
        }),
        { selector: ({ name }) => name, maxLength: 4 },
      ),
    }) as fc.Arbitrary<Json>,
    fc.record({
      type: fc.constant('enum'),
      name: fc.constantFrom('E', 'G'),
      namespace: fc.constant('x'),
      symbols: fc.constantFrom<Json>(['X'], ['X', 'Y'], ['Y', 'Z'], ['X', 'Y', 'Z']),
      fallback: fc.boolean(),
    }) as fc.Arbitrary<Json>,
    fc.record({
      type: fc.constant('fixed'),
      name: fc.constantFrom('F', 'H'),
      namespace: fc.constant('x'),
      size: fc.constantFrom(1, 2),
    }) as fc.Arbitrary<Json>,
    fc.record({ type: fc.constant('array'), items: tie('node') }) as fc.Arbitrary<Json>,
    fc.record({ type: fc.constant('map'), values: tie('node') }) as fc.Arbitrary<Json>,
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }) as fc.Arbitrary<Json>,
  ),
})).node

/** Makes a draft a schema: a name that is there already becomes a mention, and a record that holds itself may be null. */
function settle(draft: Json, defined: Map<string, 'open' | 'whole'> = new Map()): Json {
  if (Array.isArray(draft)) {
    const seen = new Set<string>()
    return draft.flatMap((branch) => {
      const before = new Map(defined)
      const settled = settle(branch, defined)
      const fresh = (Array.isArray(settled) ? settled : [settled]).filter((one) => {
        const key = branchKey(one)
        return seen.has(key) ? false : seen.add(key)
      })
      // What a branch defined goes with it.
      if (fresh.length === 0) {
        defined.clear()
        for (const [name, state] of before) defined.set(name, state)
      }
      return fresh
    })
  }
  if (!isMap(draft)) return draft
  if (typeof draft['name'] !== 'string') {
    const part = draft['items'] === undefined ? 'values' : 'items'
    return { type: draft['type'] ?? '', [part]: settle(draft[part] ?? '', defined) }
  }
  const name = fullName(draft)
  const state = defined.get(name)
  if (state) return state === 'open' ? ['null', name] : name
  defined.set(name, 'open')
  const { fallback, ...rest } = draft
  const settled: JsonMap = {
    ...rest,
    ...(draft['symbols'] !== undefined && fallback === true && { default: (draft['symbols'] as Json[])[0] ?? '' }),
  }
  if (Array.isArray(draft['fields'])) {
    settled['fields'] = draft['fields'].filter(isMap).map((field) => {
      const { fallback: has, ...plain } = field
      const type = settle(field['type'] ?? '', defined)
      const first = Array.isArray(type) ? type[0] : type
      const value = typeof first === 'string' ? defaults[first] : undefined
      return { ...plain, type, ...(has === true && value !== undefined && { default: value }) }
    })
  }
  defined.set(name, 'whole')
  return settled
}
function branchKey(branch: Json): string {
  if (!isMap(branch)) return text(branch)
  return branch['name'] === undefined ? text(branch['type']) : fullName(branch)
}
const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const fullName = (named: JsonMap): string => `${text(named['namespace'])}.${text(named['name'])}`

/** A schema like another but for a few changes, as versions of one subject are. */
function changed(draft: Json, dice: () => number): Json {
  if (Array.isArray(draft)) {
    const branches = draft.map((branch) => changed(branch, dice))
    return dice() === 0 ? [...branches, 'string'] : dice() === 1 && branches.length > 1 ? branches.slice(1) : branches
  }
  if (typeof draft === 'string')
    return dice() === 2 ? (draft === 'int' ? 'long' : draft === 'string' ? 'bytes' : ['null', draft]) : draft
  if (!isMap(draft)) return draft
  const copy: JsonMap = { ...draft }
  for (const part of ['items', 'values']) if (copy[part] !== undefined) copy[part] = changed(copy[part], dice)
  if (Array.isArray(copy['fields'])) {
    const fields = copy['fields'].filter(isMap).map((field) => ({ ...field, type: changed(field['type'] ?? '', dice) }))
    const fresh = { name: 'e', type: 'int', fallback: dice() !== 3, aliases: [] }
    copy['fields'] = dice() === 4 ? [...fields, fresh] : dice() === 5 ? fields.slice(1) : fields
  }
  if (Array.isArray(copy['symbols']) && dice() === 6) copy['symbols'] = copy['symbols'].slice(0, 1)
  return copy
}

const pairs = fc
  .tuple(drafts, drafts, fc.boolean(), fc.array(fc.nat(12), { minLength: 40, maxLength: 40 }))
  .map(([a, b, independent, numbers]): [Json, Json] => {
    const dice = (): number => numbers.pop() ?? 99
    return [
      { type: 'array', items: settle(independent ? b : changed(a, dice)) },
      { type: 'array', items: settle(a) },
    ]
  })
const typeOf = (schema: Json): avro.Type => avro.Type.forSchema(schema as avro.Schema)
/** Undefined where chance makes a value without end, as of a map of maps of itself. */
function randomOf(type: avro.Type): unknown {
  try {
    return type.random()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
const runs = process.env['PLINTH_LONG'] ? 50_000 : 150
test(
  'a compatible verdict has no counter-example, and an incompatible one is shown or refused by avsc too',
  { timeout: 120_000 },
  () => {
    let compatible = 0
    let shown = 0
    let refused = 0
    fc.assert(
      fc.property(pairs, ([read, written]) => {
        const reader = parse(read)
        const writer = parse(written)
        const writerType = typeOf(written)
        const readerType = typeOf(read)
        const found = avroFormat.unreadable(reader, writer, 'STRICT')
        let resolver: ReturnType<avro.Type['createResolver']> | undefined
        try {
          resolver = readerType.createResolver(writerType, { ignoreNamespaces: true })
        } catch {
          resolver = undefined
        }
        if (found.length > 0) {
          refused++
          for (const one of found) if (one.example) expect(writer.problems(JSON.parse(one.example.payload))).toEqual([])
          if (found.some((one) => one.example)) shown++
          else expect(resolver, JSON.stringify({ read, written, found })).toBeUndefined()
          return
        }
        compatible++
        expect(resolver, JSON.stringify({ read, written })).toBeDefined()
        for (let round = 0; round < 3; round++) {
          const value = randomOf(writerType)
          if (value === undefined) continue
          expect(writer.problems(JSON.parse(writerType.toString(value)))).toEqual([])
          expect(
            () => void readerType.fromBuffer(writerType.toBuffer(value), resolver),
            JSON.stringify({ read, written }),
          ).not.toThrow()
        }
      }),
      { numRuns: runs, seed: 20_261_123 },
    )
    expect(compatible).toBeGreaterThan(runs / 10)
    expect(shown).toBeGreaterThan(refused * 0.9)
  },
)

test('the canonical text means the same as what was registered, and is its own canonical text', () => {
  fc.assert(
    fc.property(drafts, (draft) => {
      const schema = parse({ type: 'array', items: settle(draft) })
      const again = avroFormat.parse({ text: schema.canonical, references: [] })
      expect(again.canonical).toBe(schema.canonical)
      expect(again.normalized()).toBe(schema.normalized())
      expect(avroFormat.unreadable(again, schema, 'EXACT')).toEqual(avroFormat.unreadable(schema, schema, 'EXACT'))
    }),
    { numRuns: process.env['PLINTH_LONG'] ? 20_000 : 150, seed: 7 },
  )
})

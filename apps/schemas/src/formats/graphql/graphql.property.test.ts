import fc from 'fast-check'
import { expect, test } from 'vitest'
import { graphqlFormat } from './graphql.ts'
import type { Schema } from '../format.ts'

const parse = (text: string): Schema => graphqlFormat.parse({ text, references: [] })

/** What a small schema may be made of; each number chooses one of the variants at its place. */
type Choice = (place: number, variants: readonly string[]) => string
const schemaOf = (numbers: readonly number[]): string => {
  const choose: Choice = (place, variants) => variants[(numbers[place] ?? 0) % variants.length] ?? ''
  return `
    schema { query: Query ${choose(0, ['mutation: Change', '', 'mutation: Other'])} }
    directive @mark(${choose(1, ['a: Int = 1', 'a: Int! = 1', 'a: Int!'])}) ${choose(2, ['', 'repeatable'])} on FIELD ${choose(3, ['', '| QUERY'])}
    interface Node { id: ID! ${choose(4, ['', 'name: String'])} }
    type Query {
      node${choose(5, ['', '(id: ID)', '(id: ID!)', '(id: ID! = 1)'])}: ${choose(6, ['Node', 'Node!', 'A', '[Node]'])}
      ${choose(7, ['any: Any', 'any: [Any!]', ''])}
      find(${choose(8, ['by: Input', 'by: Input!', 'by: [Input]', 'by: Kind'])}): Int
    }
    type Change { set(input: Input${choose(9, ['', '!'])}): Boolean  kind(kind: Kind${choose(10, ['', '! = X', '!'])}): ${choose(11, ['Kind', 'Kind!', 'Int'])} }
    type Other { set: Boolean }
    type A ${choose(12, ['implements Node', ''])} { id: ID! name: String ${choose(13, ['', 'b: B'])} }
    type B implements Node { id: ID! name: ${choose(14, ['String', 'String!'])} }
    union Any = A ${choose(15, ['', '| B'])}
    input Input ${choose(16, ['', '', '', '@oneOf'])} { ${choose(17, ['n: Int', 'm: String'])} ${(numbers[16] ?? 0) % 4 === 3 ? '' : choose(18, ['', 'x: Int!', 'x: Int! = 1', 'x: Int = 1'])} ${choose(19, ['', 'in: Input', 'in: [Input!]'])} }
    enum Kind { X ${choose(20, ['', 'Y'])} }
  `
}
const numbersOf = fc.array(fc.nat(11), { minLength: 21, maxLength: 21 })
/** The second is the first with a few other choices, as versions of one schema are. */
const pairs = fc
  .tuple(numbersOf, fc.array(fc.tuple(fc.nat(20), fc.nat(11)), { minLength: 1, maxLength: 3 }))
  .map(
    ([before, changes]) =>
      [before, before.map((number, at) => changes.find(([place]) => place === at)?.[1] ?? number)] as const,
  )

const inputs = [
  '{n: 1, x: 1}',
  '{x: 1, in: {x: 1}}',
  '{in: {n: 1}}',
  '{}',
  '{n: null}',
  '{m: "a"}',
  '{n: 1}',
  '[{x: 1}]',
  'X',
  'Y',
  '{x: null}',
]
const requests: readonly object[] = [
  ...inputs
    .flatMap((input) => [`{ find(by: ${input}) }`, `mutation { set(input: ${input}) }`])
    .map((query) => ({ query })),
  ...['{ find }', '{ node { id } }', '{ node(id: 1) { id } }', '{ node(id: null) { id } }', '{ node { name } }'].map(
    (query) => ({ query }),
  ),
  ...[
    '{ node { ... on A { b { id } } } }',
    '{ node { ... on B { name } } }',
    '{ node(id: 2) { ... on A { name } } }',
    '{ node { ... on Node { id } } }',
  ].map((query) => ({ query })),
  ...[
    '{ any { ... on B { id } } }',
    '{ any { ... on Node { id } } }',
    '{ any { __typename } }',
    'mutation { set }',
    'mutation { kind }',
  ].map((query) => ({ query })),
  ...[
    '{ __typename @mark }',
    '{ __typename @mark(a: 1) }',
    '{ __typename @mark(a: null) }',
    'query @mark { __typename }',
    '{ __typename @mark(a: 1) @mark(a: 2) }',
  ].map((query) => ({ query })),
  ...['mutation { kind(kind: Y) }', 'mutation { kind(kind: X) }'].map((query) => ({ query })),
  { query: 'query Q($v: ID) { node(id: $v) { id } }' },
  { query: 'query Q($v: ID!) { node(id: $v) { id } }', variables: { v: '1' } },
  { query: 'query Q($v: Input) { find(by: $v) }' },
  { query: 'query Q($v: Input!) { find(by: $v) }', variables: { v: { n: 1, x: 1 } } },
  { query: 'query Q($v: Input!) { find(by: $v) }', variables: { v: { in: { x: 3 } } } },
  { query: 'query Q($v: Int) { find(by: {x: $v}) }' },
  { query: 'query Q($v: Int!) { find(by: {n: $v}) }', variables: { v: 1 } },
  { query: 'mutation M($v: Kind) { kind(kind: $v) }' },
]

test('a compatible verdict has no request that was good and is refused; an example is always one', () => {
  let compatible = 0
  let shown = 0
  let told = 0
  fc.assert(
    fc.property(pairs, ([before, after]) => {
      const writer = parse(schemaOf(before))
      const reader = parse(schemaOf(after))
      const found = graphqlFormat.unreadable(reader, writer, 'STRICT')
      for (const { example } of found) {
        told++
        if (!example) continue
        shown++
        const payload: unknown = JSON.parse(example.payload)
        expect(writer.problems(payload)).toEqual([])
        expect(reader.problems(payload)).not.toEqual([])
      }
      if (found.length > 0) return
      compatible++
      for (const request of requests)
        if (writer.problems(request)?.length === 0)
          expect(
            reader.problems(request),
            JSON.stringify({ before: writer.canonical, after: reader.canonical, request }),
          ).toEqual([])
    }),
    { numRuns: process.env['PLINTH_LONG'] ? 20_000 : 60, seed: 20_261_124 },
  )
  expect(compatible).toBeGreaterThan(10)
  expect(shown).toBeGreaterThan(told / 2)
})

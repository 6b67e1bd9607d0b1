import { describe, expect, test } from 'vitest'
import { graphqlFormat } from './graphql.ts'
import type { Incompatibility, Policy, Schema } from '../format.ts'

const parse = (text: string, ...references: string[]): Schema =>
  graphqlFormat.parse({ text, references: references.map((one, index) => ({ name: `r${index}`, text: one })) })
const reasons = (reader: string, writer: string, policy: Policy = 'STRICT'): readonly Incompatibility[] =>
  graphqlFormat.unreadable(parse(reader), parse(writer), policy)
const problemsOf = (schema: Schema, query: string, variables?: object): readonly string[] =>
  schema.problems({ query, ...(variables && { variables }) })?.map(({ path, message }) => `${path} ${message}`) ?? []

const base = `
  "The shop"
  schema { query: Query mutation: Mutation }
  directive @slow(times: Int = 1) repeatable on FIELD | QUERY
  directive @owner(name: String!) on OBJECT
  interface Node { id: ID! }
  type Query { user(id: ID!, deep: Boolean = false): User  search(by: Filter, kind: Kind): [Found!]  node: Node }
  type Mutation { add(entry: Entry!): Boolean }
  type User implements Node { id: ID!  email: String!  "how many" age: Int }
  type Shop implements Node { id: ID!  name: String }
  union Found = User | Shop
  input Filter { name: String  inner: Inner  size: Int! = 10 }
  input Inner { deep: [Int!] }
  input Entry { text: String! }
  enum Kind { PERSON  PLACE }
  scalar Time @specifiedBy(url: "https://a.example/time")
  type More { at: Time }
`
const changed = (...changes: [string, string][]): string =>
  changes.reduce((text, [from, to]) => {
    expect(text).toContain(from)
    return text.replace(from, to)
  }, base)

describe('a server that is read by the clients of another version of its schema', () => {
  test.each<[string, [string, string]]>([
    ['with a new field', ['email: String!', 'email: String! phone: String']],
    ['with a new optional argument', ['deep: Boolean = false', 'deep: Boolean = false new: Int']],
    ['with a new optional input field', ['name: String  inner', 'name: String fresh: Int inner']],
    ['with an argument that need not be given any more', ['user(id: ID!', 'user(id: ID']],
    ['with an answer that is never null any more', ['age: Int', 'age: Int!']],
    ['with a new type', ['scalar Time', 'type Fresh { a: Int } scalar Time']],
    ['with another description', ['"how many"', '"how old"']],
    ['with a new value of an enum', ['PERSON  PLACE', 'PERSON PLACE THING']],
    ['with a new member of a union', ['User | Shop', 'User | Shop | More']],
  ])('serves them %s', (_name, change) => expect(reasons(changed(change), base)).toEqual([]))

  test.each<[string, string, string, [string, string], RegExp | undefined]>([
    ['FIELD_REMOVED', 'User', 'User.email', ['email: String!', ''], /user\(id: "1"\) \{ email \}/],
    ['FIELD_REMOVED', 'Filter', 'Filter.name', ['name: String  inner', 'inner'], /search\(by: \{name/],
    ['FIELD_REMOVED', 'Inner', 'Inner.deep', ['deep: [Int!]', 'shallow: Int'], /inner: \{deep/],
    ['FIELD_CHANGED_KIND', 'User.age', '', ['age: Int', 'age: String'], undefined],
    ['FIELD_CHANGED_KIND', 'User.email', '', ['email: String!', 'email: Found!'], /\{ email \}/],
    ['FIELD_CHANGED_KIND', 'Entry.text', '', ['text: String!', 'text: Int!'], /\$given: String!/],
    ['REQUIRED_ARG_ADDED', 'Query.user(deeper:)', 'Query.user', ['deep: B', 'deeper: Int! deep: B'], /user\(id: "1"\)/],
    ['ARG_REMOVED', 'Query.user', 'Query.user(deep:)', [', deep: Boolean = false', ''], /deep: /],
    ['ARG_CHANGED_KIND', 'Query.user(deep:)', '', ['deep: Boolean = false', 'deep: Int'], /\$given: Boolean/],
    ['REQUIRED_INPUT_FIELD_ADDED', 'Entry.more', 'Entry', ['text: String!', 'text: String! more: Int!'], /add\(entry/],
    ['DEFAULT_VALUE_REMOVED', 'Filter.size', '', ['size: Int! = 10', 'size: Int!'], /search\(by: /],
    [
      'INPUT_BECAME_ONE_OF',
      'Inner',
      '',
      ['input Inner { deep: [Int!] }', 'input Inner @oneOf { deep: [Int!] a: Int }'],
      /inner: \{\}/,
    ],
    ['VALUE_REMOVED_FROM_ENUM', 'Kind', 'Kind.PLACE', ['PERSON  PLACE', 'PERSON'], /kind: PLACE/],
    ['TYPE_REMOVED_FROM_UNION', 'Found', '', ['User | Shop', 'User'], /\.\.\. on Shop/],
    ['IMPLEMENTED_INTERFACE_REMOVED', 'Shop', '', ['type Shop implements Node', 'type Shop'], /\.\.\. on Shop/],
    ['TYPE_REMOVED', '', 'More', ['type More { at: Time }', 'type Less { at: Time }'], undefined],
    ['TYPE_CHANGED_KIND', 'Kind', '', ['enum Kind { PERSON  PLACE }', 'scalar Kind'], undefined],
    ['OPERATION_REMOVED', 'mutation', '', [' mutation: Mutation', ''], /mutation \{ add/],
    ['OPERATION_CHANGED_TYPE', 'mutation', '', ['mutation: Mutation', 'mutation: More'], /mutation \{ add/],
    ['DIRECTIVE_REMOVED', '', '@slow', ['directive @slow(times: Int = 1) repeatable on FIELD | QUERY', ''], /@slow/],
    ['DIRECTIVE_ARG_REMOVED', '@slow', '@slow(times:)', ['@slow(times: Int = 1)', '@slow'], /@slow\(times/],
    ['REQUIRED_DIRECTIVE_ARG_ADDED', '@slow(much:)', '@slow', ['times: Int = 1', 'times: Int = 1 much: Int!'], /@slow/],
    ['DIRECTIVE_REPEATABLE_REMOVED', '@slow', '', ['repeatable ', ''], /@slow @slow/],
    ['DIRECTIVE_LOCATION_REMOVED', '@slow', '', ['FIELD | QUERY', 'FIELD'], /query @slow/],
  ])('does not: %s at %s', (rule, path, writerPath, change, request) => {
    const now = changed(change)
    const found = reasons(now, base).find((one) => one.rule === rule && one.path === path)
    expect(found, JSON.stringify(reasons(now, base))).toBeDefined()
    expect(found?.writerPath ?? '').toBe(writerPath)
    expect(found?.message).toMatch(/\w+/)
    expect(found?.edit).toMatch(/[Kk]eep|default|Leave/)
    if (!request) return expect(found?.example).toBeUndefined()
    const payload: unknown = JSON.parse(found?.example?.payload ?? 'null')
    expect((payload as { query: string }).query).toMatch(request)
    expect(parse(base).problems(payload)).toEqual([])
    expect(parse(now).problems(payload)).not.toEqual([])
  })

  test('all reasons are told', () =>
    expect(
      reasons(changed(['email: String!', ''], [', deep: Boolean = false', ''], ['PERSON  PLACE', 'PERSON']), base)
        .map(({ rule }) => rule)
        .toSorted(),
    ).toEqual(['ARG_REMOVED', 'FIELD_REMOVED', 'VALUE_REMOVED_FROM_ENUM']))

  test('directives for schemas alone count for STRICT, and not for LENIENT', () => {
    const now = changed(['directive @owner(name: String!) on OBJECT', ''])
    expect(reasons(now, base).map(({ rule }) => rule)).toEqual(['DIRECTIVE_REMOVED'])
    expect(reasons(now, base, 'LENIENT')).toEqual([])
  })

  test.each<[string, string, [string, string]]>([
    ['VALUE_ADDED_TO_ENUM', 'Kind.THING', ['PERSON  PLACE', 'PERSON PLACE THING']],
    ['TYPE_ADDED_TO_UNION', 'Found', ['User | Shop', 'User | Shop | More']],
    [
      'IMPLEMENTED_INTERFACE_ADDED',
      'More',
      ['type More { at: Time }', 'type More implements Node { id: ID! at: Time }'],
    ],
    ['ARG_DEFAULT_VALUE_CHANGE', 'Query.user(deep:)', ['deep: Boolean = false', 'deep: Boolean = true']],
    ['INPUT_FIELD_DEFAULT_VALUE_CHANGE', 'Filter.size', ['size: Int! = 10', 'size: Int! = 20']],
    ['SCALAR_SPECIFICATION_CHANGED', 'Time', ['a.example', 'b.example']],
  ])('EXACT tells besides %s at %s', (rule, path, change) => {
    expect(reasons(changed(change), base)).toEqual([])
    expect(reasons(changed(change), base, 'EXACT').map((one) => [one.rule, one.path])).toEqual([[rule, path]])
  })

  test('a scalar that is not used any more is no reason of its own', () =>
    expect(reasons('type Query { a: Int }', 'type Query { a: Int b: Float }').map(({ rule }) => rule)).toEqual([
      'FIELD_REMOVED',
    ]))
})

describe('a text', () => {
  test('is stored as it is printed, and normalized without its order', () => {
    const a = parse('# note\ntype  Query{b(y:Int,x:Int):Int a:K @deprecated}\nenum K{B A}')
    const b = parse('enum K { A B }\n\ntype Query { a: K @deprecated\n b(x: Int, y: Int): Int }')
    expect(a.canonical).toBe('type Query {\n  b(y: Int, x: Int): Int\n  a: K @deprecated\n}\n\nenum K {\n  B\n  A\n}')
    expect(parse(a.canonical).canonical).toBe(a.canonical)
    expect(a.canonical).not.toBe(b.canonical)
    expect(a.normalized()).toBe(b.normalized())
  })

  test('has fields with types, docs, defaults and tags', () => {
    const schema = parse(`directive @tag(name: String!) repeatable on FIELD_DEFINITION
      type Query { "Who" user(id: ID!, deep: [Int!]! = [1]): User } type User { email: String! @tag(name: "PII") } enum K { "one" A }`)
    expect(schema.fields()).toEqual([
      { path: 'Query.user', type: 'User', required: false, doc: 'Who' },
      { path: 'Query.user.id', type: 'ID!', required: true },
      { path: 'Query.user.deep', type: '[Int!]!', required: false, default: '[1]' },
      { path: 'User.email', type: 'String!', required: true, tags: ['PII'] },
    ])
    expect(parse(base).doc).toBe('The shop')
  })

  test('uses and extends types of what it refers to', () => {
    const money = 'type Money { unit: String }'
    const own = 'type Query { price: Money }\n\nextend type Money {\n  cents: Int\n}'
    const schema = parse(own, money, money)
    expect(schema.canonical).toBe('type Query {\n  price: Money\n}\n\nextend type Money {\n  cents: Int\n}')
    expect(problemsOf(schema, '{ price { unit cents } }')).toEqual([])
    expect(() => parse(own)).toThrow(/\d+:\d+: no type is called 'Money'/)
    expect(parse(money).problems({ query: '{ a }' })?.[0]?.message).toMatch(/no type Query/)
  })
})

describe('a request', () => {
  const schema = parse(base)
  test.each<[string, object | undefined, RegExp | undefined]>([
    ['{ user(id: 1) { email } }', undefined, undefined],
    ['query A($id: ID!) { user(id: $id) { email } }', { id: '1' }, undefined],
    ['query A($id: ID!) { user(id: $id) { email } }', {}, /^\/variables\/id /],
    ['query A($e: Entry!) { a: __typename }', { e: { text: 1 } }, /./],
    ['{ user(id: 1) { mail } }', undefined, /^\/query 1:17: /],
    ['{ user { email } }', undefined, /id/],
    ['{', undefined, /Syntax Error/],
    [`{ ${'a '.repeat(3000)} }`, undefined, /token/],
  ])('%# is checked', (query, variables, problem) => {
    const found = problemsOf(schema, query, variables)
    if (problem) expect(found.join('\n')).toMatch(problem)
    else expect(found).toEqual([])
  })
  test('with fragments that hold each other is refused', () => {
    const wild =
      'fragment A on Query { node { ...B } } fragment B on Node { ... on User { id } ...C } fragment C on Node { ...B } { ...A }'
    expect(problemsOf(schema, wild).join()).toMatch(/spread/)
    const names = Array.from(
      { length: 60 },
      (_, at) => `fragment F${at} on Query { again { ...F${(at + 1) % 60} } more { ...F${(at + 7) % 60} } }`,
    )
    expect(problemsOf(parse('type Query { again: Query more: Query }'), `${names.join(' ')} { ...F0 }`).join()).toMatch(
      /spread/,
    )
  })
  test('that is none is told so', () => {
    for (const payload of [null, 1, [], {}, { query: 1 }, { query: '{ node { id } }', variables: [] }])
      expect(schema.problems(payload)).toHaveLength(1)
    const two = 'query A { node { id } } query B { node { id } }'
    expect(schema.problems({ query: two })?.[0]?.path).toBe('/operationName')
    expect(schema.problems({ query: two, operationName: 'B' })).toEqual([])
  })
})

describe('what is no schema is refused with its place', () => {
  test.each<[string, string, RegExp]>([
    ['no syntax', 'type Query {', /1:13/],
    ['a query', '{ a }', /1:1: a schema has definitions/],
    ['an unknown type', 'type Query { a: Nothing }', /1:17: no type is called 'Nothing'/],
    ['an extension of nothing', 'extend type X { a: Int } type Query { a: Int }', /1:1: no type is called 'X'/],
    ['an unknown directive', 'type Query { a: Int @x }', /1:21: .*@x/],
    ['a type twice', 'type Query { a: Int } type Query { b: Int }', /Query/],
    ['a field twice', 'type Query { a: Int a: Int }', /a/],
    ['an input as an answer', 'input I { a: Int } type Query { a: I }', /1:\d+: .*output/i],
    ['a wrong implementation', 'interface N { id: ID } type Query implements N { a: Int }', /N/],
    ['a reserved name', 'type Query { __proto__: Int }', /__proto__/],
    ['a reserved type', 'type __proto__ { a: Int } type Query { a: Int }', /__proto__/],
    ['an empty text', '', /./],
    ['deep lists', `type Query { a: ${'['.repeat(60)}Int${']'.repeat(60)} }`, /more than 50 deep/],
    ['very deep lists', `type Query { a: ${'['.repeat(100_000)}`, /more than 50 deep/],
    ['a deep default', `type Query { a(x: Int = ${'{a:'.repeat(100_000)}`, /more than 50 deep/],
    ['many tokens', `type Query { ${'a '.repeat(250_000)} }`, /tokens/],
    ['a large text', `#${'x'.repeat(1_100_000)}`, /characters/],
    ['an input that needs itself', 'input I { i: I! } type Query { a(i: I): Int }', /I/],
  ])('%s', (_name, text, message) => {
    expect(() => parse(text)).toThrow(/not valid/)
    expect(() => parse(text)).toThrow(message)
  })

  const range = (text: (index: number) => string): string => Array.from({ length: 5000 }, (_, at) => text(at)).join(' ')
  test.each<[string, string]>([
    ['types', range((at) => `type Aaaaaaa${at} { b: Aaaaaaa${at}x }`)],
    [
      'values',
      `enum E { ${range((at) => `Aaaaa${at}`)} } type Query { ${range((at) => `f${at}(a: E = Abaaa${at}): Int`)} }`,
    ],
    [
      'fields',
      `input I { ${range((at) => `A${at}: Int`)} } type Query { ${range((at) => `f${at}(a: I = {B${at}: 1}): Int`)} }`,
    ],
    [
      'missing fields',
      `input I { ${range((at) => `A${at}: Int!`)} } type Query { ${range((at) => `f${at}(a: I = {}): Int`)} }`,
    ],
    [
      'empty defaults',
      `input I { ${range((at) => `A${at}: Int`)} } type Query { ${range((at) => `f${at}(a: I = {}): Int`)} }`,
    ],
    [
      'arguments',
      `directive @d(${range((at) => `A${at}: Int`)}) on FIELD_DEFINITION type Query { ${range((at) => `f${at}: Int @d(B${at}: 1)`)} }`,
    ],
  ])('in time, however many %s are wrong', (_name, many) => {
    const began = process.threadCpuUsage().user / 1_000
    expect(() => parse(many)).toThrow(/not valid/)
    expect(process.threadCpuUsage().user / 1_000 - began).toBeLessThan(2000)
  })
})

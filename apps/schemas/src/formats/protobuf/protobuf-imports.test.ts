import { describe, expect, test } from 'vitest'
import type { NamedText, Schema } from '../format.ts'
import { protobufFormat } from './protobuf.ts'
import { builtinPaths } from './read.ts'

const parse = (text: string, references: readonly NamedText[] = []): Schema =>
  protobufFormat.parse({ text, references })

test('the 30 files that every registry of this API has can be imported, and the features of editions', () => {
  const paths = builtinPaths()
  expect(paths.filter((path) => path.startsWith('google/type/'))).toHaveLength(16)
  expect(paths.filter((path) => path.startsWith('confluent/'))).toHaveLength(3)
  expect(paths.filter((path) => path.startsWith('google/protobuf/') && !path.includes('_features'))).toHaveLength(11)
  const text = `syntax = "proto3"; ${paths.map((path) => `import "${path}";`).join(' ')}
    message M { google.type.Money price = 1; confluent.type.Decimal exact = 2; google.protobuf.Any any = 3; }`
  expect(
    parse(text).problems({ price: { currencyCode: 'EUR', units: '1' }, exact: { value: 'AQ==', scale: 2 } }),
  ).toEqual([])
})

describe('references', () => {
  const reference = (name: string, body: string): NamedText => ({ name, text: `syntax = "proto3"; ${body}` })

  test('are found by the path of the import; what a file imports publicly is seen through it', () => {
    const references = [
      reference('c.proto', 'package c; message C { int32 a = 1; }'),
      reference('b.proto', 'package b; import public "c.proto"; message B { c.C c = 1; }'),
    ]
    const schema = parse('syntax = "proto3"; import "b.proto"; message A { b.B b = 1; c.C c = 2; }', references)
    expect(schema.problems({ b: { c: { a: 1 } }, c: { a: 'x' } })).toHaveLength(1)
  })

  test.each([
    [
      'itself through another',
      'import "b.proto";',
      [reference('b.proto', 'import "c.proto";'), reference('c.proto', 'import "b.proto";')],
      /imports itself/,
    ],
    [
      'what nobody gave',
      'import "nobody.proto";',
      [],
      /nobody\.proto is imported, but is neither among the references nor built in/,
    ],
    [
      'what is only seen by what it imports',
      'import "b.proto"; message M { c.C c = 1; }',
      [reference('b.proto', 'import "c.proto";'), reference('c.proto', 'package c; message C {}')],
      /c\.C is not defined/,
    ],
    [
      'a name that is there already',
      'import "b.proto"; message M {}',
      [reference('b.proto', 'message M {}')],
      /M is defined already/,
    ],
  ])('that import %s are refused', (_, body, references, reason) => {
    expect(() => parse(`syntax = "proto3"; ${body}`, references)).toThrow(reason)
  })
})

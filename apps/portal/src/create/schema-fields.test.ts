import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { fieldsOf, parametersOf, problemWith, startValues } from './schema-fields.ts'

const schema = Type.Object({
  database: Type.Union([Type.Literal('postgres'), Type.Literal('none')], {
    default: 'postgres',
    description: 'Of its own',
  }),
  replicas: Type.Integer({ minimum: 1, maximum: 5, default: 2 }),
  traced: Type.Optional(Type.Boolean({ default: true })),
  hosts: Type.Optional(Type.Array(Type.String())),
  codeName: Type.Optional(Type.String({ pattern: '^[a-z]+$' })),
})

test('a form has the names of the schema, help, defaults, choices and limits', () => {
  const fields = fieldsOf(schema)
  expect(fields.map(({ label, kind, required, start }) => [label, kind, required, start])).toEqual([
    ['Database', 'choice', true, 'postgres'],
    ['Replicas', 'integer', true, '2'],
    ['Traced', 'boolean', false, 'true'],
    ['Hosts', 'list', false, ''],
    ['Code name', 'text', false, ''],
  ])
  expect(fields[0]).toMatchObject({ options: ['postgres', 'none'], help: 'Of its own' })
})

test('values go out with the types of the schema, and what is empty is left out', () => {
  const fields = fieldsOf(schema)
  expect(parametersOf(fields, { ...startValues(fields), hosts: 'a, b,', replicas: '3' })).toEqual({
    database: 'postgres',
    replicas: 3,
    traced: true,
    hosts: ['a', 'b'],
  })
})

test('a value out of its limits is said at its field', () => {
  const [, replicas, , , codeName] = fieldsOf(schema)
  if (!replicas || !codeName) throw new Error('the schema has five fields')
  expect(problemWith(replicas, '6')).toBe('At most 5')
  expect(problemWith(replicas, '1.5')).toBe('Must be a number')
  expect(problemWith(replicas, '')).toBe('Is needed')
  expect(problemWith(codeName, 'A1')).toContain('^[a-z]+$')
})

test('what is no object schema makes no form, and no error', () => {
  for (const odd of [undefined, null, 'x', [], {}, { properties: [] }]) expect(fieldsOf(odd)).toEqual([])
})

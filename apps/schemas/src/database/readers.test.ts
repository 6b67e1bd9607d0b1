import { testIdentity } from '@plinth/testkit'
import { expect, test } from 'vitest'
import { brokenBy, withoutStrangers, type Reader } from './readers.ts'

const catalog = (...columns: string[]): string =>
  JSON.stringify({
    relations: [
      {
        name: 'orders',
        kind: 'table',
        columns: columns.map((name) => ({ name, type: 'text', nullable: true })),
        constraints: [],
        indexes: [],
      },
    ],
    enums: [],
  })
const reader = (project: string, text: string | undefined): Reader => ({
  project,
  reader: `${project}/web`,
  builtWith: 'abc',
  catalog: text,
})

test('a step breaks those who know what it takes away, and those of whom nobody knows', () => {
  const step = { file: '0002_x.sql', before: catalog('a', 'b'), after: catalog('a') }
  const told = (text: string | undefined) => brokenBy([step], [reader('shop', text)]).map(({ path }) => path)
  expect(told(catalog('a', 'b'))).toEqual(['orders.b'])
  expect(told(catalog('a'))).toEqual([])
  expect(told(undefined)).toEqual(['orders.b'])
})

test('what was gone before a step is not its doing', () => {
  const step = { file: '0002_x.sql', before: catalog('a'), after: catalog() }
  expect(brokenBy([step], [reader('shop', catalog('a', 'b'))]).map(({ path }) => path)).toEqual(['orders.a'])
})

test('a table that comes to be bit by bit takes nothing away from who waits for all of it', () => {
  const empty = JSON.stringify({ relations: [], enums: [] })
  const steps = [
    { file: '0001_x.sql', before: empty, after: catalog('a') },
    { file: '0002_x.sql', before: catalog('a'), after: catalog('a', 'b') },
  ]
  expect(brokenBy(steps, [reader('shop', catalog('a', 'b'))])).toEqual([])
})

test('of projects that one may not see it is told only that something is in the way', async () => {
  const readers = [reader('shop', ''), reader('vault', ''), reader('bank', '')]
  const names = async (seen?: Parameters<typeof withoutStrangers>[2]) =>
    (await withoutStrangers(readers, 'shop', seen)).map((one) => one.reader)
  const stranger = 'a component of another project'
  const visible = async (): Promise<Set<string>> => new Set(['bank'])
  expect(await names({ who: testIdentity(), visible })).toEqual(['shop/web', stranger, 'bank/web'])
  expect(await names()).toEqual(['shop/web', stranger, stranger])
})

import { expect, test } from 'vitest'
import { readMigrations } from './files.ts'

const problemsOf = (...files: [name: string, text: string][]): Promise<unknown> =>
  readMigrations(files.map(([name, text]) => ({ name, text }))).then(
    () => [],
    (error: { problems: unknown }) => error.problems,
  )

test('each statement has its place, its text without comments around it, and its file a digest of Unix line ends', async () => {
  const text = "-- first\r\ncreate table t (id bigint);\r\n\r\n  /* then */ select 'ü', 1"
  const [one] = await readMigrations([{ name: '0001_a.sql', text }])
  expect(one?.statements.map((statement) => [statement.line, statement.column, statement.text])).toEqual([
    [2, 1, 'create table t (id bigint)'],
    [4, 14, `select 'ü', 1`],
  ])
  const [same] = await readMigrations([{ name: '0001_a.sql', text: text.replaceAll('\r', '') }])
  expect(one?.sha256).toBe(same?.sha256)
})

test('what is no SQL is told with line and column, in whatever script it is written', async () => {
  expect(await problemsOf(['0001_a.sql', "select 'ü';\nselekt 1"])).toEqual([
    { path: '0001_a.sql:2:1', message: 'syntax error at or near "selekt"' },
  ])
  expect(await problemsOf(['0001_a.sql', "select 'never ends"])).toMatchObject([{ path: '0001_a.sql:1:8' }])
})

test('names and numbers are refused all at once', async () => {
  expect(await problemsOf(['1.sql', ''], ['0002_a.sql', ''], ['0002_b.sql', ''], ['0003_a.SQL', ''])).toEqual([
    { path: '0002_b.sql', message: 'has the number of 0002_a.sql; give it the next free one' },
    { path: '0003_a.SQL', message: 'is not named like 0001_what_it_does.sql' },
    { path: '1.sql', message: 'is not named like 0001_what_it_does.sql' },
  ])
})

test('what would run the parser out of its stack is refused before it', async () => {
  const deep = `select ${'('.repeat(5_000)}1${')'.repeat(5_000)}`
  const long = `select 1${' + 1'.repeat(100_000)}`
  const large = `select '${'x'.repeat(300_000)}'`
  const many = 'select 1;'.repeat(5_000)
  for (const [text, message] of [[many, 'at most 4000 statements'], [deep, 'Nested deeper'], [long, 'split it'], [large, 'at most 256 KiB'], ['select 1;\0', 'NUL']])
    expect(await problemsOf(['0001_a.sql', text ?? ''])).toMatchObject([{ message: expect.stringContaining(message ?? '') }])
}) // prettier-ignore

test('a file may be empty, or say why it is', async () => {
  const files = await readMigrations([
    { name: '0001_a.sql', text: '\n' },
    { name: '0002_b.sql', text: '-- moved to 0001' },
  ])
  expect(files.map(({ statements, comments }) => [statements.length, comments.length])).toEqual([
    [0, 0],
    [0, 1],
  ])
})

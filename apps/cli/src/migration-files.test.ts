import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { differenceLines, findingLines } from './database-text.ts'
import { migrationFiles } from './migration-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'plinth-migrations-'))
afterAll(() => rmSync(folder, { recursive: true }))
const put = (path: string): string => {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), 'select 1')
  return join(folder, path)
}
const plain = (lines: readonly string[]): string[] => lines.map((line) => stripVTControlCharacters(line))

test('a folder stands for its .sql files in order, a file for itself; both keep how they were named', () => {
  const [b, a] = [put('db/0002_b.sql'), put('db/0001_a.sql')]
  put('db/notes.txt')
  const { files, shown } = migrationFiles([join(folder, 'db')])
  expect(files).toEqual([
    { name: '0001_a.sql', text: 'select 1' },
    { name: '0002_b.sql', text: 'select 1' },
  ])
  expect([...shown.values()]).toEqual([a, b])
  expect(migrationFiles([b]).files.map(({ name }) => name)).toEqual(['0002_b.sql'])
})

test('no file at all, one that is not there, and two of one name are a wrong command line', () => {
  mkdirSync(join(folder, 'empty'))
  const twin = [put('x/0001_a.sql'), put('y/0001_a.sql')]
  for (const paths of [[join(folder, 'empty')], [join(folder, 'nowhere.sql')], twin])
    expect(() => migrationFiles(paths)).toThrow(expect.objectContaining({ name: 'CliError', exit: 2 }))
})

test('a finding is told with its place, its rule, why it hurts and what to write; a diff with its signs', () => {
  const finding = { file: 'm/0001_a.sql', line: 3, column: 7, severity: 'error', rule: 'ban-drop-table', message: 'It goes.', why: 'It hurts', remedy: 'Wait.' } as const // prettier-ignore
  expect(plain(findingLines([finding]))).toEqual([
    'm/0001_a.sql:3:7 ■ error ban-drop-table',
    '  It goes.',
    '  why:    It hurts.',
    '  remedy: Wait.',
  ])
  expect(plain(findingLines([{ ...finding, ignored: 'moved' }]))).toEqual([
    'm/0001_a.sql:3:7 ignored ban-drop-table: moved',
  ])
  expect(
    plain(differenceLines([{ path: 'orders.total', what: 'column', before: 'integer', after: 'bigint' }])),
  ).toEqual(['- column orders.total: integer', '+ column orders.total: bigint'])
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { policyTestsFrom } from './policy-tests.ts'

const folder = mkdtempSync(join(tmpdir(), 'plinth-policy-tests-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (text: string): string => {
  const path = join(folder, 'tests')
  writeFileSync(path, text)
  return path
}

test.each([
  ['YAML', 'tests:\n  - name: a\n    at: 2026-11-23T10:00:00Z\n'],
  ['JSON', '{"tests": [{"name": "a", "at": "2026-11-23T10:00:00Z"}]}'],
  ['what the platform keeps', '{"items": [{"name": "a", "at": "2026-11-23T10:00:00Z"}]}'],
  ['a bare list', '[{"name": "a", "at": "2026-11-23T10:00:00Z"}]'],
])('policy tests are read from %s, times as they were written', (_, text) => {
  expect(policyTestsFrom(file(text))).toEqual([{ name: 'a', at: '2026-11-23T10:00:00Z' }])
})

test.each(['', 'tests: []', 'tests: {}', 'hello', 'a: [', '{"other": []}'])(
  '%j holds no tests: a mistake of the command line, never a run of none that passes',
  (text) => expect(() => policyTestsFrom(file(text))).toThrow(expect.objectContaining({ exit: 2 })),
)

test('a file that is not there is a mistake of the command line', () => {
  expect(() => policyTestsFrom(join(folder, 'none'))).toThrow(expect.objectContaining({ exit: 2 }))
})

import { createTwoFilesPatch } from 'diff'
import { expect, test } from 'vitest'
import { readDiff } from './unified-diff.ts'

test('files are split, renames and binaries named, and lines carry their numbers', () => {
  const [renamed, binary] = readDiff(
    'diff --git a/old.ts b/new.ts\nsimilarity index 90%\nrename from old.ts\nrename to new.ts\n--- a/old.ts\n+++ b/new.ts\n@@ -3,2 +3,3 @@ const a\n same\n-out\n+in\n+more\n\\ No newline at end of file\ndiff --git a/x.png b/x.png\nBinary files a/x.png and b/x.png differ\n',
  )
  expect(renamed).toMatchObject({ path: 'new.ts', from: 'old.ts', change: 'renamed', added: 2, removed: 1 })
  expect(renamed?.hunks[0]?.lines.map(({ kind, before, after }) => [kind, before, after])).toEqual([
    ['context', 3, 3],
    ['removed', 4, undefined],
    ['added', undefined, 4],
    ['added', undefined, 5],
    ['note', undefined, undefined],
  ])
  expect(binary).toMatchObject({ path: 'x.png', binary: true })
})

test('a removed line that looks like a file header stays a removed line', () => {
  const [file] = readDiff(
    'diff --git a/q.sql b/q.sql\n--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,1 @@\n--- a comment\n keep\n',
  )
  expect(file?.hunks[0]?.lines[0]).toEqual({ kind: 'removed', text: '-- a comment', before: 1 })
  expect(file?.path).toBe('q.sql')
})

test('a patch without a git header is read as well', () => {
  const [file] = readDiff(createTwoFilesPatch('a/s', 'b/s', 'one\n', 'two\n'))
  expect(file).toMatchObject({ added: 1, removed: 1 })
})

test('no text, or text that is no diff, has no files', () => {
  expect(readDiff('')).toEqual([])
  expect(readDiff('hello\nworld')).toEqual([])
})

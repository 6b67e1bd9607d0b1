import { appendFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeTree } from '../files/durable-file.ts'
import { temporaryFolder } from '../testing/fixtures.ts'
import { keepWithinLimit, readLines } from './log-file.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder, 'x.stdout')
})
afterEach(() => removeTree(folder))

test('only whole lines are read, and the last one too when nobody writes any more', () => {
  writeFileSync(path, 'one\ntwo\nthr')
  expect(readLines(path, 0, false)).toEqual({ lines: ['one', 'two'], nextOffset: 8 })
  expect(readLines(path, 8, false)).toEqual({ lines: [], nextOffset: 8 })
  appendFileSync(path, 'ee')
  expect(readLines(path, 8, true)).toEqual({ lines: ['three'], nextOffset: 13 })
})

test('a line longer than a piece does not stop the reading', () => {
  writeFileSync(path, `${'x'.repeat(300_000)}\nend\n`)
  const first = readLines(path, 0, false)
  expect(first?.nextOffset).toBe(256 * 1024)
  expect(readLines(path, first?.nextOffset ?? 0, false)?.lines.at(-1)).toBe('end')
})

test('a file is cut when all of it was shipped, or when it is far too large', () => {
  const limits = { shippedBytesMax: 10, unshippedBytesMax: 50 }
  writeFileSync(path, 'x'.repeat(20))
  expect(keepWithinLimit(path, 10, limits)).toEqual({ offset: 10, lostBytes: 0 })
  expect(keepWithinLimit(path, 20, limits)).toEqual({ offset: 0, lostBytes: 0 })
  expect(statSync(path).size).toBe(0)
  writeFileSync(path, 'x'.repeat(60))
  expect(keepWithinLimit(path, 10, limits)).toEqual({ offset: 0, lostBytes: 50 })
})

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Folder } from './process.ts'
import { fileStates } from './reading.ts'

const work = mkdtempSync(join(tmpdir(), 'plinth-file-states-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))
const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: work, encoding: 'utf8' }).trim()
const commit = (path: string, content: string): string => {
  writeFileSync(join(work, path), content)
  git('add', '.')
  git('commit', '-q', '-m', path)
  return git('rev-parse', 'HEAD')
}

test('files are known by their contents or by the commits that touched them last; what is not there has no state', async () => {
  git('init', '-q', '-b', 'main')
  const first = commit('a.lock', 'one')
  const second = commit('b.lock', 'two')
  const folder = join(work, '.git') as Folder
  const ids = (paths: string[], by: 'content' | 'commit', at = second) => fileStates(folder, at, paths, by)
  const blobs = [git('hash-object', 'a.lock'), git('hash-object', 'b.lock')].sort()
  expect(await ids(['b.lock', 'a.lock', 'a.lock', 'none'], 'content')).toEqual(blobs)
  expect(await ids(['a.lock', 'b.lock'], 'commit')).toEqual([first, second].sort())
  expect(await ids(['b.lock'], 'content', first)).toEqual([])
  expect(await ids(['*.lock', '../a.lock', ':(top)a.lock', '--all'], 'commit')).toEqual([])
})

import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { Header, type HeaderData } from 'tar'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ArchiveError } from '../archives/archive-limits.ts'
import { removeTree } from '../files/durable-file.ts'
import { temporaryFolder } from '../testing/fixtures.ts'
import { packCache } from './cache-pack.ts'
import { unpackCache } from './cache-unpack.ts'

let folder: string
let source: string
let target: string
let archive: string
beforeEach(() => {
  folder = temporaryFolder()
  source = join(folder, 'source')
  target = join(folder, 'in', 'target')
  archive = join(folder, 'cache.tar.zst')
  for (const each of [source, target]) mkdirSync(each, { recursive: true })
})
afterEach(() => removeTree(folder))

const write = (path: string, content: string | Buffer, mode = 0o644): void => {
  mkdirSync(dirname(join(source, path)), { recursive: true })
  writeFileSync(join(source, path), content, { mode })
}
const pack = (paths: string[], untracked: string[] = []) => packCache({ root: source, archive, paths, untracked })
const read = (path: string): string => readFileSync(join(target, path), 'utf8')

type Entry = HeaderData & { content?: string }
const tarOf = (...entries: Entry[]): Buffer =>
  Buffer.concat([
    ...entries.map(({ content = '', ...data }) => {
      const bytes = Buffer.from(content)
      const head = Buffer.alloc(512)
      new Header({ mode: 0o644, type: 'File', ...data, size: bytes.length }).encode(head, 0)
      return Buffer.concat([head, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
    }),
    Buffer.alloc(1_024),
  ])
/** An archive as an attacker writes it: headers byte by byte, not by a tool that would refuse. */
const hostile = (...entries: Entry[]): void => writeFileSync(archive, zstdCompressSync(tarOf(...entries)))

test('what is packed comes back as it was: contents, modes, times, links, long and foreign names', async () => {
  const long = `deep/${'directory-of-a-long-name/'.repeat(12)}${'f'.repeat(120)}`
  const large = Buffer.alloc(3_500_001, 'x')
  write('a/run.sh', '#!/bin/sh', 0o755)
  write('a/large', large)
  write('a/empty', '')
  write('a/größe-☃.txt', 'snow')
  write(long, 'far down')
  symlinkSync('../a/run.sh', join(source, 'deep/link'))
  utimesSync(join(source, 'a/run.sh'), 1_500_000_000, 1_500_000_000)
  expect(await pack(['a/', 'deep'])).toMatchObject({ files: 6, warnings: [] })
  expect(await unpackCache({ archive, root: target })).toEqual({ files: 6 })
  expect(readFileSync(join(target, 'a/large')).equals(large)).toBe(true)
  expect([read('a/größe-☃.txt'), read(long), read('a/empty')]).toEqual(['snow', 'far down', ''])
  expect(readlinkSync(join(target, 'deep/link'))).toBe('../a/run.sh')
  const { mode, mtimeMs } = statSync(join(target, 'a/run.sh'))
  expect([mode & 0o777, mtimeMs]).toEqual([0o755, 1_500_000_000_000])
})

test('the same files make the same archive', async () => {
  for (let index = 0; index < 50; index++) write(`m/${index}`, `${index}`.repeat(500))
  const first = await pack(['m'])
  expect((await pack(['m'])).sha256).toBe(first.sha256)
})

test('untracked files are taken as named, but never git’s own, nor through a link, nor from above', async () => {
  write('built/x', 'x')
  write('.git/config', 'secret')
  writeFileSync(join(folder, 'outside'), 'secret')
  symlinkSync(folder, join(source, 'out'))
  const names = ['built/x', '.git/config', 'out/outside', '../outside', '/etc/passwd', 'none']
  expect((await pack([], names)).files).toBe(1)
  await unpackCache({ archive, root: target })
  expect(read('built/x')).toBe('x')
})

test('links that lead out, or may once another is followed, are left out and named', async () => {
  write('d/file', 'x')
  symlinkSync('/etc/passwd', join(source, 'd/absolute'))
  symlinkSync('..', join(source, 'd/up'))
  symlinkSync('d/up/..', join(source, 'sly'))
  const { files, warnings } = await pack(['d', 'sly'])
  expect(files).toBe(2)
  expect(warnings.join()).toMatch(/d\/absolute: .*sly: /)
})

test.each([
  ['an entry above the project', [{ path: '../escaped', content: 'x' }]],
  ['an entry that goes down and up', [{ path: 'a/../../escaped', content: 'x' }]],
  ['an absolute entry', [{ path: '/tmp/plinth-cache-escaped', content: 'x' }]],
  ['a link that leads out', [{ path: 'link', type: 'SymbolicLink', linkpath: '../../escaped' }]],
  ['a link by which another leads out', [{ path: 'd/up', type: 'SymbolicLink', linkpath: '..' }, { path: 'sly', type: 'SymbolicLink', linkpath: 'd/up/..' }]],
  ['a file through a link of the same archive', [{ path: 'l', type: 'SymbolicLink', linkpath: 'elsewhere' }, { path: 'l/x', content: 'x' }]],
  ['a hard link', [{ path: 'link', type: 'Link', linkpath: 'good.txt' }]],
  ['a device', [{ path: 'device', type: 'CharacterDevice' }]],
  ['a FIFO', [{ path: 'pipe', type: 'FIFO' }]],
  ['settings of git', [{ path: '.git/config', content: '[core]\nfsmonitor = evil' }]],
  ['settings of git in another spelling', [{ path: './.GIT/config', content: 'x' }]],
  ['a file in the place of a folder', [{ path: 'd/x', content: 'x' }, { path: 'd', content: 'x' }]],
] satisfies [string, Entry[]][])('path traversal: %s is refused, and nothing of the cache is written', async (_title, entries) => {
  hostile({ path: 'good.txt', content: 'good' }, ...entries)
  await expect(unpackCache({ archive, root: target })).rejects.toThrow(ArchiveError)
  expect(existsSync(join(target, 'good.txt'))).toBe(false)
  expect(existsSync(join(folder, 'in', 'escaped'))).toBe(false)
  expect(existsSync('/tmp/plinth-cache-escaped')).toBe(false)
}) // prettier-ignore

test('nothing is written through a link or onto a shared file of the repository', async () => {
  symlinkSync(folder, join(target, 'out'))
  hostile({ path: 'out/escaped', content: 'x' })
  await expect(unpackCache({ archive, root: target })).rejects.toThrow('which is no folder')
  writeFileSync(join(folder, 'mine'), 'mine')
  linkSync(join(folder, 'mine'), join(target, 'hard'))
  symlinkSync(join(folder, 'mine'), join(target, 'soft'))
  hostile({ path: 'hard', content: 'theirs' }, { path: 'soft', content: 'theirs' })
  await unpackCache({ archive, root: target })
  expect([read('hard'), read('soft'), readFileSync(join(folder, 'mine'), 'utf8')]).toEqual(['theirs', 'theirs', 'mine'])
})

test('bombs are refused: too many entries, too many bytes, archives within archives', async () => {
  hostile({ path: 'a', content: 'x'.repeat(600) }, { path: 'b', content: 'y' })
  const limits = { entriesMax: 1, bytesMax: 1e6 }
  await expect(unpackCache({ archive, root: target, limits })).rejects.toThrow('more than 1 entries')
  await expect(unpackCache({ archive, root: target, limits: { entriesMax: 9, bytesMax: 600 } })).rejects.toThrow('more than 600 bytes')
  for (const packed of [gzipSync, zstdCompressSync]) {
    writeFileSync(archive, zstdCompressSync(packed(tarOf({ path: 'a', content: 'x' }))))
    await expect(unpackCache({ archive, root: target })).rejects.toThrow('another archive')
  }
  rmSync(archive)
}) // prettier-ignore

test('what is cut off, empty or no archive is named as such', async () => {
  for (let index = 0; index < 100; index++) write(`m/${index}`, `${Math.random()}`.repeat(100))
  await pack(['m'])
  truncateSync(archive, Math.floor(statSync(archive).size / 2))
  await expect(unpackCache({ archive, root: target })).rejects.toThrow('not a whole tar')
  for (const content of ['', 'not an archive', zstdCompressSync(Buffer.from('no tar'))]) {
    writeFileSync(archive, content)
    await expect(unpackCache({ archive, root: target })).rejects.toThrow('not a whole tar')
  }
  expect(existsSync(join(target, 'm'))).toBe(false)
})

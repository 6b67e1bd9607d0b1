import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Header, type HeaderData } from 'tar'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeTree } from '../files/durable-file.ts'
import { temporaryFolder } from '../testing/fixtures.ts'
import { ArchiveError } from './archive-limits.ts'
import { unpack } from './unpack.ts'

let folder: string
let target: string
beforeEach(() => {
  folder = temporaryFolder()
  target = join(folder, 'in', 'target')
  mkdirSync(target, { recursive: true })
})
afterEach(() => removeTree(folder))

/** An archive as an attacker writes it: headers byte by byte, not by a tool that would refuse. */
const hostile = (...entries: (HeaderData & { content?: string })[]): string => {
  const blocks = entries.map(({ content = '', ...data }) => {
    const bytes = Buffer.from(content)
    const header = new Header({ mode: 0o644, type: 'File', ...data, size: bytes.length })
    const head = Buffer.alloc(512)
    header.encode(head, 0)
    return Buffer.concat([head, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
  })
  const path = join(folder, 'archive.tar.gz')
  writeFileSync(path, gzipSync(Buffer.concat([...blocks, Buffer.alloc(1_024)])))
  return path
}

test.each([
  ['an entry above the folder', [{ path: '../escaped', content: 'x' }]],
  ['an absolute entry', [{ path: '/tmp/plinth-escaped', content: 'x' }]],
  ['a link that leads out', [{ path: 'link', type: 'SymbolicLink', linkpath: '../../escaped' }]],
  ['an absolute link', [{ path: 'link', type: 'SymbolicLink', linkpath: '/etc/passwd' }]],
  ['a hard link that leads out', [{ path: 'link', type: 'Link', linkpath: '../escaped' }]],
  ['a device', [{ path: 'device', type: 'CharacterDevice' }]],
] satisfies [string, (HeaderData & { content?: string })[]][])(
  '%s is refused, and nothing of the archive is written',
  async (_title, entries) => {
    const archive = hostile({ path: 'good.txt', content: 'good' }, ...entries)
    await expect(unpack(archive, target)).rejects.toThrow(ArchiveError)
    expect(existsSync(join(target, 'good.txt'))).toBe(false)
    expect(existsSync(join(folder, 'in', 'escaped'))).toBe(false)
    expect(existsSync('/tmp/plinth-escaped')).toBe(false)
  },
)

test('a link inside the folder is kept as a link', async () => {
  await unpack(
    hostile({ path: 'a/file', content: 'x' }, { path: 'b/link', type: 'SymbolicLink', linkpath: '../a/file' }),
    target,
  )
  expect(readlinkSync(join(target, 'b/link'))).toBe('../a/file')
  expect(readFileSync(join(target, 'b/link'), 'utf8')).toBe('x')
})

test('nothing is written through a link that lies in the folder already', async () => {
  symlinkSync(folder, join(target, 'out'))
  await expect(unpack(hostile({ path: 'out/escaped', content: 'x' }), target)).rejects.toThrow()
  expect(existsSync(join(folder, 'escaped'))).toBe(false)
})

test('more entries or bytes than the limit are refused', async () => {
  const archive = hostile({ path: 'a', content: 'x'.repeat(600) }, { path: 'b', content: 'y' })
  await expect(unpack(archive, target, { entriesMax: 1, bytesMax: 1e6 })).rejects.toThrow('more than 1 entries')
  await expect(unpack(archive, target, { entriesMax: 9, bytesMax: 600 })).rejects.toThrow('more than 600 bytes')
})

test('the first thing that is not taken ends the reading: what comes after it is not even unpacked', async () => {
  const archive = hostile(
    { path: '../escaped', content: 'x' },
    { path: 'rest', content: randomBytes(300_000).toString('latin1') },
  )
  truncateSync(archive, 200_000)
  await expect(unpack(archive, target)).rejects.toThrow('lies outside')
})

test('what is no archive is named as such', async () => {
  const path = join(folder, 'x.tar.gz')
  writeFileSync(path, 'not an archive')
  await expect(unpack(path, target)).rejects.toThrow('not a whole gzipped tar')
})

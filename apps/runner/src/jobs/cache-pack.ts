import { createHash } from 'node:crypto'
import { closeSync, constants, createWriteStream, lstatSync, openSync, readlinkSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress } from 'node:zlib'
import { Header, Pax, type HeaderData } from 'tar'
import { isOutside } from '../archives/unpack.ts'
import { isGits, linkProblem } from './cache-entry.ts'
import { selectFiles, type Selection } from './select-files.ts'

export type Packing = {
  root: string
  archive: string
  paths: readonly string[]
  /** Files besides those that the patterns name, as a job has written them down. */
  untracked: readonly string[]
}
export type Packed = { files: number; sizeBytes: number; sha256: string; warnings: string[] }

const blockBytes = 512
const slabBytes = 1024 * 1024
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * Packs what the patterns name into a tar by zstd. Reads with synchronous calls, which for thousands of small files
 * takes a quarter of the time, and so belongs into a thread of its own.
 */
export async function packCache({ root, archive, paths, untracked }: Packing): Promise<Packed> {
  const { files: named, warnings } = withUntracked(root, selectFiles(root, paths), untracked)
  const entries: Entry[] = []
  for (const path of named) {
    const entry = entryOf(root, path)
    if (typeof entry === 'string') warnings.push(`${path}: ${entry}, left out`)
    else entries.push(entry)
  }
  if (entries.length === 0) return { files: 0, sizeBytes: 0, sha256: '', warnings }
  const hash = createHash('sha256')
  let sizeBytes = 0
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length
      hash.update(chunk)
      done(null, chunk)
    },
  })
  const source = Readable.from(tarOf(root, entries), { highWaterMark: 2 })
  await pipeline(source, createZstdCompress(), measure, createWriteStream(archive, { mode: 0o600 }))
  return { files: entries.length, sizeBytes, sha256: hash.digest('hex'), warnings }
}

/** Names that a job wrote down are only taken where no link of the job's leads out of the project on the way. */
function withUntracked(root: string, selection: Selection, untracked: readonly string[]): Selection {
  const all = new Set(selection.files)
  const folders = new Map<string, boolean>([['', true]])
  const isFolder = (path: string): boolean => {
    const known = folders.get(path)
    if (known !== undefined) return known
    const found = isFolder(parentOf(path)) && lstatSync(join(root, path), { throwIfNoEntry: false })?.isDirectory()
    folders.set(path, found === true)
    return found === true
  }
  for (const path of untracked) {
    if (path.split('/').includes('..') || isOutside(path)) continue
    if (!isFolder(parentOf(path))) continue
    const stat = lstatSync(join(root, path), { throwIfNoEntry: false })
    if (stat?.isFile() === true || stat?.isSymbolicLink() === true) all.add(path)
  }
  return { ...selection, files: [...all] }
}

type Entry = { path: string; size: number; mode: number; mtime: Date; linkpath?: string }

/** What is packed of a path, or why nothing is. */
function entryOf(root: string, path: string): Entry | string {
  if (isGits(path)) return "is git's own"
  const place = join(root, path)
  const stat = lstatSync(place)
  const mtime = new Date(Math.floor(stat.mtimeMs / 1_000) * 1_000)
  const plain = { path, size: stat.size, mode: stat.mode & 0o777, mtime }
  if (!stat.isSymbolicLink()) return plain
  const linkpath = readlinkSync(place)
  return linkProblem(path, linkpath) ?? { ...plain, size: 0, linkpath }
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

/** The bytes of the tar, in pieces of a megabyte: a header and the content of each, padded to blocks (POSIX ustar, pax). */
function* tarOf(root: string, entries: readonly Entry[]): Generator<Buffer> {
  let slab = Buffer.allocUnsafe(slabBytes)
  let used = 0
  for (const entry of entries) {
    const head = headOf({ ...entry, type: entry.linkpath === undefined ? 'File' : 'SymbolicLink' })
    if (used + head.length > slabBytes) {
      yield slab.subarray(0, used)
      slab = Buffer.allocUnsafe(slabBytes)
      used = 0
    }
    used += head.copy(slab, used)
    const file = entry.size === 0 ? undefined : openSync(join(root, entry.path), readFlags)
    try {
      for (let left = entry.size; left > 0 && file !== undefined;) {
        if (used === slabBytes) {
          yield slab
          slab = Buffer.allocUnsafe(slabBytes)
          used = 0
        }
        const count = readSync(file, slab, used, Math.min(left, slabBytes - used), null)
        if (count === 0) throw new Error(`${entry.path} became shorter while it was read.`)
        used += count
        left -= count
      }
    } finally {
      if (file !== undefined) closeSync(file)
    }
    const end = Math.ceil(used / blockBytes) * blockBytes
    slab.fill(0, used, end)
    used = end
  }
  yield slab.subarray(0, used)
  yield Buffer.alloc(2 * blockBytes)
}

/** The header, with another before it for what does not fit into one. */
function headOf(data: HeaderData): Buffer {
  const block = Buffer.alloc(blockBytes)
  const header = new Header(data)
  return header.encode(block, 0) ? Buffer.concat([new Pax(data).encode(), block]) : block
}

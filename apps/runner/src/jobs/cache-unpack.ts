import {
  closeSync,
  constants,
  createReadStream,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join, posix } from 'node:path'
import { createZstdDecompress } from 'node:zlib'
import { Parser, type ReadEntry } from 'tar'
import { ArchiveError, archiveLimits, type ArchiveLimits } from '../archives/archive-limits.ts'
import { cacheEntryProblem } from './cache-entry.ts'

export type Unpacking = { archive: string; root: string; limits?: ArchiveLimits }
export type Unpacked = { files: number }

/**
 * Unpacks a tar by zstd below `root`. Like `unpack` it reads twice and writes nothing unless all of it is fit to be;
 * unlike it, it never goes through a link at all, and writes with synchronous calls: a tenth of the time for thousands
 * of small files, and nothing for a thread that others wait for.
 */
export async function unpackCache({ archive, root, limits = archiveLimits }: Unpacking): Promise<Unpacked> {
  const inspect = inspector(root, limits)
  await readEntries(archive, inspect.look, inspect.problem)
  const write = writer(root)
  await readEntries(archive, write.entry, () => undefined)
  return { files: write.files() }
}

/** Archives within archives are no tar: the parser would unpack them too, without a limit on their size. */
const packedHeads = [Buffer.from([0x1f, 0x8b]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd])]

async function readEntries(
  archive: string,
  onReadEntry: (entry: ReadEntry) => void,
  problem: () => string | undefined,
): Promise<void> {
  let broken: Error | undefined
  const parser = new Parser({ strict: true, onReadEntry })
  parser.on('error', (error: Error) => (broken ??= error))
  const source = createReadStream(archive)
  // Unpacked piece by piece: a few bytes of zstd may stand for gigabytes.
  const pieces = source.pipe(createZstdDecompress({ chunkSize: 1024 * 1024 }))
  source.on('error', (error) => pieces.destroy(error))
  let isFirst = true
  try {
    for await (const piece of pieces as AsyncIterable<Buffer>) {
      if (isFirst && packedHeads.some((head) => piece.subarray(0, head.length).equals(head)))
        throw new ArchiveError('The cache holds another archive instead of files.')
      isFirst = false
      parser.write(piece)
      const found = problem()
      if (found !== undefined) throw new ArchiveError(`The cache ${found}.`)
      if (broken !== undefined) throw broken
    }
    if (isFirst) throw new Error('empty')
    parser.end()
    if (broken !== undefined) throw broken
  } catch (error) {
    if (error instanceof ArchiveError || isOfFiles(error)) throw error
    throw new ArchiveError('The cache is not a whole tar packed by zstd.', { cause: error })
  } finally {
    source.destroy()
    pieces.destroy()
  }
}

const isOfFiles = (error: unknown): boolean => error instanceof Error && 'syscall' in error

/** Looks at every entry, and at what lies in the folder where it would go. */
function inspector(
  root: string,
  limits: ArchiveLimits,
): { look(entry: ReadEntry): void; problem(): string | undefined } {
  let found: string | undefined
  let entries = 0
  let bytes = 0
  const noFolders = new Set<string>()
  const folders = new Set<string>([''])
  /** Folders that are not there yet: nothing in them has to be looked for. */
  const absent = new Set<string>()
  const statOf = (path: string) =>
    absent.has(parentOf(path)) ? undefined : lstatSync(join(root, path), { throwIfNoEntry: false })
  const folderProblem = (folder: string): string | undefined => {
    if (folders.has(folder)) return undefined
    const above = folderProblem(parentOf(folder))
    if (above !== undefined) return above
    const stat = statOf(folder)
    if (stat === undefined) absent.add(folder)
    if (noFolders.has(folder) || (stat !== undefined && !stat.isDirectory()))
      return `has entries below ${JSON.stringify(folder.slice(0, 200))}, which is no folder`
    folders.add(folder)
    return undefined
  }
  const placeProblem = (entry: ReadEntry): string | undefined => {
    const path = cleanPath(entry)
    if (entry.type === 'Directory') return folderProblem(path)
    const problem = folderProblem(parentOf(path))
    if (problem !== undefined) return problem
    if (folders.has(path) || statOf(path)?.isDirectory() === true)
      return `has the entry ${JSON.stringify(path.slice(0, 200))} in the place of a folder`
    noFolders.add(path)
    return undefined
  }
  return {
    look(entry) {
      entry.resume()
      entries++
      bytes += entry.size
      if (entries > limits.entriesMax) found ??= `holds more than ${limits.entriesMax} entries`
      else if (bytes > limits.bytesMax) found ??= `unpacks to more than ${limits.bytesMax} bytes`
      else found ??= cacheEntryProblem(entry) ?? placeProblem(entry)
    },
    problem: () => found,
  }
}

const cleanPath = (entry: ReadEntry): string => {
  const path = posix.normalize(entry.path).replace(/\/+$/, '')
  return path === '.' ? '' : path
}
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

function writer(root: string): { entry(entry: ReadEntry): void; files(): number } {
  let files = 0
  const folders = new Set<string>([''])
  const makeFolder = (folder: string): void => {
    if (folders.has(folder)) return
    makeFolder(parentOf(folder))
    const place = join(root, folder)
    const stat = lstatSync(place, { throwIfNoEntry: false })
    if (stat === undefined) mkdirSync(place, 0o755)
    else if (!stat.isDirectory()) throw new ArchiveError('The cache goes through something that is no folder.')
    folders.add(folder)
  }
  const writeFile = (entry: ReadEntry, place: string): void => {
    const file = create(place, (entry.mode ?? 0o644) & 0o777)
    entry.on('data', (piece: Buffer) => writeAll(file, piece))
    entry.on('end', () => {
      if (entry.mtime !== undefined) futimesSync(file, entry.mtime, entry.mtime)
      closeSync(file)
    })
  }
  return {
    entry(entry) {
      const path = cleanPath(entry)
      if (entry.type === 'Directory') {
        makeFolder(path)
        entry.resume()
        return
      }
      makeFolder(parentOf(path))
      files++
      const place = join(root, path)
      if (entry.type !== 'SymbolicLink') return writeFile(entry, place)
      replacing(place, () => symlinkSync(entry.linkpath ?? '', place))
      entry.resume()
    },
    files: () => files,
  }
}

/** A new file and never an old one: what stands there may be a link, or be linked from elsewhere. */
const create = (place: string, mode: number): number =>
  replacing(place, () => openSync(place, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode))

function replacing<T>(place: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    unlinkSync(place)
    return make()
  }
}

function writeAll(file: number, piece: Buffer): void {
  for (let done = 0; done < piece.length;) done += writeSync(file, piece, done)
}

import { createReadStream } from 'node:fs'
import { posix } from 'node:path'
import { list, extract, type ReadEntry } from 'tar'
import { ArchiveError, archiveLimits, type ArchiveLimits } from './archive-limits.ts'

const plainTypes = new Set(['File', 'OldFile', 'ContiguousFile', 'Directory'])

/**
 * Unpacks a tar, gzipped or not, below `folder`. It is read twice: nothing is written unless all of it is fit to be:
 * no absolute path, no `..`, no link that leads out of the folder, no device or FIFO, and the limits kept. While
 * writing, the tar library refuses to go through a symbolic link that lies in the folder already.
 */
export async function unpack(archive: string, folder: string, limits: ArchiveLimits = archiveLimits): Promise<void> {
  await inspect(archive, limits)
  await extract({ file: archive, cwd: folder, strict: true, preserveOwner: false, noMtime: false })
}

async function inspect(archive: string, limits: ArchiveLimits): Promise<void> {
  const source = createReadStream(archive)
  let problem: string | undefined
  let entries = 0
  let bytes = 0
  const look = (entry: ReadEntry): void => {
    entries++
    bytes += entry.size
    if (entries > limits.entriesMax) problem ??= `holds more than ${limits.entriesMax} entries`
    else if (bytes > limits.bytesMax) problem ??= `unpacks to more than ${limits.bytesMax} bytes`
    else problem ??= entryProblem(entry)
    entry.resume()
    // The rest is not looked at: unpacked it may be a thousand times what was sent.
    if (problem !== undefined) source.destroy()
  }
  try {
    await new Promise<void>((resolve, reject) => {
      const parser = list({ strict: true, onReadEntry: look })
      parser.on('end', resolve).on('error', reject)
      source.on('error', reject).on('close', () => problem !== undefined && resolve())
      source.pipe(parser)
    })
  } catch (error) {
    if (problem === undefined) throw new ArchiveError('The artifact is not a whole gzipped tar.', { cause: error })
  } finally {
    source.destroy()
  }
  if (problem !== undefined) throw new ArchiveError(`The artifact ${problem}.`)
}

function entryProblem(entry: ReadEntry): string | undefined {
  const name = JSON.stringify(entry.path.slice(0, 200))
  if (isOutside(entry.path)) return `has the entry ${name}, which lies outside of it`
  if (plainTypes.has(entry.type)) return undefined
  const target = entry.linkpath ?? ''
  if (entry.type === 'SymbolicLink') {
    const leads = posix.join(posix.dirname(entry.path), target)
    return posix.isAbsolute(target) || isOutside(leads) ? `has the link ${name}, which leads out of it` : undefined
  }
  if (entry.type === 'Link') return isOutside(target) ? `has the link ${name}, which leads out of it` : undefined
  return `has the entry ${name} of the kind ${entry.type}; only files, folders and links are taken`
}

/** Absolute, or above the folder that it is relative to. */
export const isOutside = (path: string): boolean =>
  posix.isAbsolute(path) || path.includes('\0') || posix.normalize(path).split('/')[0] === '..'

import {
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
  type FileHandle,
} from 'node:fs/promises'
import { join } from 'node:path'
import { framesOf } from '../otlp/envelope.ts'

/** The segment that is being written. */
export type OpenSegment = { name: string; file: FileHandle; bytes: number }
export type SealedSegment = { name: string; path: string; bytes: number }

const ending = '.segment'
const refusedFilesMax = 100

/** Names sort by the time of their making, and are never used twice: they are the tokens that inserts are deduplicated by. */
let lastNumber = 0n
function newName(): string {
  const now = BigInt(Date.now()) * 1_000n
  lastNumber = now > lastNumber ? now : lastNumber + 1n
  return `${lastNumber}`
}

export async function createSegment(folder: string): Promise<OpenSegment> {
  const name = newName()
  const file = await open(join(folder, `${name}${ending}`), 'ax', 0o600)
  await syncFolder(folder)
  return { name, file, bytes: 0 }
}

/** Without it a power failure could lose the file's entry, although its content is on the disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** What an earlier process left, oldest first, each cut to its whole records. */
export async function leftSegments(folder: string): Promise<SealedSegment[]> {
  await mkdir(join(folder, 'refused'), { recursive: true, mode: 0o700 })
  const names = (await readdir(folder)).filter((file) => file.endsWith(ending)).sort()
  const segments: SealedSegment[] = []
  for (const file of names) {
    const path = join(folder, file)
    const { wholeBytes } = framesOf(await readFile(path))
    if (wholeBytes < (await stat(path)).size) await truncate(path, wholeBytes)
    if (wholeBytes === 0) await rm(path)
    else segments.push({ name: file.slice(0, -ending.length), path, bytes: wholeBytes })
  }
  return segments
}

export const segmentPath = (folder: string, name: string): string => join(folder, `${name}${ending}`)

/** Splits a segment into files of one record each, so that one record that can't be stored doesn't hold up the others. */
export async function splitSegment(folder: string, { name, path }: SealedSegment): Promise<SealedSegment[]> {
  const bytes = await readFile(path)
  const pieces: SealedSegment[] = []
  for (const [index, { from, to }] of framesOf(bytes).frames.entries()) {
    const piece = join(folder, `${name}.${index}.piece`)
    await writeFile(piece, bytes.subarray(from, to), { mode: 0o600 })
    pieces.push({ name: `${name}.${index}`, path: piece, bytes: to - from })
  }
  return pieces
}

/** Keeps what the store refused for a person to look at; the oldest go when there are too many. */
export async function setAside(folder: string, { name, path }: SealedSegment): Promise<void> {
  const refused = join(folder, 'refused')
  await rename(path, join(refused, name))
  const names = (await readdir(refused)).sort()
  await Promise.all(
    names.slice(0, Math.max(0, names.length - refusedFilesMax)).map((each) => rm(join(refused, each), { force: true })),
  )
}

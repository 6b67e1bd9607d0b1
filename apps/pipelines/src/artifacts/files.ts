import { createHash } from 'node:crypto'
import { createReadStream, type ReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { failure, type ErrorCode } from '@plinth/contracts'

export type KeptFiles = {
  /** Writes the stream whole or not at all: to a temporary file, synced, then renamed to its id. */
  write(id: string, source: Readable, bytesMax: number): Promise<{ sha256: string; sizeBytes: number }>
  /** Undefined when there is no such file. */
  read(id: string): Promise<{ stream: ReadStream; sizeBytes: number } | undefined>
  remove(id: string): Promise<void>
  /** Ids of whole files and names of temporary ones, older than the age. */
  olderThan(ageMs: number, nowMs: number): Promise<{ ids: string[]; temporary: string[] }>
  removeTemporary(name: string): Promise<void>
  check(): Promise<void>
}

/** One kind of files: where they lie, how they are called, and by which bytes they begin. */
type Kind = {
  folder: string
  idForm: RegExp
  unknown: ErrorCode
  noun: string
  magic: readonly number[]
  format: string
}

const suffix = '.part'
/** The magic bytes of gzip (RFC 1952). What a cache is made of is between the job that keeps it and the one that gets it. */
const artifactKind: Kind = {
  folder: 'artifacts', idForm: /^art_[0-9a-z]+$/, unknown: 'pipelines.artifact_unknown', noun: 'An artifact', magic: [0x1f, 0x8b], format: 'gzip',
} // prettier-ignore
const cacheKind: Kind = {
  folder: 'caches', idForm: /^cch_[0-9a-z]+$/, unknown: 'pipelines.cache_unknown', noun: 'A cache', magic: [], format: 'zstd',
} // prettier-ignore

export const artifactFiles = (dataDir: string): Promise<KeptFiles> => keptFiles(dataDir, artifactKind)
export const cacheFiles = (dataDir: string): Promise<KeptFiles> => keptFiles(dataDir, cacheKind)

async function keptFiles(dataDir: string, kind: Kind): Promise<KeptFiles> {
  const { idForm } = kind
  const folder = join(dataDir, kind.folder)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const pathOf = (id: string): string => {
    if (!idForm.test(id)) throw failure(kind.unknown)
    return join(folder, id)
  }
  return {
    async write(id, source, bytesMax) {
      const temporary = pathOf(id) + suffix
      try {
        const written = await writeSynced(temporary, source, bytesMax, kind)
        await rename(temporary, pathOf(id))
        await syncFolder(folder)
        return written
      } catch (error) {
        await rm(temporary, { force: true })
        throw error
      }
    },
    async read(id) {
      try {
        const { size } = await stat(pathOf(id))
        return { stream: createReadStream(pathOf(id)), sizeBytes: size }
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    remove: (id) => rm(pathOf(id), { force: true }),
    async olderThan(ageMs, nowMs) {
      const names = await readdir(folder)
      const old: string[] = []
      for (const name of names) {
        const seen = await stat(join(folder, name)).catch(() => undefined)
        if (seen !== undefined && nowMs - seen.mtimeMs > ageMs) old.push(name)
      }
      return { ids: old.filter((name) => idForm.test(name)), temporary: old.filter((name) => name.endsWith(suffix)) }
    },
    removeTemporary: (name) => rm(join(folder, name), { force: true }),
    async check() {
      await stat(folder)
    },
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

async function writeSynced(
  path: string,
  source: Readable,
  bytesMax: number,
  kind: Kind,
): Promise<{ sha256: string; sizeBytes: number }> {
  const hash = createHash('sha256')
  const file = await open(path, 'wx', 0o600)
  let sizeBytes = 0
  try {
    // Not destroyed when it is refused: the sender must be able to send it to its end, to read why.
    for await (const piece of source.iterator({ destroyOnReturn: false })) {
      const bytes = piece as Buffer
      if (sizeBytes === 0) refuseOtherFormats(bytes, kind)
      sizeBytes += bytes.length
      if (sizeBytes > bytesMax)
        throw failure('platform.body_too_large', { detail: `${kind.noun} has ${bytesMax} bytes at the most.` })
      hash.update(bytes)
      await file.writeFile(bytes)
    }
    if (sizeBytes === 0)
      throw failure('platform.request_invalid', {
        detail: `The body is empty; expected a tar packed by ${kind.format}.`,
      })
    await file.sync()
  } finally {
    await file.close()
  }
  return { sha256: hash.digest('hex'), sizeBytes }
}

/** A mistake is told to the job that makes it, not to the one that unpacks. */
function refuseOtherFormats(bytes: Buffer, { magic, format }: Kind): void {
  if (magic.some((byte, index) => index < bytes.length && bytes[index] !== byte)) {
    throw failure('platform.request_invalid', {
      detail: `The body is no ${format} file; expected a tar packed by ${format}.`,
    })
  }
}

/** Makes the rename last: without this a power cut may forget it although the row is there. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

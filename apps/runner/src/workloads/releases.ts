import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { download } from '../archives/download.ts'
import { unpack } from '../archives/unpack.ts'
import { removeTree } from '../files/durable-file.ts'
import type { Wish } from './wish.ts'

export type Releases = {
  /** The folder of an unpacked artifact, or undefined where it is not here (yet). */
  folder(sha256: string): string | undefined
  /** Downloads, checks and unpacks it; at once where it is here. Rejects with a message for people. */
  fetch(artifact: Wish['artifact'], signal: AbortSignal): Promise<void>
  keepOnly(sha256s: ReadonlySet<string>): void
}

/** Artifacts by content: what two workloads or two environments share is downloaded and unpacked once. */
export function releaseStore(root: string, token: string): Releases {
  const underWay = new Map<string, Promise<void>>()
  const place = (sha256: string): string => join(root, sha256)

  async function fetchNew(artifact: Wish['artifact'], signal: AbortSignal): Promise<void> {
    const work = join(root, `${artifact.sha256}.new`)
    removeTree(work)
    const content = join(work, 'content')
    mkdirSync(content, { recursive: true, mode: 0o755 })
    try {
      const archive = join(work, 'archive.tar.gz')
      await download({ ...artifact, token, path: archive, signal })
      await unpack(archive, content)
      // The folder appears under its name only when it is whole.
      renameSync(content, place(artifact.sha256))
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  }

  return {
    folder: (sha256) => (existsSync(place(sha256)) ? place(sha256) : undefined),
    async fetch(artifact, signal) {
      if (existsSync(place(artifact.sha256))) return
      const running = underWay.get(artifact.sha256)
      if (running) return running
      const work = fetchNew(artifact, signal).finally(() => underWay.delete(artifact.sha256))
      underWay.set(artifact.sha256, work)
      return work
    },
    keepOnly(sha256s) {
      for (const name of readdirSync(root)) {
        const sha256 = name.replace(/\.new$/, '')
        if (!sha256s.has(sha256) && !underWay.has(sha256)) removeTree(join(root, name))
      }
    },
  }
}

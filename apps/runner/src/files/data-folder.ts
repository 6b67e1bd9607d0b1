import { chmodSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Where the runner keeps what it must not forget. Everything below is for its own user alone. */
export type DataFolder = {
  root: string
  /** One folder per attempt of a job, gone when the attempt is over. */
  jobs: string
  /** One folder per workload: its wish, what was started for it, its logs. */
  workloads: string
  /** Unpacked artifacts by their SHA-256, shared read-only by all that run them. */
  releases: string
  /** What sandboxes see: `node`, `plinth`, a minimal /etc/passwd. */
  tools: string
}

export function openDataFolder(path: string): DataFolder {
  const root = resolve(path)
  const folder = {
    root,
    jobs: join(root, 'jobs'),
    workloads: join(root, 'workloads'),
    releases: join(root, 'releases'),
    tools: join(root, 'tools'),
  }
  for (const each of Object.values(folder)) {
    mkdirSync(each, { recursive: true, mode: 0o700 })
    chmodSync(each, 0o700)
  }
  return folder
}

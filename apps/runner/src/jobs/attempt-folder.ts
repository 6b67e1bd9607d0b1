import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, removeTree, writeJsonDurably } from '../files/durable-file.ts'
import type { ProcessIdentity } from '../processes/process-identity.ts'
import { killGroup, killMarked } from '../processes/signals.ts'

/** The files of one attempt: gone with it. */
export type AttemptFolder = {
  root: string
  /** The checkout; the only place of the machine that the job can write to and that outlives a step. */
  work: string
  /** The runner's own: scripts, downloads, the archive on its way. */
  scratch: string
  note(process: ProcessIdentity): void
  remove(): void
}

/** The variable by which the processes of an attempt are known. */
export const attemptMarker = 'PLINTH_ATTEMPT'

export function attemptFolder(jobs: string, name: string): AttemptFolder {
  const root = join(jobs, name)
  removeTree(root)
  const folder = { root, work: join(root, 'work'), scratch: join(root, 'scratch') }
  mkdirSync(folder.work, { recursive: true, mode: 0o700 })
  mkdirSync(folder.scratch, { recursive: true, mode: 0o700 })
  return {
    ...folder,
    note: (process) => writeJsonDurably(join(root, 'process.json'), process),
    remove: () => removeTree(root),
  }
}

/**
 * Ends what a killed runner left of its jobs, before the first new one. Their attempts are silent from now on, so the
 * pipelines service gives them up by itself.
 */
export function endOrphans(jobs: string): void {
  killMarked(attemptMarker, (value) => value.startsWith(`${jobs}/`))
  for (const name of readdirSync(jobs)) {
    const process = readJson(join(jobs, name, 'process.json')) as ProcessIdentity | undefined
    if (process) killGroup(process)
    removeTree(join(jobs, name))
  }
}

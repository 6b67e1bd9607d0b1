import { posix } from 'node:path'
import type { ReadEntry } from 'tar'
import { isOutside } from '../archives/unpack.ts'

/**
 * Why a link is not kept: it leads out of the project, or goes up after it went down. What goes down may itself be a
 * link, so that only a path that begins by going up can be judged without following it.
 */
export function linkProblem(path: string, target: string): string | undefined {
  const parts = target.split('/').filter((part) => part !== '' && part !== '.')
  const firstDown = parts.findIndex((part) => part !== '..')
  const goesUpLater = firstDown >= 0 && parts.slice(firstDown).includes('..')
  const leadsOut = posix.isAbsolute(target) || isOutside(posix.join(posix.dirname(path), target))
  return leadsOut || goesUpLater ? 'is a link that may lead out of the project' : undefined
}

/** git's own settings name programs that it runs. */
export const isGits = (path: string): boolean => path.split('/')[0]?.toLowerCase() === '.git'

const plainTypes = new Set(['File', 'OldFile', 'ContiguousFile', 'Directory'])

/** Why no such entry is unpacked. Our own archives have none of these: somebody else has made it. */
export function cacheEntryProblem(entry: ReadEntry): string | undefined {
  const name = JSON.stringify(entry.path.slice(0, 200))
  if (isOutside(entry.path)) return `has the entry ${name}, which lies outside of the project`
  if (isGits(posix.normalize(entry.path))) return `has the entry ${name}, which is git's own`
  if (plainTypes.has(entry.type)) return undefined
  if (entry.type !== 'SymbolicLink') return `has the entry ${name} of the kind ${entry.type}`
  const problem = linkProblem(entry.path, entry.linkpath ?? '')
  return problem && `has the entry ${name}, which ${problem}`
}

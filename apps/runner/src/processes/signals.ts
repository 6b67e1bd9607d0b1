import { pause } from '@plinth/kernel'
import {
  descendants,
  identify,
  isAlive,
  ownsItsGroup,
  processesWithVariable,
  type ProcessIdentity,
} from './process-identity.ts'

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone already, which is what was wanted.
  }
}

/**
 * Ends the process and everything below it, at once. It is stopped first and each child before its own children are
 * read, so that nothing is forked away under our hands. A recycled number is never hit: the identity is checked.
 */
export function killTree(root: ProcessIdentity): void {
  if (!isAlive(root)) return
  const stopped: number[] = []
  for (let round = 0; round < 50; round++) {
    const found = [root.pid, ...descendants(root.pid)].filter((pid) => !stopped.includes(pid))
    if (found.length === 0) break
    for (const pid of found) {
      send(pid, 'SIGSTOP')
      stopped.push(pid)
    }
  }
  // Children first: as soon as a parent is gone, they are nobody's and could not be found any more.
  for (const pid of stopped.reverse()) send(pid, 'SIGKILL')
}

/** Kills the process group as well: what put itself under another parent but stayed in the group. */
export function killGroup(leader: ProcessIdentity): void {
  killTree(leader)
  if (ownsItsGroup(leader)) send(-leader.pid, 'SIGKILL')
}

/**
 * Kills what carries the marker in its environment, wherever it put itself: what left its group and its parents, what
 * was started and never noted. A program that hides its environment escapes this, and not the walls of a sandbox.
 */
export function killMarked(variable: string, isMeant: (value: string) => boolean): void {
  for (let round = 0; round < 5; round++) {
    const found = processesWithVariable(variable).filter(({ value }) => isMeant(value))
    if (found.length === 0) return
    for (const { pid } of found) {
      const identity = identify(pid)
      if (identity) killTree(identity)
    }
  }
}

/**
 * The process that a person would call the program: below bubblewrap there is its monitor, then the reaper that is
 * process 1 of the sandbox, then the program. Only the program gets the polite signal; the others would die of it.
 */
export function programOf(root: ProcessIdentity, sandboxed: boolean): number | undefined {
  if (!isAlive(root)) return undefined
  if (!sandboxed) return root.pid
  const [reaper, program] = descendants(root.pid)
  return reaper === undefined ? undefined : program
}

/** Asks politely, waits, then kills. Resolves when nothing of it is left, or after `graceMs` and a second. */
export async function terminate(
  root: ProcessIdentity,
  options: { sandboxed: boolean; graceMs: number },
): Promise<void> {
  const program = programOf(root, options.sandboxed)
  if (program !== undefined) send(program, 'SIGTERM')
  const waitUntil = async (deadlineMs: number): Promise<boolean> => {
    for (; performance.now() < deadlineMs; await pause(20)) if (!isAlive(root)) return true
    return false
  }
  const wasPolite = await waitUntil(performance.now() + options.graceMs)
  if (wasPolite && options.sandboxed) return
  killGroup(root)
  await waitUntil(performance.now() + 1_000)
}

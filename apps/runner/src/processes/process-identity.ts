import { readFileSync, readdirSync } from 'node:fs'

/**
 * A process for good: the kernel gives a number again once its process is gone, but never together with the same
 * start time (clock ticks since boot) in the same boot.
 */
export type ProcessIdentity = { pid: number; startTicks: number; boot: string }

type Stat = { pid: number; state: string; parent: number; startTicks: number; cpuTicks: number; residentPages: number }

let boot: string | undefined
function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return boot
}

/** /proc/<pid>/stat (proc(5)); undefined where there is no such process. The name in brackets may hold anything. */
export function readStat(pid: number): Stat | undefined {
  let line: string
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const field = (number: number): number => Number(fields[number - 3])
  return {
    pid,
    state: fields[0] ?? '?',
    parent: field(4),
    startTicks: field(22),
    cpuTicks: field(14) + field(15),
    residentPages: field(24),
  }
}

export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid)
  return stat && { pid, startTicks: stat.startTicks, boot: bootId() }
}

/** Whether this very process still runs. A zombie does not: it waits for a parent that may be gone. */
export function isAlive(identity: ProcessIdentity): boolean {
  const stat = readStat(identity.pid)
  if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return false
  return stat.startTicks === identity.startTicks && identity.boot === bootId()
}

/** Whether its group can only be its own: same boot, and the number was not given to another process since. */
export function ownsItsGroup(identity: ProcessIdentity): boolean {
  const stat = readStat(identity.pid)
  return identity.boot === bootId() && (stat === undefined || stat.startTicks === identity.startTicks)
}

const processIds = (): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)

/** All processes below this one, parents before children; without the process itself. */
export function descendants(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const pid of processIds()) {
    const stat = readStat(pid)
    if (stat === undefined || stat.state === 'Z') continue
    const siblings = children.get(stat.parent)
    if (siblings) siblings.push(pid)
    else children.set(stat.parent, [pid])
  }
  const found: number[] = []
  const open = [root]
  for (let pid = open.shift(); pid !== undefined; pid = open.shift()) {
    const below = children.get(pid) ?? []
    found.push(...below)
    open.push(...below)
  }
  return found
}

/** The values of an environment variable over all processes that we may look at: finds what was started but never noted. */
export function processesWithVariable(variable: string): { pid: number; value: string }[] {
  const found: { pid: number; value: string }[] = []
  for (const pid of processIds()) {
    try {
      const entry = readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .find((line) => line.startsWith(`${variable}=`))
      if (entry !== undefined) found.push({ pid, value: entry.slice(variable.length + 1) })
    } catch {
      // Gone meanwhile, or not ours.
    }
  }
  return found
}

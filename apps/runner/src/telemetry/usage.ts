import { readFileSync } from 'node:fs'
import { descendants, isAlive, readStat, type ProcessIdentity } from '../processes/process-identity.ts'

export type Usage = { cpuSeconds: number; memoryBytes: number }

/** USER_HZ: what /proc counts in is 1/100 s on every Linux, whatever the kernel's own tick (proc(5), sysconf(3)). */
const ticksPerSecond = 100

/** What a replica and all processes below it use now. */
export function usageOf(root: ProcessIdentity): Usage | undefined {
  if (!isAlive(root)) return undefined
  let cpuTicks = 0
  let memoryBytes = 0
  for (const pid of [root.pid, ...descendants(root.pid)]) {
    cpuTicks += readStat(pid)?.cpuTicks ?? 0
    memoryBytes += residentBytes(pid)
  }
  return { cpuSeconds: cpuTicks / ticksPerSecond, memoryBytes }
}

function residentBytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1_024
  } catch {
    return 0
  }
}

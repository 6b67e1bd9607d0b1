import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { logFile } from './replica-process.ts'

const tailBytes = 4_096
const linesMax = 20

/** The last lines of what a replica wrote: what somebody who asks why it ended wants to read first. */
export function lastLines(logsFolder: string, replica: string): string {
  const lines = (['stdout', 'stderr'] as const).flatMap((stream) => tailOf(logFile(logsFolder, replica, stream)))
  return lines.slice(-linesMax).join('\n')
}

function tailOf(path: string): string[] {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return []
  }
  try {
    const { size } = fstatSync(file)
    const buffer = Buffer.alloc(Math.min(size, tailBytes))
    readSync(file, buffer, 0, buffer.length, size - buffer.length)
    const lines = buffer
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
    return (size > tailBytes ? lines.slice(1) : lines).slice(-linesMax)
  } finally {
    closeSync(file)
  }
}

import { writeSync } from 'node:fs'

const flushMs = 50
const flushBytes = 32_768
const standardOutput = 1

/**
 * Where log lines go: standard output, many lines at a time. A system call for each request's line took a fifth of all
 * that a request costs here. What is held back for these milliseconds is written when the process exits, however it does.
 */
export function bufferedLines(): { write(line: string): void } {
  let held = ''
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    const lines = held
    held = ''
    if (lines !== '') process.stdout.write(lines)
  }
  process.once('exit', () => {
    try {
      if (held !== '') writeSync(standardOutput, held)
    } catch {
      // Nobody reads any more.
    }
  })
  return {
    write(line) {
      held += line
      if (held.length >= flushBytes) flush()
      else timer ??= setTimeout(flush, flushMs).unref()
    },
  }
}

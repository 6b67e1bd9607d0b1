import { spawn } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { root } from './platform/home.ts'

export type Outcome = { code: number; output: string; ms: number }

/**
 * Runs a program of node_modules/.bin (or PATH) in the checkout; `show` lets its output through as it comes, `yielding`
 * lets everything else on the machine go first.
 */
export function run(
  command: string,
  args: readonly string[],
  options: { show?: boolean; yielding?: boolean; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const began = performance.now()
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    if (options.yielding && child.pid !== undefined) yieldToOthers(child.pid)
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += String(chunk)
        if (options.show) process.stdout.write(chunk)
      })
    }
    child.on('error', (error) => resolve({ code: 127, output: String(error), ms: performance.now() - began }))
    child.on('exit', (code) => resolve({ code: code ?? 1, output, ms: performance.now() - began }))
  })
}

/** At once after its start, so that the threads and programs that it starts are born with it. */
function yieldToOthers(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW)
  } catch {
    // It has ended already, or the system has no priorities: only slower for the others.
  }
}

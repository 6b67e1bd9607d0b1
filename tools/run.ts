import { spawn } from 'node:child_process'
import { root } from './platform/home.ts'

export type Outcome = { code: number; output: string; ms: number }

/** Runs a program of node_modules/.bin (or PATH) in the checkout; `show` lets its output through as it comes. */
export function run(
  command: string,
  args: readonly string[],
  options: { show?: boolean; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const began = performance.now()
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
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

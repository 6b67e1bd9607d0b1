import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Starts a script of this folder with arguments and resolves once it has said a line that begins with `sign`. */
export async function startChild(script: string, sign: string, ...parameters: string[]): Promise<ChildProcess> {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(process.execPath, [path, ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  child.stdout?.on('data', (chunk: Buffer) => chunk.toString().startsWith(sign) && resolve())
  child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)))
  await promise
  return child
}

/** kill -9, and its end. */
export async function killChild(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

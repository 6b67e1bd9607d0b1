import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

export type ServiceProcess = { url: string; kill(): Promise<void> }

/** The service as a process of its own, which can be killed at any instruction. */
export async function startProcess(environment: Record<string, string>): Promise<ServiceProcess> {
  const env = { PATH: process.env['PATH'] ?? '', ...environment, PLINTH_LOG_LEVEL: 'error' }
  const child = fork(new URL('../main.ts', import.meta.url), {
    env,
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const url = await ready(child)
  return {
    url,
    async kill() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

async function ready(child: ChildProcess): Promise<string> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the service ended with ${String(code)}`)
  })
  const told = once(child, 'message').then(([message]) => (message as { url: string }).url)
  ended.catch(() => undefined)
  return Promise.race([told, ended])
}

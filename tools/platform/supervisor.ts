import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream, existsSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { backoffMs, pause } from '@plinth/kernel'
import { StartProblem } from './problem.ts'

export type Supervised = {
  name: string
  pid(): number | undefined
  /** Resolves when it answers `/readyz` with 200; rejects when it exits before. */
  ready(deadlineMs: number): Promise<void>
  restarts(): number
  kill(signal: NodeJS.Signals): void
  stop(): Promise<void>
}

type What = { name: string; entry: string; port: number; environment: Record<string, string>; logs: string }

const logSizeBytesMax = 50 * 1024 * 1024

function openLog(path: string): ReturnType<typeof createWriteStream> {
  if (existsSync(path) && statSync(path).size > logSizeBytesMax) renameSync(path, `${path}.1`)
  return createWriteStream(path, { flags: 'a', mode: 0o600 })
}

/** The last lines that say why; messages of JSON lines are unwrapped for people. */
function lastWords(path: string): string {
  if (!existsSync(path)) return ''
  const lines = readFileSync(path, 'utf8').trim().split('\n').slice(-8)
  return lines
    .map((line) => {
      try {
        const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } }
        return err?.message ?? msg ?? line
      } catch {
        return line
      }
    })
    .join('\n    ')
}

/**
 * Keeps one process running: started again with backoff whenever it ends without having been asked to. Each has a
 * process group of its own, so that Ctrl-C reaches only the launcher, which then stops all in order; a launcher that is
 * killed takes them with it, since each ends when its channel to the launcher does.
 */
export function supervise({ name, entry, port, environment, logs }: What): Supervised {
  const logPath = join(logs, `${name}.log`)
  const log = openLog(logPath)
  let child: ChildProcess | undefined
  let stopping = false
  let restarts = 0
  let startedAt = 0
  const gone = Promise.withResolvers<void>()

  const start = (): void => {
    startedAt = Date.now()
    child = spawn(process.execPath, [entry], {
      cwd: environment['PLINTH_DATA_DIR'],
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    child.stdout?.pipe(log, { end: false })
    child.stderr?.pipe(log, { end: false })
    child.once('exit', () => {
      child = undefined
      if (stopping) return gone.resolve()
      restarts = Date.now() - startedAt > 30_000 ? 1 : restarts + 1
      // The first restart is at once: a process that was killed is wanted back now; one that keeps dying waits longer.
      setTimeout(() => (stopping ? gone.resolve() : start()), restarts <= 1 ? 0 : backoffMs(restarts - 1, 200, 5000))
    })
  }
  start()

  return {
    name,
    pid: () => child?.pid,
    restarts: () => restarts,
    kill: (signal) => void child?.kill(signal),
    ready: async (deadlineMs) => {
      for (const deadline = Date.now() + deadlineMs; ;) {
        const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(
          () => undefined,
        )
        if (answer?.ok) return
        if (restarts > 2 || Date.now() > deadline) {
          const state = answer ? `is not ready: ${(await answer.text()).slice(0, 500)}` : 'does not come up'
          throw new StartProblem(`${name} ${state}\n    ${lastWords(logPath)}`, `The whole log is ${logPath}.`)
        }
        await pause(40)
      }
    },
    stop: async () => {
      stopping = true
      if (!child) return
      child.kill('SIGTERM')
      const timer = setTimeout(() => child?.kill('SIGKILL'), 12_000)
      await gone.promise
      clearTimeout(timer)
    },
  }
}

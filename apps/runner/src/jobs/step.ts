import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { identify } from '../processes/process-identity.ts'
import { killGroup, killMarked } from '../processes/signals.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { Tools } from '../sandbox/tools.ts'
import { attemptMarker, type AttemptFolder } from './attempt-folder.ts'
import type { LogStream } from './log-stream.ts'

export type StepParts = {
  sandbox: Sandbox
  tools: Tools
  folder: AttemptFolder
  /** Where the work folder lies as the job sees it. */
  projectFolder: string
  environment: Readonly<Record<string, string>>
  log: LogStream
}

/**
 * Runs a script in a shell of its own and gives its exit code; 128 + n where signal n ended it. When the signal aborts,
 * the whole tree below it is killed. Nothing of the step runs any more when this resolves.
 */
export async function runStep(name: string, script: string, parts: StepParts, signal: AbortSignal): Promise<number> {
  const { sandbox, tools, folder, projectFolder } = parts
  const file = join(folder.scratch, `${name}.sh`)
  writeFileSync(file, script, { mode: 0o600 })
  const inside = sandbox.isIsolating ? '/run/plinth/script.sh' : file
  const child = sandbox.start({
    command: [...tools.shell, inside],
    environment: parts.environment,
    folder: projectFolder,
    walls: {
      binds: [...tools.nodeBinds, ...tools.commandBinds, [file, '/run/plinth/script.sh']],
      writable: [[folder.work, projectFolder]],
      endsWithRunner: true,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    marker: { variable: attemptMarker, value: folder.root },
  })
  child.stdout?.on('data', (chunk: Buffer) => parts.log.write(chunk))
  child.stderr?.on('data', (chunk: Buffer) => parts.log.write(chunk))
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [Error]
    throw new Error(`The shell could not be started: ${error.message}.`, { cause: error })
  }
  const identity = identify(child.pid)
  if (identity) folder.note(identity)
  const kill = (): void => {
    if (identity) killGroup(identity)
    killMarked(attemptMarker, (value) => value === folder.root)
  }
  signal.addEventListener('abort', kill, { once: true })
  if (signal.aborted) kill()
  const closed = once(child, 'close')
  const [code, ended] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  signal.removeEventListener('abort', kill)
  // What the script left in the background holds the pipe open, and must not outlive the step.
  kill()
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 2_000).unref())])
  return code ?? 128 + (ended === null ? 0 : constants.signals[ended])
}

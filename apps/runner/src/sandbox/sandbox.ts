import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bubblewrapArguments, type Walls } from './bubblewrap.ts'

export type Program = {
  command: readonly string[]
  /** All that the program sees of an environment; nothing of the runner's own. */
  environment: Readonly<Record<string, string>>
  /** Where it starts: a path inside the walls, or on the machine where there are none. */
  folder: string
  walls: Walls
  stdio: StdioOptions
  /** Lets a restarted runner find what it started: the one variable of the outermost process. */
  marker: { variable: string; value: string }
}

export type Sandbox = {
  isIsolating: boolean
  /** Why it cannot isolate, for people. */
  reason: string | undefined
  /** Starts the program as the leader of its own session and process group. */
  start(program: Program): ChildProcess
}

const program = 'bwrap'

/** Finds out, by doing it, whether this machine lets us isolate. Asked once, at the start. */
export function detectSandbox(): Sandbox {
  for (const userNamespace of [true, false]) {
    const trial = spawnSync(
      program,
      [...bubblewrapArguments({ userNamespace, binds: [], writable: [], endsWithRunner: true }), 'true'],
      {
        timeout: 5_000,
        env: {},
        encoding: 'utf8',
      },
    )
    if (trial.status === 0)
      return { isIsolating: true, reason: undefined, start: (what) => startWalled(what, userNamespace) }
    if (trial.error !== undefined && 'code' in trial.error && trial.error.code === 'ENOENT') {
      return open('bubblewrap (bwrap) is not installed on the machine of this runner')
    }
  }
  return open('bubblewrap (bwrap) is installed, but the system does not let it make namespaces')
}

/** No walls: for machines without bubblewrap, where the operator or the project accepts that. */
export const open = (reason: string): Sandbox => ({
  isIsolating: false,
  reason,
  start: ({ command: [file = '', ...rest], environment, folder, stdio, marker }) =>
    spawn(file, rest, {
      cwd: folder,
      env: { ...environment, [marker.variable]: marker.value },
      stdio,
      detached: true,
    }),
})

/**
 * The arguments hold the environment, secrets too, so they do not travel in argv, which every user of the machine can
 * read, nor in bubblewrap's own environment, where an LD_PRELOAD of the program would act outside the walls.
 */
function startWalled(what: Program, userNamespace: boolean): ChildProcess {
  const settings = [
    ...bubblewrapArguments({ ...what.walls, userNamespace }),
    '--chdir',
    what.folder,
    '--clearenv',
    ...Object.entries(what.environment).flatMap(([name, value]) => ['--setenv', name, value]),
  ]
  const file = openUnlinked(settings.map((each) => `${each.replaceAll('\0', '')}\0`).join(''))
  const stdio = [...(Array.isArray(what.stdio) ? what.stdio : [what.stdio, what.stdio, what.stdio]), file]
  try {
    return spawn(program, ['--args', String(stdio.length - 1), '--', ...what.command], {
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', [what.marker.variable]: what.marker.value },
      stdio,
      detached: true,
    })
  } finally {
    closeSync(file)
  }
}

/** A file that has no name any more: whoever holds the descriptor reads it, and nobody else ever does. */
function openUnlinked(content: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-'))
  const path = join(folder, 'a')
  try {
    writeFileSync(path, content, { mode: 0o600 })
    return openSync(path, 'r')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

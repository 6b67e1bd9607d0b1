import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { failure } from '@plinth/contracts'

/** A bare repository's folder, absolute; only `repositoryFolder` makes one. */
export type Folder = string & { readonly folder: unique symbol }

/**
 * Settings that no repository can change: nothing of a repository is ever executed, other repositories are never
 * reached, and what is pushed is checked object by object.
 */
const settings: Readonly<Record<string, string>> = {
  'safe.directory': '*',
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.attributesFile': '/dev/null',
  'core.quotePath': 'false',
  'core.logAllRefUpdates': 'false',
  'gc.autoDetach': 'false',
  'protocol.allow': 'never',
  'receive.fsckObjects': 'true',
  'receive.autogc': 'false',
  'receive.advertisePushOptions': 'false',
  'submodule.recurse': 'false',
  'transfer.fsckObjects': 'true',
  'uploadpack.allowFilter': 'true',
}

/** Nothing of our own environment but the way to the programs: no credentials, no user's or system's settings. */
const environment = (extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  ...extra,
})

export type SpawnOptions = {
  env?: Readonly<Record<string, string>>
  /** More settings, over the ones above. */
  config?: Readonly<Record<string, string>>
}

/** Starts git, and nothing else: no shell, no terminal. */
export function spawnGit(
  args: readonly string[],
  { env = {}, config = {} }: SpawnOptions = {},
): ChildProcessWithoutNullStreams {
  const given = Object.entries({ ...settings, ...config }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn('git', [...given, ...args], { env: environment(env), stdio: 'pipe' })
  // Who waits for its end is told; where nobody does, git that can't be started must not end the service.
  child.on('error', () => undefined)
  return child
}

export type RunOptions = SpawnOptions & {
  input?: string | Buffer
  /** Stops reading, and git, once there is more than this; 64 MiB unless given. */
  outputBytesMax?: number
  timeoutMs?: number
}
export type Ran = { code: number; stdout: Buffer; stderr: string; truncated: boolean }

const stderrBytesMax = 16_384
const waitingMax = 500

/** Places among the git processes of this service; a burst waits in line instead of starving the machine. */
function places(atOnceMax: number): () => Promise<() => void> {
  let running = 0
  const waiting: (() => void)[] = []
  return async () => {
    if (running >= atOnceMax) {
      if (waiting.length >= waitingMax) throw failure('platform.unavailable', { retryAfterSeconds: 2 })
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    let isFree = false
    return () => {
      if (isFree) return
      isFree = true
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}

const commandSlot = places(12)
/** Apart from our own commands: an exchange lasts as long as a client's line is slow, and those must not wait for it. */
export const exchangeSlot = places(24)

/** Runs git to its end in a repository. What it means by its exit code is the caller's to say. */
export async function git(folder: Folder, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const free = await commandSlot()
  try {
    return await runGit([`--git-dir=${folder}`, '--literal-pathspecs', ...args], options)
  } finally {
    free()
  }
}

export function runGit(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { input, outputBytesMax = 64 * 1024 * 1024, timeoutMs = 20_000 } = options
  return new Promise((resolve, reject) => {
    const child = spawnGit(args, options)
    const chunks: Buffer[] = []
    let sizeBytes = 0
    let stderr = ''
    let truncated = false
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, timeoutMs)
    child.stdout.on('data', (chunk: Buffer) => {
      const room = outputBytesMax - sizeBytes
      sizeBytes += Math.min(chunk.length, room)
      chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk)
      if (chunk.length > room) {
        truncated = true
        child.kill('SIGKILL')
      }
    })
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr.length < stderrBytesMax) stderr += chunk.toString('utf8')
    })
    // git may end before it has read all of its input; its exit code tells, not the broken pipe.
    child.stdin.on('error', () => undefined)
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code, killedBy) => {
      clearTimeout(timer)
      if (late) reject(failure('platform.timeout', { detail: 'git did not finish in time.' }))
      // Ended by somebody else, say for want of memory: that is no answer, and must not be read as "there is none".
      else if (code === null && !truncated) reject(new Error(`git ${args[0] ?? ''} was ended by ${killedBy}`))
      else resolve({ code: code ?? -1, stdout: Buffer.concat(chunks), stderr, truncated })
    })
    child.stdin.end(input)
  })
}

/** The output of a git command that must succeed; what git said otherwise goes to the log and not to a caller. */
export async function mustGit(folder: Folder, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const ran = await git(folder, args, options)
  if (ran.code !== 0 && !ran.truncated)
    throw new Error(`git ${args[0] ?? ''} ended with ${ran.code}: ${ran.stderr.slice(0, 2_000)}`)
  return ran.stdout.toString('utf8')
}

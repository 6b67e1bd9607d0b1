import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../platform/home.ts'

export type Said = { code: number; stdout: string; stderr: string }

/** A person at a terminal: the command line and git are all that he has. */
export type User = {
  name: string
  dir: string
  /** Runs `plinth …`; `input` goes to its standard input. */
  plinth(args: readonly string[], options?: { input?: string; cwd?: string }): Promise<Said>
  /** The same with `--json`, read; throws with what it said where it failed. */
  ask<T>(args: readonly string[], options?: { input?: string }): Promise<T>
  git(args: readonly string[], cwd?: string): Promise<Said>
  forget(): void
}

function run(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string>; input?: string },
): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env, stdio: ['pipe', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }))
    child.stdin.on('error', () => undefined) // a command that ends without reading what it was given
    child.stdin.end(options.input ?? '')
  })
}

export function user(name: string, url: string): User {
  const dir = mkdtempSync(join(tmpdir(), `plinth-e2e-${name}-`))
  const config = join(dir, '.config')
  mkdirSync(config, { mode: 0o700 })
  const env = {
    PATH: `${join(root, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`,
    HOME: dir,
    PLINTH_CONFIG_DIR: config,
    PLINTH_URL: url,
    NO_COLOR: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: `${name}@example.org`,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: `${name}@example.org`,
    ...(process.env['NODE_COMPILE_CACHE'] && { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] }),
  }
  const plinth: User['plinth'] = (args, options = {}) =>
    run(process.execPath, [join(root, 'apps', 'cli', 'bin', 'plinth.js'), ...args], {
      cwd: options.cwd ?? dir,
      env,
      ...(options.input !== undefined && { input: options.input }),
    })
  return {
    name,
    dir,
    plinth,
    ask: async (args, options) => {
      const said = await plinth(['--json', ...args], options)
      if (said.code !== 0) throw new Error(`plinth ${args.join(' ')} said ${said.code}: ${said.stderr}${said.stdout}`)
      return JSON.parse(said.stdout)
    },
    git: (args, cwd = dir) => run('git', args, { cwd, env }),
    forget: () => rmSync(dir, { recursive: true, force: true }),
  }
}

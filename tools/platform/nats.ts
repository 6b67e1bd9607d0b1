import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { natsServerConfig, type BusUser } from '@plinth/bus'
import type { Home } from './home.ts'
import { StartProblem } from './problem.ts'
import { writePrivate } from './secrets.ts'

const gigabyte = 1024 ** 3
const release = { version: '2.10.29', base: 'https://github.com/nats-io/nats-server/releases/download' }

export type Nats = { url: string; process: ChildProcess; stop(): Promise<void> }

/** Half of the free space and 10 GB at most: a full disk hangs this broker, a full store only refuses. */
function fileStoreLimit(home: Home): number {
  const { bavail, bsize } = statfsSync(home.dir)
  const free = bavail * bsize
  if (free < gigabyte) {
    throw new StartProblem(
      `Only ${Math.round(free / 1024 ** 2)} MB are free under ${home.dir}.`,
      'Free 1 GB at least, or put the state elsewhere: PLINTH_HOME=/another/disk npm start',
    )
  }
  return Math.min(10 * gigabyte, Math.floor(free / 2))
}

const onPath = (program: string): string | undefined =>
  [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']
    .map((dir) => join(dir, program))
    .find((path) => existsSync(path))

/** Debian's package, unpacked without installing it: needs no root. */
function fromDebian(target: string): boolean {
  if (!onPath('apt-get') || !onPath('dpkg-deb')) return false
  const work = mkdtempSync(join(tmpdir(), 'plinth-nats-'))
  try {
    execFileSync('apt-get', ['download', 'nats-server'], { cwd: work, stdio: 'pipe', timeout: 120_000 })
    const [deb] = readdirSync(work).filter((name) => name.endsWith('.deb'))
    if (!deb) return false
    execFileSync('dpkg-deb', ['-x', join(work, deb), join(work, 'root')], { stdio: 'pipe' })
    copyFileSync(join(work, 'root', 'usr', 'sbin', 'nats-server'), target)
    return true
  } catch {
    return false
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function fromHomebrew(target: string): boolean {
  if (!onPath('brew')) return false
  try {
    execFileSync('brew', ['install', 'nats-server'], { stdio: 'pipe', timeout: 300_000 })
    copyFileSync(
      join(execFileSync('brew', ['--prefix', 'nats-server'], { encoding: 'utf8' }).trim(), 'bin', 'nats-server'),
      target,
    )
    return true
  } catch {
    return false
  }
}

/** The project's own release archive, checked against its published SHA-256 list. */
async function fromRelease(target: string): Promise<boolean> {
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? process.arch
  const name = `nats-server-v${release.version}-${process.platform}-${arch}`
  const work = mkdtempSync(join(tmpdir(), 'plinth-nats-'))
  try {
    const get = async (file: string): Promise<Buffer> => {
      const response = await fetch(`${release.base}/v${release.version}/${file}`, {
        signal: AbortSignal.timeout(120_000),
      })
      if (!response.ok) throw new Error(`${response.status}`)
      return Buffer.from(await response.arrayBuffer())
    }
    const [archive, sums] = await Promise.all([get(`${name}.tar.gz`), get('SHA256SUMS')])
    const sum = createHash('sha256').update(archive).digest('hex')
    if (
      !sums
        .toString()
        .split('\n')
        .some((line) => line.startsWith(sum) && line.includes(`${name}.tar.gz`))
    )
      return false
    writeFileSync(join(work, 'nats.tar.gz'), archive)
    execFileSync('tar', ['-xzf', 'nats.tar.gz'], { cwd: work, stdio: 'pipe' })
    copyFileSync(join(work, name, 'nats-server'), target)
    return true
  } catch {
    return false
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** nats-server: from PATH, else fetched once into the platform's own folder. */
export async function natsBinary(home: Home, say: (words: string) => void): Promise<string> {
  const found = process.env['PLINTH_NATS_SERVER'] ?? onPath('nats-server')
  if (found) return found
  const target = home.file('bin/nats-server')
  if (existsSync(target)) return target
  mkdirSync(home.file('bin'), { recursive: true })
  say('fetching nats-server')
  if (fromDebian(target) || fromHomebrew(target) || (await fromRelease(target))) {
    chmodSync(target, 0o755)
    return target
  }
  throw new StartProblem(
    'nats-server is not installed, and none could be fetched.',
    'Install it (Debian: `apt-get update && apt-get install nats-server`; macOS: `brew install nats-server`), or name one: PLINTH_NATS_SERVER=/path/to/nats-server npm start',
  )
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.setTimeout(500)
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
    for (const event of ['error', 'timeout'] as const)
      socket.once(event, () => {
        socket.destroy()
        resolve(false)
      })
  })

/** A broker that a killed launcher left behind holds the store's lock: it is stopped first. */
async function stopLeftover(pidFile: string): Promise<void> {
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8'))
  const alive = (): boolean => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('nats-server')
    } catch {
      return false
    }
  }
  if (alive()) process.kill(pid, 'SIGTERM')
  for (let waited = 0; alive() && waited < 10_000; waited += 50) await new Promise((resolve) => setTimeout(resolve, 50))
}

export async function startNats(
  home: Home,
  options: { binary: string; port: number; users: readonly BusUser[] },
): Promise<Nats> {
  const { binary, port, users } = options
  const pidFile = home.file('nats.pid')
  await stopLeftover(pidFile)
  const storeDir = home.file('nats')
  mkdirSync(storeDir, { recursive: true, mode: 0o700 })
  const config = home.file('nats-server.conf')
  writePrivate(config, natsServerConfig({ port, storeDir, maxFileStoreBytes: fileStoreLimit(home), users }))
  const log = join(home.logs, 'nats.log')
  const output = openSync(log, 'a')
  const child = spawn(binary, ['-c', config, '-P', pidFile], { detached: true, stdio: ['ignore', output, output] })
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  for (const deadline = Date.now() + 15_000; !(await Promise.race([answers(port), failed]));) {
    if (child.exitCode !== null || Date.now() > deadline) {
      const last = readFileSync(log, 'utf8').trim().split('\n').slice(-3).join('\n  ')
      throw new StartProblem(`nats-server did not start: ${last}`, `The whole log is ${log}.`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    url: `nats://127.0.0.1:${port}`,
    process: child,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

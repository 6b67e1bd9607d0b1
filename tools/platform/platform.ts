import { existsSync, readFileSync } from 'node:fs'
import type { BusUser } from '@plinth/bus'
import { openHome, type Home } from './home.ts'
import { natsBinary, startNats } from './nats.ts'
import { claimPublicPort, internalPorts } from './ports.ts'
import { ensureDatabases, startPostgres } from './postgres.ts'
import { StartProblem } from './problem.ts'
import { openSecrets, writePrivate } from './secrets.ts'
import {
  databaseRole,
  entryOf,
  environmentOf,
  processNames,
  provisionerRole,
  withDatabase,
  type ProcessName,
} from './services.ts'
import { supervise, type Supervised } from './supervisor.ts'

export type Admin = { url: string; username: string; password: string }

export type Platform = {
  home: Home
  url: string
  edgePort: number
  admin: Admin
  /** True where this home was never brought up before. */
  firstStart: boolean
  postgresUrl: string
  processes: ReadonlyMap<ProcessName, Supervised>
  stop(): Promise<void>
}

export type PlatformOptions = {
  home?: string
  port?: number
  edgePort?: number
  /** False only for tests: PostgreSQL then does not wait for the disk. */
  durable?: boolean
  say?: (words: string) => void
}

/** One launcher a home: a second one would start a second PostgreSQL on the same files. */
function lockHome(home: Home): void {
  const path = home.file('launcher.pid')
  const pid = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0
  const alive =
    pid > 0 &&
    pid !== process.pid &&
    existsSync(`/proc/${pid}/cmdline`) &&
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('node')
  if (alive) {
    throw new StartProblem(
      `Plinth runs already (process ${pid}) with its state in ${home.dir}.`,
      `Stop it with Ctrl-C where it runs, or \`kill ${pid}\`; or give this one another home: PLINTH_HOME=… npm start`,
    )
  }
  writePrivate(path, String(process.pid))
}

/** Starts everything and resolves when every process answered a real round trip to all that it needs. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const say = options.say ?? (() => undefined)
  const home = openHome(options.home)
  const firstStart = !existsSync(home.file('admin.json'))
  lockHome(home)
  const port = await claimPublicPort(
    options.port ?? Number(process.env['PLINTH_PORT'] ?? 8080),
    'PLINTH_PORT',
    'portal and API',
  )
  const edgePort = await claimPublicPort(
    options.edgePort ?? Number(process.env['PLINTH_EDGE_PORT'] ?? 8081),
    'PLINTH_EDGE_PORT',
    'your services',
  )
  const secrets = openSecrets(home, [...processNames, 'provisioner'])
  const ports = await internalPorts(home, ['postgres', 'nats', ...processNames])
  const portOf = (name: string): number => (name === 'gateway' ? port : (ports[name] ?? 0))
  const started: { stop(): Promise<void> }[] = []
  const stop = async (): Promise<void> => {
    // The last started first: services let go of the broker and the database before those go.
    for (const part of started.reverse()) await part.stop()
    started.length = 0
  }
  try {
    say('PostgreSQL and NATS')
    const whenUp = async <Part extends { stop(): Promise<void> }>(part: Promise<Part>): Promise<Part> => {
      started.push(await part)
      return part
    }
    // Both are waited for even if one fails: what came up late would else be left running.
    const both = [
      whenUp(
        startPostgres(home, {
          port: portOf('postgres'),
          password: secrets.postgres['superuser'] ?? '',
          durable: options.durable ?? true,
        }),
      ),
      whenUp(
        natsBinary(home, say).then((binary) =>
          startNats(home, { binary, port: portOf('nats'), users: busUsers(secrets.nats) }),
        ),
      ),
    ] as const
    await Promise.allSettled(both)
    const [postgres, nats] = await Promise.all(both)
    await ensureDatabases(postgres.superuserUrl, [
      ...withDatabase.map((name) => ({ name: databaseRole(name), password: secrets.postgres[name] ?? '' })),
      {
        name: provisionerRole,
        password: secrets.postgres['provisioner'] ?? '',
        attributes: 'createdb createrole',
        database: false,
      },
    ])
    const url = `http://localhost:${port}`
    const addresses = {
      publicUrl: url,
      edgePort,
      natsUrl: nats.url,
      postgresPort: postgres.port,
      // The gateway's own port is the public one, so the internal one that is kept for it is free for this.
      metricsPort: ports['gateway'] ?? 0,
      ports: { ...ports, gateway: port },
    }
    say('services, runner and portal')
    const processes = new Map<ProcessName, Supervised>()
    for (const name of processNames) {
      const environment = environmentOf(name, home, secrets, addresses)
      processes.set(name, supervise({ name, entry: entryOf(name), port: portOf(name), environment, logs: home.logs }))
    }
    const all = [...processes.values()]
    started.push({ stop: async () => void (await Promise.all(all.map((process) => process.stop()))) })
    let ready = 0
    await Promise.all(
      all.map(async (process) => {
        await process.ready(60_000)
        say(`${++ready} of ${all.length} ready: ${process.name}`)
      }),
    )
    const admin = { url, username: 'admin', password: secrets.adminPassword }
    writePrivate(home.file('admin.json'), `${JSON.stringify(admin, null, 2)}\n`)
    return { home, url, edgePort, admin, firstStart, postgresUrl: postgres.superuserUrl, processes, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const busUsers = (passwords: Readonly<Record<string, string>>): BusUser[] =>
  processNames.map((user) => ({ user, password: passwords[user] ?? '' }))

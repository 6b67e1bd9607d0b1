import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answers } from '@plinth/bus'
import { services } from '@plinth/contracts'
import { asIdentity, testIdentity, testKeys, testNats, testPassword } from '@plinth/testkit'
import pg from 'pg'
import { authorizationAnswers, gatewayProgram, tokens } from '../../apps/schemas/src/clients/test-platform.ts'
import { openHome } from '../platform/home.ts'
import { freePort } from '../platform/ports.ts'
import { startPostgres } from '../platform/postgres.ts'
import { has, pinned } from './gateway-load.ts'

export type Memory = { rss: number; heapUsed: number; external: number }
export type RegistryStage = {
  serviceUrl: string
  gatewayUrl: string
  database: pg.Client
  /** Headers of a program of the project payments, as the gateway would sign them; good for a minute. */
  identity(): Record<string, string>
  /** Of the same program, for the gateway. */
  credential: Record<string, string>
  /** The service on the first processor alone, or on both. */
  pinService(alone: boolean): void
  /** After a collection. */
  memory(): Promise<Memory>
  close(): Promise<void>
}

const environment = (more: Record<string, string>): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
  PLINTH_NATS_PASSWORD: testPassword, PLINTH_METRICS_PORT: '0', ...more,
}) // prettier-ignore

/** The registry as it stands in earnest: PostgreSQL that writes to the disk before it says so, broker, gateway, log lines. */
export async function registryStage(): Promise<RegistryStage> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-schemas-'))
  const postgres = await startPostgres(openHome(folder), { port: await freePort(), password: 'bench', durable: true })
  const nats = await testNats()
  const bus = await nats.bus('test')
  await bus.ensureStream('authorization')
  const authorization = answers(bus, authorizationAnswers())
  await authorization.start()
  const service = await startService(postgres.superuserUrl, nats.url)
  const gateway = await startGateway(nats.url, service.url)
  const database = new pg.Client({ connectionString: postgres.superuserUrl })
  await database.connect()
  const who = testIdentity('sa:payments/orders')
  return {
    serviceUrl: service.url,
    gatewayUrl: gateway.url,
    database,
    identity: () => asIdentity(who),
    credential: { authorization: `Basic ${Buffer.from(`any:${tokens.payments}`).toString('base64')}` },
    pinService(alone) {
      const [command, args] = ['taskset', ['-acp', alone ? '0' : '0-1', String(service.child.pid)]] as const
      if (has(command)) execFileSync(command, args)
    },
    async memory() {
      service.child.send('memory')
      const [memory] = (await once(service.child, 'message')) as [Memory]
      return memory
    },
    async close() {
      gateway.child.kill()
      service.child.disconnect()
      await Promise.all([once(gateway.child, 'exit'), once(service.child, 'exit')])
      await database.end()
      await authorization.stop()
      await nats.close()
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function startService(databaseUrl: string, natsUrl: string): Promise<{ child: ChildProcess; url: string }> {
  const script = fileURLToPath(new URL('schemas-service.ts', import.meta.url))
  const [command, args] = pinned(0, process.execPath, '--expose-gc', script)
  const env = environment({
    PLINTH_DATABASE_URL: databaseUrl, PLINTH_NATS_URL: natsUrl, PLINTH_NATS_USER: 'schemas', PLINTH_PORT: '0',
    PLINTH_IDENTITY_PUBLIC_KEY: testKeys.publicKey,
  }) // prettier-ignore
  // Log lines are written, as in earnest, and thrown away.
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env })
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  return { child, url }
}

async function startGateway(natsUrl: string, serviceUrl: string): Promise<{ child: ChildProcess; url: string }> {
  const port = await freePort()
  const env = environment({
    PLINTH_PORT: String(port), PLINTH_NATS_URL: natsUrl, PLINTH_NATS_USER: 'gateway',
    PLINTH_IDENTITY_PRIVATE_KEY: testKeys.privateKey,
    // The limits are asked and told as ever; only so high that one caller may be the whole load.
    PLINTH_READS_PER_SECOND: '100000', PLINTH_WRITES_PER_SECOND: '100000', PLINTH_REQUESTS_PER_SECOND: '100000',
    PLINTH_REQUESTS_AT_ONCE_MAX: '20000',
    ...Object.fromEntries(services.map((name) => [`PLINTH_UPSTREAM_${name.toUpperCase()}`, serviceUrl])),
  }) // prettier-ignore
  const child = spawn(process.execPath, [gatewayProgram], { stdio: ['ignore', 'ignore', 'inherit'], env })
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(`${url}/healthz`).catch(() => undefined)
    if (answer?.ok === true) return { child, url }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the gateway never answered')
}

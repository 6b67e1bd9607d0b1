// From a committed change of the policy to its enforcement at every gateway: authorization with a real PostgreSQL and
// broker and two gateways, each in a process of its own, and a user whose right comes and goes.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { createClient } from '@plinth/client'
import { asIdentity, quietLogger, testKeys } from '@plinth/testkit'
import { startGateway } from '../../apps/gateway/src/app.ts'
import { gatewayConfig, upstreamNames } from '../../apps/gateway/src/config.ts'
import { testApp, type TestApp } from '../../apps/authorization/src/test-app.ts'
import { postgresVariable, startPostgres } from '../../libs/testkit/src/postgres.ts'
import { duration, figure, printBars, printTable, spread, writeResult } from './lib.ts'

const gatewayCount = 2
const pairs = Number(process.env['PLINTH_BENCH_PAIRS'] ?? 110)
const roles = Number(process.env['PLINTH_BENCH_ROLES'] ?? 10_000)
const barMs = 50

/** `privateKey` is that of the gateways it trusts: made for this run, in its process. */
type Authorization = { url: string; natsUrl: string; rows: number; privateKey: string }
type Ready = { url: string; readyMs: number; heldMs: number }
type Sample = { kind: 'grant' | 'revocation'; fromAnswerMs: number; fromRequestMs: number }

/** One gateway; it tells when it is ready, and for how long the longest hold of its event loop was until then. */
async function gateway(natsUrl: string, upstream: string): Promise<void> {
  const loop = monitorEventLoopDelay({ resolution: 1 })
  const startedAt = performance.now()
  loop.enable()
  const config = gatewayConfig({
    PLINTH_PORT: '0',
    PLINTH_METRICS_PORT: '0',
    PLINTH_NATS_URL: natsUrl,
    PLINTH_NATS_USER: 'gateway',
    PLINTH_NATS_PASSWORD: 'test',
    PLINTH_IDENTITY_PRIVATE_KEY: testKeys.privateKey,
    ...Object.fromEntries(upstreamNames.map((name) => [`PLINTH_UPSTREAM_${name.toUpperCase()}`, upstream])),
  })
  const { url } = await startGateway(config, quietLogger)
  // Modules are read and compiled before; from here on it is the policy that holds it.
  loop.reset()
  while (!(await fetch(`${url}/readyz`)).ok) await new Promise((resolve) => setTimeout(resolve, 5))
  loop.disable()
  process.once('disconnect', () => process.exit(0))
  process.send?.({ url, readyMs: performance.now() - startedAt, heldMs: loop.max / 1e6 } satisfies Ready)
}

async function authorization(): Promise<void> {
  const postgres = await startPostgres()
  process.env[postgresVariable] = postgres.url
  const app = await testApp()
  const rows = await fill(app)
  process.once('disconnect', () => {
    void app
      .close()
      .then(() => postgres.stop())
      .finally(() => process.exit(0))
  })
  process.send?.({
    url: app.url(),
    natsUrl: app.nats.url,
    rows,
    privateKey: testKeys.privateKey,
  } satisfies Authorization)
}

/** Casbin's large policy, beside the seeded one, as rows of the database. */
async function fill(app: TestApp): Promise<number> {
  await app.rows(`insert into policy_rules (id, subject, domain, object, action, effect, created_at, created_by)
    select 'pol_b' || n, 'role:g' || n, '*', 'component/data' || n / 10, 'get', 'allow', now(), 'bench'
    from generate_series(0, ${roles - 1}) n`)
  await app.rows(`insert into bindings (id, subject, role, domain, created_at, created_by)
    select 'bnd_b' || n, 'user:u' || n, 'role:g' || n / 10, '*', now(), 'bench' from generate_series(0, ${roles * 10 - 1}) n`)
  await app.rows('update policy_revision set revision = revision + 1')
  const [counted] = await app.rows('select (select count(*) from policy_rules) + (select count(*) from bindings) as n')
  return Number(counted?.['n'])
}

async function until(url: string, headers: Record<string, string>, status: number): Promise<void> {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline;) {
    const response = await fetch(url, { headers })
    await response.arrayBuffer()
    if (response.status === status) return
    // Whoever asks without a pause takes the time of those who are asked.
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  throw new Error(`${url} did not become ${status} within 10 s`)
}

async function measure({ url: baseUrl, privateKey }: Authorization, gateways: readonly Ready[]): Promise<Sample[]> {
  const admin = createClient({ baseUrl, headers: () => asIdentity('user:admin', { privateKey }) })
  const password = 'probe has a password'
  await admin.createUser({ body: { username: 'probe', password } })
  const { accessToken } = await createClient({ baseUrl }).createSession({ body: { username: 'probe', password } })
  const headers = { authorization: `Bearer ${accessToken}` }
  const samples: Sample[] = []
  const change = async (kind: Sample['kind'], project: string, work: () => Promise<unknown>): Promise<void> => {
    const requestedAt = performance.now()
    let answeredAt = Infinity
    const enforced = gateways.map(async ({ url }) => {
      await until(`${url}/api/v1/projects/${project}`, headers, kind === 'grant' ? 200 : 403)
      return performance.now()
    })
    await work()
    answeredAt = performance.now()
    const last = Math.max(...(await Promise.all(enforced)))
    samples.push({ kind, fromAnswerMs: Math.max(0, last - answeredAt), fromRequestMs: last - requestedAt })
  }
  for (let at = 0; at < pairs; at++) {
    const project = `bench-${at}`
    let binding = ''
    await change('grant', project, async () => {
      const body = { subject: 'user:probe', role: 'role:developer', domain: project }
      binding = (await admin.createBinding({ body })).id
    })
    await change('revocation', project, () => admin.deleteBinding({ params: { binding } }))
  }
  return samples
}

async function started<T>(...args: string[]): Promise<{ child: ChildProcess; told: T }> {
  const child = fork(fileURLToPath(import.meta.url), args, { execArgv: ['--no-warnings'] })
  const [told] = (await once(child, 'message')) as [T]
  return { child, told }
}

function report(rows: number, gateways: readonly Ready[], samples: readonly Sample[]): void {
  const row = (name: string, values: readonly number[]): string[] => {
    const { count, median, p95, p99, max } = spread(values)
    return [name, figure(count), ...[median, p95, p99, max].map((ms) => duration(ms * 1000))]
  }
  const of = (kind: Sample['kind']): number[] =>
    samples.filter((one) => one.kind === kind).map(({ fromAnswerMs }) => fromAnswerMs)
  const committed = samples.map(({ fromAnswerMs }) => fromAnswerMs)
  printTable(
    `Propagation of the policy, ${figure(rows)} rows, ${gatewayCount} gateways`,
    ['until the last gateway enforces it', 'changes', 'median', 'p95', 'p99', 'max'],
    [
      row('a grant, from its answer', of('grant')),
      row('a revocation, from its answer', of('revocation')),
      row('both, from the request, with its transaction', samples.map(({ fromRequestMs }) => fromRequestMs)), // prettier-ignore
    ],
  )
  const held = Math.max(...gateways.map(({ heldMs }) => heldMs))
  const { p99 } = spread(committed)
  printBars([
    { what: 'committed to enforced, p99', bar: `<= ${barMs} ms`, measured: duration(p99 * 1000), met: p99 <= barMs },
    { what: 'event loop held while the whole policy loads', bar: 'stated', measured: duration(held * 1000), met: true },
  ])
  console.log(writeResult('propagation', { rows, gateways, samples }))
}

async function main(): Promise<void> {
  const service = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await once(service.listen(0, '127.0.0.1'), 'listening')
  const address = service.address()
  const upstream = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const authorized = await started<Authorization>('authorization')
  const { natsUrl, rows } = authorized.told
  const gateways = await Promise.all(
    Array.from({ length: gatewayCount }, () => started<Ready>('gateway', natsUrl, upstream)),
  )
  const ready = gateways.map(({ told }) => told)
  try {
    report(rows, ready, await measure(authorized.told, ready))
  } finally {
    for (const { child } of gateways) child.disconnect()
    service.close()
    service.closeAllConnections()
    authorized.child.disconnect()
    await once(authorized.child, 'exit')
  }
}

const [role, ...given] = process.argv.slice(2)
if (role === 'gateway') await gateway(given[0] ?? '', given[1] ?? '')
else if (role === 'authorization') await authorization()
else await main()
if (role === undefined) process.exit(0)

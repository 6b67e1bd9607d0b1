/**
 * The gateway with every check on, beside @fastify/http-proxy without any, our own forwarding without any, and nginx as a
 * plain proxy: same service behind, same load, alternating runs, each in a process of its own on the first processor; load
 * and service on the second. Needs wrk.
 *
 *   node tools/bench/gateway.ts [rounds] [seconds] [connections]
 *   node tools/bench/gateway.ts --soak [requests] [idle connections]
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import {
  cpuUsOfTree,
  has,
  loadFully,
  p99AtRate,
  pinned,
  pinSelf,
  startNginx,
  type Loaded,
  type Target,
} from './gateway-load.ts'
import type { Started } from './gateway-parts.ts'
import { duration, figure, median, printBars, printTable, writeResult } from './lib.ts'

const path = '/api/v1/projects/payments'
const isSoak = process.argv[2] === '--soak'
const [first, second, third] = process.argv.slice(isSoak ? 3 : 2).map(Number)
const rounds = first ?? 5
const seconds = second ?? 5
const connections = third ?? 32

type Part = { url: string; started: Started; child: ChildProcess; cpuUs(): Promise<number> }
type Run = Loaded & { variant: string; cpuUsPerRequest: number }

const children: ChildProcess[] = []

async function start(processor: number, ...args: string[]): Promise<Part> {
  const script = fileURLToPath(new URL('gateway-parts.ts', import.meta.url))
  const [command, rest] = pinned(processor, process.execPath, '--expose-gc', script, ...args)
  // Log lines are written, as in earnest, and thrown away.
  const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  children.push(child)
  const { started } = (await told(child)) as { started: Started }
  return { url: `${started.url}${path}`, started, child, cpuUs: async () => cpuOf(await ask(child, 'cpu')) }
}

async function told(child: ChildProcess): Promise<unknown> {
  const [message] = (await once(child, 'message')) as [unknown]
  return message
}

function ask(child: ChildProcess, what: string): Promise<unknown> {
  child.send(what)
  return told(child)
}

const cpuOf = (answer: unknown): number => {
  const { cpu } = answer as { cpu: NodeJS.CpuUsage }
  return cpu.user + cpu.system
}

async function nginx(serviceUrl: string): Promise<Part | undefined> {
  const started = await startNginx(serviceUrl)
  if (started === undefined) {
    console.log('nginx is not installed: its row is left out (apt-get install nginx-light)')
    return undefined
  }
  const { url, child } = started
  children.push(child)
  return { url: `${url}${path}`, started: { url }, child, cpuUs: async () => cpuUsOfTree(child.pid ?? 0) }
}

async function ready({ url, token }: Target): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } }).catch(() => undefined)
    if (response?.ok === true) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${url} never answered`)
}

async function measure(variant: string, part: Part, token: string): Promise<Run> {
  const before = await part.cpuUs()
  const loaded = await loadFully({ url: part.url, token }, connections, seconds)
  return { variant, ...loaded, cpuUsPerRequest: ((await part.cpuUs()) - before) / loaded.requests }
}

async function compare(service: Part, token: string, natsUrl: string): Promise<void> {
  const parts = new Map<string, Part>([['service direct', service]])
  const plain = await nginx(service.started.url)
  if (plain !== undefined) parts.set('nginx, plain proxy', plain)
  for (const name of ['@fastify/http-proxy', 'own proxy, no checks', 'plinth'])
    parts.set(name, await start(0, name, service.started.url, natsUrl))
  for (const part of parts.values()) {
    await ready({ url: part.url, token })
    await loadFully({ url: part.url, token }, connections, 2)
  }
  const names = [...parts.keys()]
  const runs: Run[] = []
  for (let round = 0; round < rounds; round++) {
    // Another order each time, so that none always runs on the warmer machine.
    for (const at of names.keys()) {
      const name = names[(at + round) % names.length] ?? ''
      const part = parts.get(name)
      if (part !== undefined) runs.push(await measure(name, part, token))
    }
  }
  const late = new Map<string, number>()
  for (const [name, part] of parts) {
    const rate = median(runs.filter(({ variant }) => variant === name).map(({ rps }) => rps)) * 0.7
    late.set(name, await p99AtRate({ url: part.url, token }, connections, rate, seconds))
  }
  report(names, runs, late)
}

function report(names: readonly string[], runs: readonly Run[], late: ReadonlyMap<string, number>): void {
  const of = (name: string, pick: (run: Run) => number): number =>
    median(runs.filter(({ variant }) => variant === name).map(pick))
  const rps = (name: string): number => of(name, (run) => run.rps)
  const cpu = (name: string): number => of(name, (run) => run.cpuUsPerRequest)
  printTable(
    `Gateway: ${connections} connections, 1 KB answers, medians of ${rounds} alternating runs of ${seconds} s`,
    ['variant', 'requests/s', 'CPU a request', 'p99 at the most', 'p99 at 70 %', 'failed'],
    names.map((name) => [
      name, figure(rps(name)), duration(cpu(name)), `${figure(of(name, (run) => run.p99Ms))} ms`,
      `${figure(late.get(name) ?? NaN)}${Number.isNaN(late.get(name) ?? NaN) ? '' : ' ms'}`,
      String(runs.filter(({ variant }) => variant === name).reduce((sum, { failed }) => sum + failed, 0)),
    ]), // prettier-ignore
  )
  const faster = rps('plinth') / rps('@fastify/http-proxy')
  const cheaper = cpu('@fastify/http-proxy') / cpu('plinth')
  const over = cpu('plinth') / cpu('own proxy, no checks') - 1
  printBars([
    { what: 'requests/s of @fastify/http-proxy', bar: '>= 2x', measured: `${figure(faster)}x`, met: faster >= 2 },
    { what: 'CPU of @fastify/http-proxy', bar: '>= 2x', measured: `${figure(cheaper)}x`, met: cheaper >= 2 },
    { what: 'CPU over own proxy, no checks', bar: '<= 15 %', measured: `${figure(over * 100)} %`, met: over <= 0.15 },
  ])
  const p99s = Object.fromEntries(late)
  console.log(writeResult('gateway', { connections, seconds, runs, p99s, ratios: { faster, cheaper, over } }))
}

type Memory = { rss: number; heapUsed: number; external: number }

async function soak(service: Part, token: string, natsUrl: string): Promise<void> {
  const [requests, idle] = [first ?? 1_000_000, second ?? 10_000]
  const gateway = await start(0, 'plinth', service.started.url, natsUrl)
  const target = { url: gateway.url, token }
  await ready(target)
  const rows: { when: string; memory: Memory }[] = []
  const note = async (when: string): Promise<void> => {
    const { memory } = (await ask(gateway.child, 'memory')) as { memory: Memory }
    rows.push({ when, memory })
  }
  await loadFully(target, 32, 10)
  await note('warm')
  let [done, failed] = [0, 0]
  while (done < requests) {
    const loaded = await loadFully(target, 32, 10)
    done += loaded.requests
    failed += loaded.failed
  }
  await note(`after ${figure(done)} more requests, ${failed} failed`)
  const sockets: Socket[] = []
  const { hostname, port } = new URL(target.url)
  for (let at = 0; at < idle; at++) {
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    sockets.push(socket.on('error', () => undefined))
  }
  await note(`with ${figure(idle)} idle connections`)
  const loaded = await loadFully(target, 32, 5)
  await note(`with them, after ${figure(loaded.requests)} requests beside`)
  for (const socket of sockets) socket.destroy()
  await loadFully(target, 32, 5)
  await note('without them again')
  const mb = (bytes: number): string => `${figure(bytes / 1_048_576)} MiB`
  printTable(
    'Memory of the gateway, after a collection',
    ['when', 'resident', 'heap', 'external'],
    rows.map(({ when, memory }) => [when, mb(memory.rss), mb(memory.heapUsed), mb(memory.external)]),
  )
  console.log(writeResult('gateway-soak', rows))
}

async function main(): Promise<void> {
  if (!has('wrk')) throw new Error('This needs wrk on PATH (apt-get install wrk)')
  pinSelf()
  const service = await start(1, 'service')
  const { natsUrl = '', token = '' } = (await start(1, 'authorization')).started
  await (isSoak ? soak : compare)(service, token, natsUrl)
}

try {
  await main()
} finally {
  for (const child of children) {
    if (child.connected) child.disconnect()
    else child.kill()
  }
}

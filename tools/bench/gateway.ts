/**
 * The gateway with every check on, beside @fastify/http-proxy without any and our own forwarding without any: same
 * service behind, same load, alternating runs, each in a process of its own.
 *
 *   node tools/bench/gateway.ts [rounds] [seconds]
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createRequire } from 'node:module'
import type { Started, Variant } from './gateway-parts.ts'
import { duration, figure, median, printBars, printTable, writeResult } from './lib.ts'

type Loaded = {
  '2xx': number
  duration: number
  non2xx: number
  errors: number
  timeouts: number
  latency: { p99: number }
}
type Load = { url: string; connections: number; duration: number; headers: Record<string, string> }
// It has no types of its own.
const autocannon = createRequire(import.meta.url)('autocannon') as (load: Load) => Promise<Loaded>

const variants: readonly Variant[] = ['plinth', 'own proxy, no checks', '@fastify/http-proxy']
const rounds = Number(process.argv[2] ?? 5)
const seconds = Number(process.argv[3] ?? 5)
const connections = 50
const path = '/api/v1/projects/payments'

type Part = Started & { process: ChildProcess; cpuUs(): Promise<number> }
type Run = { variant: Variant; rps: number; cpuUsPerRequest: number; p99Ms: number; failed: number }

const children: ChildProcess[] = []

async function start(...args: string[]): Promise<Part> {
  const child = fork(fileURLToPath(new URL('gateway-parts.ts', import.meta.url)), args, {
    // Log lines are written, as in earnest, and thrown away.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  children.push(child)
  const [{ started }] = (await once(child, 'message')) as [{ started: Started }]
  const cpuUs = async (): Promise<number> => {
    child.send('cpu')
    const [{ cpu }] = (await once(child, 'message')) as [{ cpu: NodeJS.CpuUsage }]
    return cpu.user + cpu.system
  }
  return { ...started, process: child, cpuUs }
}

async function load(url: string, token: string, durationSeconds: number) {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' }
  return autocannon({ url: `${url}${path}`, connections, duration: durationSeconds, headers })
}

async function measure(variant: Variant, part: Part, token: string): Promise<Run> {
  const before = await part.cpuUs()
  const result = await load(part.url, token, seconds)
  const cpuUs = (await part.cpuUs()) - before
  return {
    variant,
    rps: result['2xx'] / result.duration,
    cpuUsPerRequest: cpuUs / result['2xx'],
    p99Ms: result.latency.p99,
    failed: result.non2xx + result.errors + result.timeouts,
  }
}

async function ready(url: string, token: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } }).catch(
      () => undefined,
    )
    if (response?.ok === true) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${url} never answered`)
}

async function main(): Promise<void> {
  const service = await start('service')
  const { natsUrl = '', token = '' } = await start('authorization')
  const parts = new Map<Variant, Part>()
  for (const variant of variants) parts.set(variant, await start(variant, service.url, natsUrl))
  for (const part of parts.values()) {
    await ready(part.url, token)
    await load(part.url, token, 2)
  }
  const runs: Run[] = []
  for (let round = 0; round < rounds; round++) {
    // Another order each time, so that none always runs on the warmer machine.
    const order = variants.map((_, at) => variants[(at + round) % variants.length]).filter((name) => name !== undefined)
    for (const variant of order) {
      const part = parts.get(variant)
      if (part !== undefined) runs.push(await measure(variant, part, token))
    }
  }
  report(runs)
}

function report(runs: readonly Run[]): void {
  const of = (variant: Variant, pick: (run: Run) => number): number =>
    median(runs.filter((run) => run.variant === variant).map(pick))
  const rps = (variant: Variant): number => of(variant, (run) => run.rps)
  const cpu = (variant: Variant): number => of(variant, (run) => run.cpuUsPerRequest)
  printTable(
    `Gateway: ${connections} connections, 1 KB answers, medians of ${rounds} alternating runs of ${seconds} s`,
    ['variant', 'requests/s', 'CPU a request', 'p99', 'failed'],
    variants.map((variant) => [
      variant, figure(rps(variant)), duration(cpu(variant)), `${figure(of(variant, (run) => run.p99Ms))} ms`,
      String(runs.filter((run) => run.variant === variant).reduce((sum, run) => sum + run.failed, 0)),
    ]), // prettier-ignore
  )
  const [ours, bare, plugin] = ['plinth', 'own proxy, no checks', '@fastify/http-proxy'] as const
  const faster = rps(ours) / rps(plugin)
  const over = rps(bare) / rps(ours) - 1
  printBars([
    { what: 'requests/s of @fastify/http-proxy', bar: '>= 2x', measured: `${figure(faster)}x`, met: faster >= 2 },
    { what: 'over own proxy without checks', bar: '<= 15 %', measured: `${figure(over * 100)} %`, met: over <= 0.15 },
  ])
  const ratios = { faster, over, cpuOfPlugin: cpu(plugin) / cpu(ours), cpuOver: cpu(ours) / cpu(bare) - 1 }
  const file = writeResult('gateway', { connections, seconds, runs, ratios })
  console.log(`${JSON.stringify(ratios)}\n${existsSync(file) ? file : ''}`)
}

try {
  await main()
} finally {
  for (const child of children) if (child.connected) child.disconnect()
}

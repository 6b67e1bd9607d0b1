/**
 * What the gateway's limits cost a request: each part alone, and all of them as one request passes them. One process, no
 * network; heap that stays is counted over 100,000 requests of one caller.
 *
 *   node --expose-gc tools/bench/limits.ts
 */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { RouteSpec } from '@plinth/contracts'
import { systemClock } from '@plinth/kernel'
import { gatewayConfig, upstreamNames } from '../../apps/gateway/src/config.ts'
import { freshFacts } from '../../apps/gateway/src/door/request-log.ts'
import { CircuitBreaker } from '../../apps/gateway/src/limits/circuit-breaker.ts'
import { clientAddressOf } from '../../apps/gateway/src/limits/client-address.ts'
import { gatewayLimits } from '../../apps/gateway/src/limits/limits.ts'
import { RetryBudget } from '../../apps/gateway/src/limits/retry-budget.ts'
import { countOut } from '../../apps/gateway/src/limits/subject-limits.ts'
import { figure, median, printTable, writeResult } from './lib.ts'

const rounds = 15
const calls = 200_000

/** Microseconds of a call, the median of rounds. */
function timed(work: () => unknown): number {
  const samples = Array.from({ length: rounds }, () => {
    const began = performance.now()
    for (let index = 0; index < calls; index++) work()
    return ((performance.now() - began) * 1_000) / calls
  })
  return median(samples)
}

const plenty = '1000000000'
const config = gatewayConfig({
  PLINTH_NATS_USER: 'gateway', PLINTH_NATS_PASSWORD: 'none', PLINTH_IDENTITY_PRIVATE_KEY: 'none',
  PLINTH_READS_PER_SECOND: plenty, PLINTH_REQUESTS_PER_SECOND: plenty,
  ...Object.fromEntries(upstreamNames.map((name) => [`PLINTH_UPSTREAM_${name.toUpperCase()}`, 'http://127.0.0.1:1'])),
}) // prettier-ignore
const limits = gatewayLimits(config, systemClock)
const spec: RouteSpec = { method: 'GET', path: '/', summary: '', permission: 'authenticated', response: {} }
const countIn = limits.forRoute(spec)
const message = new IncomingMessage(new Socket())
const response = new ServerResponse(message)
const facts = freshFacts(0, 'getProject', 'provisioning', response)
const socket = { remoteAddress: '127.0.0.1' }
const request = { method: 'GET', url: '/api/v1/projects/payments', headers: message.headers, socket, facts }
const behind = { ...request, headers: { 'x-forwarded-for': '198.51.100.7, 127.0.0.2' } }
const breaker = new CircuitBreaker()
const budget = new RetryBudget()
const proxied = clientAddressOf('127.0.0.0/8')

const enter = (): void => {
  facts.startedAtMs = performance.now()
  limits.enter(request)
}
const count = (): void => {
  countIn(facts, 'user:dev')
  countOut(facts)
}
const forward = (): void => {
  breaker.waitMs(performance.now())
  budget.earn()
  breaker.ended('answered', performance.now())
}
const all = (): void => {
  enter()
  count()
  forward()
}
const parts: readonly (readonly [string, () => unknown])[] = [
  ['address: overload, bucket', enter],
  ['subject: bucket, under way, counted out', count],
  ['service: circuit, retry budget', forward],
  ['address behind a trusted proxy', () => proxied(behind)],
  ['**all that an ordinary request passes**', all],
]
for (const [, work] of parts) timed(work)
const figures = parts.map(([what, work]) => ({ what, us: timed(work) }))
globalThis.gc?.()
const before = process.memoryUsage().heapUsed
for (let index = 0; index < 100_000; index++) all()
globalThis.gc?.()
const bytes = Math.max(0, process.memoryUsage().heapUsed - before) / 100_000
printTable('What limits cost a request', ['part', 'us'], figures.map(({ what, us }) => [what, figure(us)])) // prettier-ignore
console.log(`Heap that stays: ${figure(bytes)} bytes a request`)
writeResult('limits', { figures, bytes })
limits.stop()

import { Histogram, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { RequestDurations } from './request-durations.ts'

test('prints exactly what prom-client prints of the same requests', async () => {
  const registry = new Registry()
  const peer = new Histogram({
    name: 'plinth_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer',
    labelNames: ['service', 'operation', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  })
  const own = new RequestDurations()
  for (const [operation, status, ms] of [
    ['getProject', 200, 1],
    ['getProject', 200, 5],
    ['getProject', 404, 250],
    ['listRuns', 503, 64_000],
  ] as const) {
    own.observe(operation, status, ms)
    peer.observe({ service: 'gateway', operation, status }, ms / 1_000)
  }
  expect(own.text()).toBe(await registry.metrics())
})

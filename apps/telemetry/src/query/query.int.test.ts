import { until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readJson } from '../otlp/json.ts'
import { encodeRequest } from '../otlp/messages.ts'
import type { Signal } from '../storage/inserts.ts'
import {
  attribute,
  ledger,
  logsJson,
  metricsJson,
  nanosecondsText,
  startTest,
  tracesJson,
  workload,
} from '../test-support/telemetry.ts'
import type { Log } from './logs.ts'

let service: Awaited<ReturnType<typeof startTest>>
beforeAll(async () => {
  service = await startTest()
}, 60_000)
afterAll(() => service.remove())

const protobuf = (signal: Signal, json: object): Uint8Array =>
  encodeRequest(signal, readJson(signal, Buffer.from(JSON.stringify(json))))
const logs = (query: string, project = 'payments'): Promise<Log[]> =>
  service.items<Log>(`/api/v1/projects/${project}/logs?${query}`)
const traceId = (digit: string): string => digit.repeat(32)
const spanId = (digit: string): string => digit.repeat(16)

describe('queries', () => {
  test('severity is a lower bound and pages go on from the cursor without gap or repeat', async () => {
    const records = Array.from({ length: 25 }, (_, index) => ({
      body: `page ${index}`,
      severity: index % 5 === 0 ? 17 : 9,
      at: 1_000 + Math.floor(Date.now() / 1000) * 1000 - (index % 3) * 1_000,
    }))
    await service.send('logs', logsJson(records), { who: workload({ ...ledger, project: 'paging' }) })
    await until(async () => (await logs('limit=100', 'paging')).length === 25)
    expect((await logs('severity=ERROR', 'paging')).length).toBe(5)
    const seen: string[] = []
    let cursor = ''
    for (let page = 0; page < 10; page++) {
      const { body } = await service.get(
        `/api/v1/projects/paging/logs?limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`,
      )
      seen.push(...(body['items'] as Log[]).map((log) => log.body))
      if (typeof body['nextCursor'] !== 'string') break
      cursor = body['nextCursor']
    }
    expect(seen.length).toBe(25)
    expect(new Set(seen).size).toBe(25)
  })

  test.each([
    `' OR 1=1 --`,
    `\\' OR 1=1 --`,
    `%`,
    `_`,
    `{project:String}`,
    `'); DROP TABLE logs; --`,
    `' UNION ALL SELECT * FROM file('/etc/passwd') --`,
    `\n\t\0`,
    `x' SETTINGS readonly = 0 --`,
  ])('the search %j is text and nothing else', async (search) => {
    expect((await service.send('logs', logsJson([{ body: 'innocent' }]))).status).toBe(200)
    const { status, body } = await service.get(`/api/v1/projects/payments/logs?search=${encodeURIComponent(search)}`)
    expect([status, body['items']]).toEqual([200, []])
  })

  test('wild filters, times and cursors are refused as bad queries', async () => {
    const bad = [
      "environment=dev'--",
      'since=yesterday',
      'since=9999999d&until=x',
      'cursor=AAAA',
      'cursor=%27',
      'limit=5000',
      'severity=LOUD',
      'nope=1',
      'until=2h&since=1h',
      `since=2026-13-45T00:00:00Z`,
    ]
    for (const query of bad) {
      const { status, text } = await service.get(`/api/v1/projects/payments/logs?${query}`)
      expect([query, status]).toEqual([query, 400])
      expect(text).not.toMatch(/SELECT|DB::|Exception/)
    }
    expect((await service.get('/api/v1/projects/payments/metrics?since=7d&stepSeconds=1')).status).toBe(400)
  })

  test('a trace shows only the spans of the asking project, and a foreign one is unknown', async () => {
    const id = traceId('c')
    const at = Date.now()
    const ours = tracesJson([
      {
        traceId: id,
        spanId: spanId('2'),
        parentSpanId: spanId('1'),
        name: 'query',
        kind: 3,
        at: at + 1,
        durationMs: 3,
        error: true,
        attributes: [attribute('db.system', 'postgresql')],
      },
      { traceId: id, spanId: spanId('1'), name: 'POST /transfers', at, durationMs: 10 },
    ])
    await service.send('traces', protobuf('traces', ours))
    await service.send('traces', tracesJson([{ traceId: id, spanId: spanId('3'), name: 'theirs' }]), {
      who: workload({ ...ledger, project: 'treasury' }),
    })
    await service.send('traces', tracesJson([{ traceId: traceId('d'), spanId: spanId('4') }]), {
      who: workload({ ...ledger, project: 'treasury' }),
    })
    await until(async () => (await service.get(`/api/v1/projects/treasury/traces/${traceId('d')}`)).status === 200)
    const spans = await until(async () => {
      const all = await service.items<Record<string, unknown>>(`/api/v1/projects/payments/traces/${id}`)
      return all.length === 2 && all
    })
    expect(spans).toMatchObject([
      { name: 'POST /transfers', kind: 'SERVER', service: 'ledger', durationMs: 10, status: 'UNSET' },
      {
        name: 'query',
        parentSpanId: spanId('1'),
        kind: 'CLIENT',
        status: 'ERROR',
        statusMessage: 'failed',
        attributes: { 'db.system': 'postgresql' },
      },
    ])
    const foreign = await service.get(`/api/v1/projects/payments/traces/${traceId('d')}`)
    expect([foreign.status, foreign.body['code']]).toEqual([404, 'telemetry.trace_unknown'])
    const list = (query: string): Promise<unknown[]> => service.items(`/api/v1/projects/payments/traces?${query}`)
    expect(await list('search=TRANSFERS')).toMatchObject([
      { traceId: id, rootName: 'POST /transfers', workload: 'ledger', durationMs: 10, spans: 2, errors: 1 },
    ])
    expect(await list('errorsOnly=true&workload=ledger&environment=development&minDurationMs=9')).toMatchObject([
      { traceId: id },
    ])
    expect(await list('minDurationMs=5000')).toEqual([])
    expect(await list('environment=production')).toEqual([])
  })

  test('metrics are the gauges of the runner and the requests, errors and durations of spans', async () => {
    const who = workload({ ...ledger, project: 'metering' })
    const at = Date.now()
    const spans = Array.from({ length: 20 }, (_, index) => ({
      traceId: traceId('e'),
      spanId: (index + 16).toString(16).padStart(16, '0'),
      at,
      durationMs: index + 1,
      error: index < 3,
    }))
    await service.send('traces', tracesJson(spans), { who })
    const gauge = (replica: string, asDouble: number): object => ({
      timeUnixNano: nanosecondsText(at),
      asDouble,
      attributes: [attribute('replica', replica)],
    })
    const total = (value: number, seconds: number): object => ({
      startTimeUnixNano: nanosecondsText(at - 60_000),
      timeUnixNano: nanosecondsText(at - seconds * 1_000),
      asInt: String(value),
    })
    const metrics = metricsJson([
      { name: 'plinth.workload.memory.usage', unit: 'By', gauge: { dataPoints: [gauge('a', 100), gauge('b', 50)] } },
      {
        name: 'plinth.workload.requests',
        unit: '1',
        sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [total(10, 20), total(15, 10), total(30, 0)] },
      },
      {
        name: 'latency',
        unit: 'ms',
        histogram: {
          aggregationTemporality: 1,
          dataPoints: [
            { timeUnixNano: nanosecondsText(at), count: '3', sum: 4.5, bucketCounts: ['1', '2'], explicitBounds: [1] },
          ],
        },
      },
    ])
    expect(await (await service.send('metrics', protobuf('metrics', metrics), { who })).text()).toBe('')
    type Series = { name: string; unit: string; labels: object; points: [number, number][] }
    const series = await until(async () => {
      const all = await service.items<Series>(
        '/api/v1/projects/metering/metrics?since=5m&stepSeconds=5&workload=ledger',
      )
      const expected = ['requests', 'plinth.workload.memory.usage', 'plinth.workload.requests']
      return expected.every((name) => all.some((each) => each.name === name)) && all
    })
    const sum = (name: string): number =>
      series.find((each) => each.name === name)?.points.reduce((total_, [, value]) => total_ + value, 0) ?? NaN
    expect(series[0]).toMatchObject({
      name: 'requests',
      unit: '1',
      labels: { environment: 'development', workload: 'ledger' },
    })
    expect([
      sum('requests'),
      sum('errors'),
      sum('plinth.workload.memory.usage'),
      sum('plinth.workload.requests'),
    ]).toEqual([20, 3, 150, 20])
    expect(sum('duration.p95')).toBeGreaterThan(17)
    expect(sum('duration.p95')).toBeLessThanOrEqual(20)
  })

  test('readiness asks the store', async () => {
    expect((await service.get('/readyz')).body).toMatchObject({ ready: true })
  })
})

describe('the live tail', () => {
  test('shows matching records of the project as they arrive, and no others', async () => {
    const { response, read, stop } = await service.tail(
      '/api/v1/projects/payments/logs/tail?workload=ledger&search=Tail',
    )
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    await until(async () => {
      await service.send('logs', logsJson([{ body: 'foreign tail' }]), {
        who: workload({ ...ledger, project: 'treasury' }),
      })
      await service.send('logs', logsJson([{ body: 'other' }, { body: 'my tail', severity: 17 }]))
      return read().includes('my tail')
    })
    expect(read()).not.toMatch(/foreign|other/)
    expect(read()).toContain('"severity":"ERROR"')
    stop()
  })
})

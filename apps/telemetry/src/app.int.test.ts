import { gzipSync } from 'node:zlib'
import { testIdentity, until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readJson } from './otlp/json.ts'
import { decodeRequest, encodeRequest } from './otlp/messages.ts'
import type { Signal } from './storage/inserts.ts'
import { attribute, ledger, logsJson, metricsJson, nanosecondsText, startTest, tracesJson, workload } from './test-support/telemetry.ts'
import type { Log } from './query/logs.ts'

let service: Awaited<ReturnType<typeof startTest>>
beforeAll(async () => {
  service = await startTest()
}, 60_000)
afterAll(() => service.remove())

const protobuf = (signal: Signal, json: object): Uint8Array => encodeRequest(signal, readJson(signal, Buffer.from(JSON.stringify(json))))
const logs = (query: string, project = 'payments'): Promise<Log[]> => service.items<Log>(`/api/v1/projects/${project}/logs?${query}`)
const traceId = (digit: string): string => digit.repeat(32)
const spanId = (digit: string): string => digit.repeat(16)

describe('OTLP', () => {
  test.each([
    ['JSON', (json: object) => json, 'application/json'],
    ['protobuf', (json: object) => protobuf('logs', json), 'application/x-protobuf'],
  ])('%s log records are answered with an empty success of the same type and found by query', async (name, encode, type) => {
    const body = `hello from ${name}`
    const answer = await service.send('logs', encode(logsJson([{ body, severity: 13, traceId: traceId('a') }])))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe(type)
    expect(await answer.text()).toBe(name === 'JSON' ? '{}' : '')
    const [found] = await until(async () => {
      const all = await logs(`search=${encodeURIComponent(body.toUpperCase())}`)
      return all.length > 0 && all
    })
    expect(found).toMatchObject({ body, severity: 'WARN', traceId: traceId('a'), environment: 'development', workload: 'ledger', deployment: 'dep_1' })
  })

  test('a gzip body is taken, with a charset in its content type', async () => {
    const body = gzipSync(JSON.stringify(logsJson([{ body: 'compressed' }])))
    const answer = await service.send('logs', body, { type: 'application/json; charset=utf-8', headers: { 'content-encoding': 'gzip' } })
    expect([answer.status, await answer.text()]).toEqual([200, '{}'])
    await until(async () => (await logs('search=compressed')).length === 1)
  })

  test.each(['traces', 'metrics', 'logs'] as const)('an empty %s request succeeds', async (signal) => {
    expect((await service.send(signal, new Uint8Array())).status).toBe(200)
    expect((await service.send(signal, {})).status).toBe(200)
  })

  test('invalid spans are counted in a partial success and the others are kept', async () => {
    const json = tracesJson([
      { traceId: traceId('b'), spanId: spanId('1') },
      { traceId: traceId('0'), spanId: spanId('1') },
      { traceId: 'abcd', spanId: spanId('2') },
    ])
    const answer = await service.send('traces', json)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ partialSuccess: { rejectedSpans: '2', errorMessage: expect.stringContaining('2 rejected') } })
    await until(async () => (await service.get(`/api/v1/projects/payments/traces/${traceId('b')}`)).status === 200)
  })

  test.each([
    ['truncated protobuf', 'traces', Buffer.from([0x0a, 0x7f, 0x01]), {}, 400],
    ['a wrong wire type', 'traces', Buffer.from([0x08, 0x01]), {}, 400],
    ['broken JSON', 'logs', '{"resourceLogs": [', {}, 400],
    ['JSON of another shape', 'logs', { resourceLogs: 'none' }, {}, 400],
    ['JSON with an enum name', 'traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ kind: 'SPAN_KIND_SERVER' }] }] }] }, {}, 400],
    ['JSON nested without end', 'logs', `{"resourceLogs":${'[{"a":'.repeat(5_000)}1${'}]'.repeat(5_000)}}`, {}, 400],
    ['no gzip', 'logs', Buffer.from('plain'), { headers: { 'content-encoding': 'gzip' } }, 400],
    ['an unknown content type', 'logs', 'x', { type: 'text/plain' }, 415],
    ['an unknown encoding', 'logs', {}, { headers: { 'content-encoding': 'br' } }, 415],
  ] as const)('%s is refused with a google.rpc.Status', async (_what, signal, body, sending, status) => {
    const answer = await service.send(signal, body, sending)
    expect(answer.status).toBe(status)
    if (answer.headers.get('content-type') === 'application/json') expect(await answer.json()).toMatchObject({ code: 3, message: expect.any(String) })
    else expect(decodeStatus(new Uint8Array(await answer.arrayBuffer()))).toBe(3)
  })

  test('a gzip bomb is refused with 413 before it is unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024), { level: 1 })
    const answer = await service.send('logs', bomb, { headers: { 'content-encoding': 'gzip' } })
    expect(answer.status).toBe(413)
  })

  test('a chunked body past the limit is refused with 413', async () => {
    const chunk = Buffer.alloc(1024 * 1024)
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(chunk)
      },
    })
    const outcome = await service.stream('logs', body)
    // A sender that does not read while it writes sees the connection close instead.
    expect([413, 'closed']).toContain(outcome)
  })

  test('a caller whose token was not made for a deployment gets 403', async () => {
    const answer = await service.send('logs', logsJson([{ body: 'no claims' }]), { who: testIdentity('user:ana') })
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ code: 7, message: expect.stringContaining('gateway.permission_denied') })
  })

  test('what a payload says about itself never overrides whose token sent it', async () => {
    const spoof = [attribute('plinth.project', 'treasury'), attribute('plinth.environment', 'production'), attribute('project', 'treasury')]
    await service.send('logs', logsJson([{ body: 'spoofed' }], spoof))
    // An envelope around an envelope: the fields that stamp a record are out of the payload's reach.
    const envelopeFields = Buffer.concat([Buffer.from([0x0a, 0x00]), protobuf('logs', logsJson([{ body: 'spoofed raw' }]))])
    await service.send('logs', envelopeFields)
    const found = await until(async () => {
      const all = await logs('search=spoofed')
      return all.length === 2 && all
    })
    expect(found.every(({ environment, deployment }) => environment === 'development' && deployment === 'dep_1')).toBe(true)
    expect(await logs('search=spoofed', 'treasury')).toEqual([])
  })

  test('the runner without claims speaks for each workload that its resources name, and for nothing else', async () => {
    const named = ['project', 'environment', 'workload', 'deployment'].map((name) => attribute(`plinth.${name}`, { project: 'treasury', environment: 'staging', workload: 'vault', deployment: 'dep_9' }[name] ?? ''))
    const known = logsJson([{ body: 'from the runner' }], named) as { resourceLogs: object[] }
    const unknown = logsJson([{ body: 'from nowhere' }]) as { resourceLogs: object[] }
    const answer = await service.send('logs', { resourceLogs: [...known.resourceLogs, ...unknown.resourceLogs] }, { who: testIdentity('sa:platform/runner') })
    expect(await answer.json()).toMatchObject({ partialSuccess: { rejectedLogRecords: '1' } })
    const [found] = await until(async () => {
      const all = await logs('search=runner', 'treasury')
      return all.length > 0 && all
    })
    expect(found).toMatchObject({ environment: 'staging', workload: 'vault', deployment: 'dep_9' })
  })

  test('compound attribute values and bodies are kept as JSON text, from JSON and from protobuf', async () => {
    const body = { kvlistValue: { values: [{ key: 'order', value: { intValue: '7' } }, { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'a' }, { boolValue: true }] } } }] } }
    const json = logsJson([{ body }])
    await service.send('logs', json)
    await service.send('logs', encodeRequest('logs', decodeRequest('logs', protobuf('logs', json))))
    const found = await until(async () => {
      const all = await logs('search=tags')
      return all.length === 2 && all
    })
    expect(found.map(({ body: text }) => JSON.parse(text))).toEqual(Array(2).fill({ order: 7, tags: ['a', true] }))
  })
})

describe('queries', () => {
  test('severity is a lower bound and pages go on from the cursor without gap or repeat', async () => {
    const records = Array.from({ length: 25 }, (_, index) => ({ body: `page ${index}`, severity: index % 5 === 0 ? 17 : 9, at: 1_000 + Math.floor(Date.now() / 1000) * 1000 - (index % 3) * 1_000 }))
    await service.send('logs', logsJson(records), { who: workload({ ...ledger, project: 'paging' }) })
    await until(async () => (await logs('limit=100', 'paging')).length === 25)
    expect((await logs('severity=ERROR', 'paging')).length).toBe(5)
    const seen: string[] = []
    let cursor = ''
    for (let page = 0; page < 10; page++) {
      const { body } = await service.get(`/api/v1/projects/paging/logs?limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`)
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
    const bad = ["environment=dev'--", 'since=yesterday', 'since=9999999d&until=x', 'cursor=AAAA', 'cursor=%27', 'limit=5000', 'severity=LOUD', 'nope=1', 'until=2h&since=1h', `since=2026-13-45T00:00:00Z`]
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
      { traceId: id, spanId: spanId('2'), parentSpanId: spanId('1'), name: 'query', kind: 3, at: at + 1, durationMs: 3, error: true, attributes: [attribute('db.system', 'postgresql')] },
      { traceId: id, spanId: spanId('1'), name: 'POST /transfers', at, durationMs: 10 },
    ])
    await service.send('traces', protobuf('traces', ours))
    await service.send('traces', tracesJson([{ traceId: id, spanId: spanId('3'), name: 'theirs' }]), { who: workload({ ...ledger, project: 'treasury' }) })
    await service.send('traces', tracesJson([{ traceId: traceId('d'), spanId: spanId('4') }]), { who: workload({ ...ledger, project: 'treasury' }) })
    await until(async () => (await service.get(`/api/v1/projects/treasury/traces/${traceId('d')}`)).status === 200)
    const spans = await until(async () => {
      const all = await service.items<Record<string, unknown>>(`/api/v1/projects/payments/traces/${id}`)
      return all.length === 2 && all
    })
    expect(spans).toMatchObject([
      { name: 'POST /transfers', kind: 'SERVER', service: 'ledger', durationMs: 10, status: 'UNSET' },
      { name: 'query', parentSpanId: spanId('1'), kind: 'CLIENT', status: 'ERROR', statusMessage: 'failed', attributes: { 'db.system': 'postgresql' } },
    ])
    const foreign = await service.get(`/api/v1/projects/payments/traces/${traceId('d')}`)
    expect([foreign.status, foreign.body['code']]).toEqual([404, 'telemetry.trace_unknown'])
    const list = (query: string): Promise<unknown[]> => service.items(`/api/v1/projects/payments/traces?${query}`)
    expect(await list('search=TRANSFERS')).toMatchObject([{ traceId: id, rootName: 'POST /transfers', workload: 'ledger', durationMs: 10, spans: 2, errors: 1 }])
    expect(await list('errorsOnly=true&workload=ledger&environment=development&minDurationMs=9')).toMatchObject([{ traceId: id }])
    expect(await list('minDurationMs=5000')).toEqual([])
    expect(await list('environment=production')).toEqual([])
  })

  test('metrics are the gauges of the runner and the requests, errors and durations of spans', async () => {
    const who = workload({ ...ledger, project: 'metering' })
    const at = Date.now()
    const spans = Array.from({ length: 20 }, (_, index) => ({ traceId: traceId('e'), spanId: (index + 16).toString(16).padStart(16, '0'), at, durationMs: index + 1, error: index < 3 }))
    await service.send('traces', tracesJson(spans), { who })
    const gauge = (replica: string, asDouble: number): object => ({ timeUnixNano: nanosecondsText(at), asDouble, attributes: [attribute('replica', replica)] })
    const total = (value: number, seconds: number): object => ({ startTimeUnixNano: nanosecondsText(at - 60_000), timeUnixNano: nanosecondsText(at - seconds * 1_000), asInt: String(value) })
    const metrics = metricsJson([
      { name: 'plinth.workload.memory.usage', unit: 'By', gauge: { dataPoints: [gauge('a', 100), gauge('b', 50)] } },
      { name: 'plinth.workload.requests', unit: '1', sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [total(10, 20), total(15, 10), total(30, 0)] } },
      { name: 'latency', unit: 'ms', histogram: { aggregationTemporality: 1, dataPoints: [{ timeUnixNano: nanosecondsText(at), count: '3', sum: 4.5, bucketCounts: ['1', '2'], explicitBounds: [1] }] } },
    ])
    expect(await (await service.send('metrics', protobuf('metrics', metrics), { who })).text()).toBe('')
    type Series = { name: string; unit: string; labels: object; points: [number, number][] }
    const series = await until(async () => {
      const all = await service.items<Series>('/api/v1/projects/metering/metrics?since=5m&stepSeconds=5&workload=ledger')
      return all.some(({ name }) => name === 'requests') && all.some(({ name }) => name === 'plinth.workload.requests') && all
    })
    const sum = (name: string): number => series.find((each) => each.name === name)?.points.reduce((total_, [, value]) => total_ + value, 0) ?? NaN
    expect(series[0]).toMatchObject({ name: 'requests', unit: '1', labels: { environment: 'development', workload: 'ledger' } })
    expect([sum('requests'), sum('errors'), sum('plinth.workload.memory.usage'), sum('plinth.workload.requests')]).toEqual([20, 3, 150, 20])
    expect(sum('duration.p95')).toBeGreaterThan(17)
    expect(sum('duration.p95')).toBeLessThanOrEqual(20)
  })

  test('readiness asks the store', async () => {
    expect((await service.get('/readyz')).body).toMatchObject({ ready: true })
  })
})

describe('the live tail', () => {
  test('shows matching records of the project as they arrive, and no others', async () => {
    const { response, read, stop } = await service.tail('/api/v1/projects/payments/logs/tail?workload=ledger&search=Tail')
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    await until(async () => {
      await service.send('logs', logsJson([{ body: 'foreign tail' }]), { who: workload({ ...ledger, project: 'treasury' }) })
      await service.send('logs', logsJson([{ body: 'other' }, { body: 'my tail', severity: 17 }]))
      return read().includes('my tail')
    })
    expect(read()).not.toMatch(/foreign|other/)
    expect(read()).toContain('"severity":"ERROR"')
    stop()
  })
})

function decodeStatus(bytes: Uint8Array): number | undefined {
  return bytes[0] === 8 ? bytes[1] : undefined
}

import { gzipSync } from 'node:zlib'
import { testIdentity, until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readJson } from './json.ts'
import { decodeRequest, encodeRequest } from './messages.ts'
import type { Signal } from '../storage/inserts.ts'
import { attribute, logsJson, startTest, tracesJson } from '../test-support/telemetry.ts'
import type { Log } from '../query/logs.ts'

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

describe('OTLP', () => {
  test.each([
    ['JSON', (json: object) => json, 'application/json'],
    ['protobuf', (json: object) => protobuf('logs', json), 'application/x-protobuf'],
  ])(
    '%s log records are answered with an empty success of the same type and found by query',
    async (name, encode, type) => {
      const body = `hello from ${name}`
      const answer = await service.send('logs', encode(logsJson([{ body, severity: 13, traceId: traceId('a') }])))
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe(type)
      expect(await answer.text()).toBe(name === 'JSON' ? '{}' : '')
      const [found] = await until(async () => {
        const all = await logs(`search=${encodeURIComponent(body.toUpperCase())}`)
        return all.length > 0 && all
      })
      expect(found).toMatchObject({
        body,
        severity: 'WARN',
        traceId: traceId('a'),
        environment: 'development',
        workload: 'ledger',
        deployment: 'dep_1',
      })
    },
  )

  test('a gzip body is taken, with a charset in its content type', async () => {
    const body = gzipSync(JSON.stringify(logsJson([{ body: 'compressed' }])))
    const answer = await service.send('logs', body, {
      type: 'application/json; charset=utf-8',
      headers: { 'content-encoding': 'gzip' },
    })
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
    expect(await answer.json()).toMatchObject({
      partialSuccess: { rejectedSpans: '2', errorMessage: expect.stringContaining('2 rejected') },
    })
    await until(async () => (await service.get(`/api/v1/projects/payments/traces/${traceId('b')}`)).status === 200)
  })

  test.each([
    ['truncated protobuf', 'traces', Buffer.from([0x0a, 0x7f, 0x01]), {}, 400],
    ['a wrong wire type', 'traces', Buffer.from([0x08, 0x01]), {}, 400],
    ['broken JSON', 'logs', '{"resourceLogs": [', {}, 400],
    ['JSON of another shape', 'logs', { resourceLogs: 'none' }, {}, 400],
    [
      'JSON with an enum name',
      'traces',
      { resourceSpans: [{ scopeSpans: [{ spans: [{ kind: 'SPAN_KIND_SERVER' }] }] }] },
      {},
      400,
    ],
    ['JSON nested without end', 'logs', `{"resourceLogs":${'[{"a":'.repeat(5_000)}1${'}]'.repeat(5_000)}}`, {}, 400],
    ['no gzip', 'logs', Buffer.from('plain'), { headers: { 'content-encoding': 'gzip' } }, 400],
    ['an unknown content type', 'logs', 'x', { type: 'text/plain' }, 415],
    ['an unknown encoding', 'logs', {}, { headers: { 'content-encoding': 'br' } }, 415],
  ] as const)('%s is refused with a google.rpc.Status', async (_what, signal, body, sending, status) => {
    const answer = await service.send(signal, body, sending)
    expect(answer.status).toBe(status)
    if (answer.headers.get('content-type') === 'application/json')
      expect(await answer.json()).toMatchObject({ code: 3, message: expect.any(String) })
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
    expect(await answer.json()).toMatchObject({
      code: 7,
      message: expect.stringContaining('gateway.permission_denied'),
    })
  })

  test('what a payload says about itself never overrides whose token sent it', async () => {
    const spoof = [
      attribute('plinth.project', 'treasury'),
      attribute('plinth.environment', 'production'),
      attribute('project', 'treasury'),
    ]
    await service.send('logs', logsJson([{ body: 'spoofed' }], spoof))
    // An envelope around an envelope: the fields that stamp a record are out of the payload's reach.
    const envelopeFields = Buffer.concat([
      Buffer.from([0x0a, 0x00]),
      protobuf('logs', logsJson([{ body: 'spoofed raw' }])),
    ])
    await service.send('logs', envelopeFields)
    const found = await until(async () => {
      const all = await logs('search=spoofed')
      return all.length === 2 && all
    })
    expect(found.every(({ environment, deployment }) => environment === 'development' && deployment === 'dep_1')).toBe(
      true,
    )
    expect(await logs('search=spoofed', 'treasury')).toEqual([])
  })

  test('the runner without claims speaks for each workload that its resources name, and for nothing else', async () => {
    const named = ['project', 'environment', 'workload', 'deployment'].map((name) =>
      attribute(
        `plinth.${name}`,
        { project: 'treasury', environment: 'staging', workload: 'vault', deployment: 'dep_9' }[name] ?? '',
      ),
    )
    const known = logsJson([{ body: 'from the runner' }], named) as { resourceLogs: object[] }
    const unknown = logsJson([{ body: 'from nowhere' }]) as { resourceLogs: object[] }
    const answer = await service.send(
      'logs',
      { resourceLogs: [...known.resourceLogs, ...unknown.resourceLogs] },
      { who: testIdentity('sa:platform/runner') },
    )
    expect(await answer.json()).toMatchObject({ partialSuccess: { rejectedLogRecords: '1' } })
    const [found] = await until(async () => {
      const all = await logs('search=runner', 'treasury')
      return all.length > 0 && all
    })
    expect(found).toMatchObject({ environment: 'staging', workload: 'vault', deployment: 'dep_9' })
  })

  test('compound attribute values and bodies are kept as JSON text, from JSON and from protobuf', async () => {
    const body = {
      kvlistValue: {
        values: [
          { key: 'order', value: { intValue: '7' } },
          { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'a' }, { boolValue: true }] } } },
        ],
      },
    }
    const json = logsJson([{ body }])
    await service.send('logs', json)
    await service.send('logs', encodeRequest('logs', decodeRequest('logs', protobuf('logs', json))))
    const found = await until(async () => {
      const all = await logs('search=tags')
      return all.length === 2 && all
    })
    expect(found.map(({ body: text }) => JSON.parse(text))).toEqual([
      { order: 7, tags: ['a', true] },
      { order: 7, tags: ['a', true] },
    ])
  })
})

function decodeStatus(bytes: Uint8Array): number | undefined {
  return bytes[0] === 8 ? bytes[1] : undefined
}

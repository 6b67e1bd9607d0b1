import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bus } from '@plinth/bus'
import { systemClock, type Identity } from '@plinth/kernel'
import { asIdentity, quietLogger, testIdentity, testKeys } from '@plinth/testkit'
import { telemetry } from '../app.ts'
import type { Stamp } from '../stamp.ts'
import type { Signal } from '../storage/inserts.ts'

export const ledger: Stamp = {
  project: 'payments',
  environment: 'development',
  workload: 'ledger',
  deployment: 'dep_1',
}

/** A workload with a token made for its deployment. */
export const workload = (stamp: Stamp = ledger): Identity =>
  testIdentity(`sa:${stamp.project}/${stamp.workload}`, { claims: { ...stamp } })

export const folder = (): Promise<string> => mkdtemp(join(tmpdir(), 'plinth-telemetry-'))

export async function startTest(options: { dataDir?: string; lingerMs?: number; connect?: () => Promise<Bus> } = {}) {
  const dataDir = options.dataDir ?? (await folder())
  const config = {
    host: '127.0.0.1',
    port: 0,
    identityPublicKey: testKeys.publicKey,
    otlpUrl: '',
    clickhouseUrl: '',
    dataDir,
  }
  const { lingerMs = 20, connect } = options
  const given = { config, logger: quietLogger, clock: systemClock, lingerMs }
  const running = await telemetry({ ...given, ...(connect !== undefined && { connect }) })
  return {
    ...running,
    ...calls(running.url),
    dataDir,
    remove: async () => {
      await running.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

type Sending = { who?: Identity; type?: string; headers?: Record<string, string> }

/** Requests to a running service, as the gateway would forward them. */
export function calls(url: string) {
  const send = (
    signal: Signal,
    body: Uint8Array | string | object,
    { who = workload(), type, headers = {} }: Sending = {},
  ): Promise<Response> => {
    const isBytes = body instanceof Uint8Array
    const contentType = type ?? (isBytes ? 'application/x-protobuf' : 'application/json')
    const payload = isBytes ? new Uint8Array(body) : typeof body === 'string' ? body : JSON.stringify(body)
    return fetch(`${url}/otlp/v1/${signal}`, {
      method: 'POST',
      headers: { ...asIdentity(who), 'content-type': contentType, ...headers },
      body: payload,
    })
  }
  const get = async (path: string): Promise<{ status: number; body: Record<string, unknown>; text: string }> => {
    const answer = await fetch(`${url}${path}`, { headers: asIdentity('user:ana') })
    const text = await answer.text()
    return { status: answer.status, body: JSON.parse(text) as Record<string, unknown>, text }
  }
  /** Sends a body without a length; the status, or `closed` when the connection ended first. */
  const stream = async (signal: Signal, body: ReadableStream): Promise<number | 'closed'> => {
    const init = {
      method: 'POST',
      headers: { ...asIdentity(workload()), 'content-type': 'application/json' },
      body,
      duplex: 'half',
    } as const
    return fetch(`${url}/otlp/v1/${signal}`, init).then(
      ({ status }) => status,
      () => 'closed',
    )
  }
  /** Opens an event stream; `read` gives all that has come so far. */
  const tail = async (path: string): Promise<{ response: Response; read(): string; stop(): void }> => {
    const stopping = new AbortController()
    const response = await fetch(`${url}${path}`, { headers: asIdentity('user:ana'), signal: stopping.signal })
    let text = ''
    void (async () => {
      const decoder = new TextDecoder()
      for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
    })().catch(() => undefined)
    return { response, read: () => text, stop: () => stopping.abort() }
  }
  const items = async <T>(path: string): Promise<T[]> => {
    const { status, body, text } = await get(path)
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`)
    return body['items'] as T[]
  }
  return { send, get, items, stream, tail }
}

/** Nanoseconds as OTLP's JSON has them. */
export const nanosecondsText = (milliseconds = Date.now()): string => `${Math.round(milliseconds)}000000`

export const attribute = (key: string, stringValue: string): object => ({ key, value: { stringValue } })
const resource = (attributes: readonly object[] = []): object => ({
  attributes: [attribute('service.name', 'ledger'), ...attributes],
})

type LogFields = { body: unknown; at?: number; severity?: number; traceId?: string; resource?: readonly object[] }
export const logsJson = (records: readonly LogFields[], of: readonly object[] = []): object => ({
  resourceLogs: [
    {
      resource: resource(of),
      scopeLogs: [
        {
          logRecords: records.map(({ body, at, severity = 9, traceId }) => ({
            timeUnixNano: nanosecondsText(at),
            severityNumber: severity,
            body: typeof body === 'string' ? { stringValue: body } : body,
            ...(traceId !== undefined && { traceId }),
          })),
        },
      ],
    },
  ],
})

export type SpanFields = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name?: string
  kind?: number
  at?: number
  durationMs?: number
  error?: boolean
  attributes?: readonly object[]
}
export const tracesJson = (spans: readonly SpanFields[], of: readonly object[] = []): object => ({
  resourceSpans: [
    {
      resource: resource(of),
      scopeSpans: [
        {
          spans: spans.map(
            ({
              traceId,
              spanId,
              parentSpanId,
              name = 'GET /',
              kind = 2,
              at = Date.now(),
              durationMs = 5,
              error,
              attributes = [],
            }) => ({
              traceId,
              spanId,
              ...(parentSpanId !== undefined && { parentSpanId }),
              name,
              kind,
              startTimeUnixNano: nanosecondsText(at),
              endTimeUnixNano: nanosecondsText(at + durationMs),
              attributes,
              ...(error === true && { status: { code: 2, message: 'failed' } }),
            }),
          ),
        },
      ],
    },
  ],
})

export const metricsJson = (metrics: readonly object[]): object => ({
  resourceMetrics: [{ resource: resource(), scopeMetrics: [{ metrics }] }],
})

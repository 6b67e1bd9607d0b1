import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openChdb } from '../../apps/telemetry/src/engine/chdb.ts'
import type { Engine } from '../../apps/telemetry/src/engine/engine.ts'
import { envelope } from '../../apps/telemetry/src/otlp/envelope.ts'
import { encodeRequest, requestFrom } from '../../apps/telemetry/src/otlp/messages.ts'
import { prepare } from '../../apps/telemetry/src/otlp/prepare.ts'
import { getTrace } from '../../apps/telemetry/src/query/traces.ts'
import { inserts } from '../../apps/telemetry/src/storage/inserts.ts'
import { tables } from '../../apps/telemetry/src/storage/tables.ts'
import { duration, figure, printBars, printTable, seededRandom, spread, writeResult } from './lib.ts'

/**
 * Spans into storage, from the protobuf bytes of a request to rows in the table: check, envelope, write, insert. CPU
 * time of the whole process counts, so the figure is per core whatever else the machine does. The network, HTTP and
 * gzip are not part of it.
 */
const stamp = { project: 'payments', environment: 'production', workload: 'ledger', deployment: 'dep_1' }
const spansPerRequest = 1_000
const requestsPerSegment = 50
const segments = Number(process.env['PLINTH_BENCH_SEGMENTS'] ?? 20)
const traceLookups = 300
const spansPerTrace = 8
const random = seededRandom(7)

const word = (of: number): string => `value-${Math.floor(random() * of)}`.padEnd(20, 'x')
const traceIds: Buffer[] = []

/** A request of 1,000 spans with 10 attributes each, as the performance specification of OpenTelemetry has it. */
function request(startMs: number): Uint8Array {
  const spans = Array.from({ length: spansPerRequest }, (_, index) => {
    if (index % spansPerTrace === 0) traceIds.push(randomBytes(16))
    const start = BigInt(Math.round(startMs + index)) * 1_000_000n + BigInt(Math.floor(random() * 1e6))
    return {
      traceId: traceIds.at(-1),
      spanId: randomBytes(8),
      ...(index % spansPerTrace !== 0 && { parentSpanId: randomBytes(8) }),
      name: `GET /resource/${index % 50}`,
      kind: (index % 3) + 1,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + BigInt(Math.floor(random() * 2e7))),
      attributes: Array.from({ length: 10 }, (__, attribute) => ({
        key: `attribute.number.${attribute}`.padEnd(20, '_'),
        value: { stringValue: word(attribute < 8 ? 50 : 5_000) },
      })),
      ...(random() < 0.02 && { status: { code: 2, message: 'deadline exceeded' } }),
    }
  })
  const attributes = [{ key: 'service.name', value: { stringValue: 'ledger' } }]
  return encodeRequest(
    'traces',
    requestFrom('traces', { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] }),
  )
}

async function ingest(
  engine: Engine,
  folder: string,
  number: number,
): Promise<{ spans: number; cpuSeconds: number; wallSeconds: number; bytes: number }> {
  const startMs = Date.now() - (segments - number) * 60_000
  // The making of the load is not measured.
  const requests = Array.from({ length: requestsPerSegment }, () => request(startMs))
  const file = join(folder, `${number}.segment`)
  const cpu = process.cpuUsage()
  const began = performance.now()
  const records = requests.map((bytes, index) => {
    const [part] = prepare('traces', 'protobuf', bytes, stamp).parts
    return envelope(stamp, Math.floor(Date.now() / 1_000), BigInt(index), part?.payload ?? bytes)
  })
  await writeFile(file, records)
  await engine.insert(inserts.traces, file, `bench-${number}`)
  const { user, system } = process.cpuUsage(cpu)
  const wallSeconds = (performance.now() - began) / 1_000
  await rm(file)
  return {
    spans: requestsPerSegment * spansPerRequest,
    cpuSeconds: (user + system) / 1e6,
    wallSeconds,
    bytes: requests.reduce((sum, { length }) => sum + length, 0),
  }
}

async function lookups(engine: Engine): Promise<number[]> {
  const took: number[] = []
  for (let index = 0; index < traceLookups; index++) {
    const id = traceIds[Math.floor(random() * traceIds.length)] ?? Buffer.alloc(16)
    const began = performance.now()
    const { items } = await getTrace(engine, stamp.project, id.toString('hex'))
    took.push((performance.now() - began) * 1_000)
    if (items.length !== spansPerTrace) throw new Error(`a trace has ${items.length} spans, not ${spansPerTrace}`)
  }
  return took
}

const folder = await mkdtemp(join(tmpdir(), 'plinth-bench-telemetry-'))
const engine = await openChdb(join(folder, 'chdb'))
try {
  for (const table of tables) await engine.run(table)
  await ingest(engine, folder, 0)
  const rounds: Awaited<ReturnType<typeof ingest>>[] = []
  for (let number = 1; number < segments; number++) rounds.push(await ingest(engine, folder, number))
  const sum = (member: 'spans' | 'cpuSeconds' | 'wallSeconds' | 'bytes'): number =>
    rounds.reduce((total, round) => total + round[member], 0)
  const spans = sum('spans')
  await engine.run('OPTIMIZE TABLE spans FINAL')
  const [size] = await engine.query(
    "SELECT sum(bytes_on_disk) / sum(rows) AS each FROM system.parts WHERE active AND table = 'spans'",
  )
  const bytesPerSpan = Number(size?.['each'])
  const trace = spread(await lookups(engine))
  const perCore = spans / sum('cpuSeconds')
  const total = segments * requestsPerSegment * spansPerRequest
  printTable(
    `Telemetry: ${figure(total)} spans of ${figure(sum('bytes') / spans)} bytes`,
    ['what', 'figure'],
    [
      ['spans a second and core, bytes to rows', figure(perCore)],
      ['spans a second, wall clock', figure(spans / sum('wallSeconds'))],
      ['bytes a span on disk', figure(bytesPerSpan)],
      ['trace by id, median', duration(trace.median)],
      ['trace by id, p99', duration(trace.p99)],
    ],
  )
  printBars([
    { what: 'spans into storage', bar: '>= 100,000/s per core', measured: figure(perCore), met: perCore >= 100_000 },
    { what: 'size', bar: '<= 40 B a span', measured: figure(bytesPerSpan), met: bytesPerSpan <= 40 },
    {
      what: `trace by id over ${figure(total)} spans`,
      bar: 'p99 <= 25 ms',
      measured: duration(trace.p99),
      met: trace.p99 <= 25_000,
    },
  ])
  console.log(writeResult('telemetry', { perCore, bytesPerSpan, spans: total, trace }))
} finally {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
}

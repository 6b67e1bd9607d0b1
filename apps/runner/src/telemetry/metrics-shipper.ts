import { pause, type Worker } from '@plinth/kernel'
import type { EdgeTable } from '../edge/table.ts'
import type { WorkloadRecord } from '../workloads/record.ts'
import { readyOf } from '../workloads/state.ts'
import { attributes, nanoseconds, send } from './otlp.ts'
import { usageOf } from './usage.ts'

const everyMs = 5_000

type Point = { value: number; labels?: Record<string, string> }
type Reading = { cpuSeconds: number; atMs: number }

/** CPU and memory per replica, requests per workload: every 5 s, and what can't be sent is not kept. */
export function metricsShipper(o: {
  records(): ReadonlyMap<string, WorkloadRecord>
  table: EdgeTable
  intervalMs?: number
}): Worker {
  const stopping = new AbortController()
  const startedAtMs = Date.now()
  const before = new Map<string, Reading>()
  let work: Promise<void> | undefined

  /** As a share of one core: 1.5 is one and a half. */
  function cpuShare(replica: string, cpuSeconds: number): number | undefined {
    const now = { cpuSeconds, atMs: performance.now() }
    const last = before.get(replica)
    before.set(replica, now)
    if (last === undefined) return undefined
    return Math.max(0, (cpuSeconds - last.cpuSeconds) / ((now.atMs - last.atMs) / 1_000))
  }

  function metricsOf(name: string, record: WorkloadRecord): unknown[] {
    const nowMs = Date.now()
    const gauge = (metric: string, unit: string, points: Point[]): unknown[] =>
      points.length === 0
        ? []
        : [{ name: metric, unit, gauge: { dataPoints: points.map((each) => dataPoint(each, nowMs)) } }]
    const sum = (metric: string, value: number): unknown => ({
      name: metric,
      unit: '1',
      sum: {
        // 2: cumulative since startTimeUnixNano (metrics data model, "Temporality").
        aggregationTemporality: 2,
        isMonotonic: true,
        dataPoints: [dataPoint({ value }, nowMs, startedAtMs)],
      },
    })
    const cpu: Point[] = []
    const memory: Point[] = []
    for (const { id, process } of record.replicas) {
      const usage = process && usageOf(process)
      if (usage === undefined) continue
      const share = cpuShare(id, usage.cpuSeconds)
      const labels = { replica: id }
      if (share !== undefined) cpu.push({ value: share, labels })
      memory.push({ value: usage.memoryBytes, labels })
    }
    const figures = o.table.measuresOf(name)
    const durations = figures?.takePercentiles()
    return [
      ...gauge('plinth.workload.cpu.utilization', '1', cpu),
      ...gauge('plinth.workload.memory.usage', 'By', memory),
      ...gauge('plinth.workload.replicas', '1', [{ value: readyOf(record) }]),
      ...(figures
        ? [sum('plinth.workload.requests', figures.requests), sum('plinth.workload.errors', figures.errors)]
        : []),
      ...Object.entries(durations ?? {}).flatMap(([share, value]) =>
        gauge(`plinth.workload.duration.${share}`, 'ms', [{ value }]),
      ),
    ]
  }

  async function ship(name: string, record: WorkloadRecord): Promise<void> {
    const { wish } = record.live ?? record.wanted
    if (record.replicas.length === 0) return
    const resource = {
      'service.name': wish.workload,
      'plinth.project': wish.project,
      'plinth.environment': wish.environment,
      'plinth.workload': wish.workload,
      'plinth.deployment': wish.deployment,
    }
    const scopeMetrics = [{ scope: { name: 'plinth.runner' }, metrics: metricsOf(name, record) }]
    const body = { resourceMetrics: [{ resource: { attributes: attributes(resource) }, scopeMetrics }] }
    await send({ url: wish.telemetryUrl, token: wish.telemetryToken }, 'metrics', body)
  }

  function forgetGone(records: ReadonlyMap<string, WorkloadRecord>): void {
    const alive = new Set([...records.values()].flatMap(({ replicas }) => replicas.map(({ id }) => id)))
    for (const replica of before.keys()) if (!alive.has(replica)) before.delete(replica)
  }

  return {
    name: 'metrics shipper',
    start() {
      work = (async () => {
        for (; !stopping.signal.aborted; await pause(o.intervalMs ?? everyMs, stopping.signal)) {
          const records = o.records()
          forgetGone(records)
          await Promise.all([...records].map(([name, record]) => ship(name, record)))
        }
      })()
    },
    async stop() {
      stopping.abort()
      await work
    },
  }
}

const dataPoint = ({ value, labels }: Point, nowMs: number, startMs?: number): unknown => ({
  asDouble: value,
  timeUnixNano: nanoseconds(nowMs),
  ...(startMs !== undefined && { startTimeUnixNano: nanoseconds(startMs) }),
  attributes: attributes(labels ?? {}),
})

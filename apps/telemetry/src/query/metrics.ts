import type { QueryOf, ResponseOf, telemetryRoutes } from '@plinth/contracts'
import { bind } from '../engine/bind.ts'
import type { Engine, Row } from '../engine/engine.ts'
import { ask, number, text } from './ask.ts'
import { inPlace, inProject, inRange, where, type Condition } from './filter.ts'
import { invalid, rangeOf } from './moments.ts'

type Query = QueryOf<typeof telemetryRoutes.queryMetrics>
type Series = ResponseOf<typeof telemetryRoutes.queryMetrics>['items'][number]
type Steps = { firstSeconds: number; lastSeconds: number; stepSeconds: number }

const hourMs = 3_600_000
/** As Prometheus has it: more points than pixels help nobody. */
const pointsMax = 11_000
const seriesMax = 500
const rowsMax = 200_000

/**
 * Series of the project's workloads in steps, the last hour unless the query says otherwise: requests, errors and
 * durations from server spans, then what the runner measures. Times are those of a step's beginning.
 */
export async function queryMetrics(
  engine: Engine,
  project: string,
  query: Query,
  nowMs: number,
): Promise<{ items: Series[] }> {
  const range = rangeOf(query, nowMs, hourMs)
  const steps = stepsOf(range.sinceMs, range.untilMs ?? nowMs, query.stepSeconds)
  const conditions = (column: 'time' | 'start'): Condition[] => [
    inProject(project),
    ...inPlace(query),
    ...inRange(column, { sinceMs: steps.firstSeconds * 1_000, untilMs: range.untilMs }),
  ]
  const [requests, gauges, sums] = await Promise.all([
    requestSeries(engine, conditions('start'), steps),
    gaugeSeries(engine, conditions('time'), steps),
    sumSeries(engine, conditions('time'), steps),
  ])
  return { items: [...requests, ...gauges, ...sums].slice(0, seriesMax) }
}

function stepsOf(sinceMs: number, untilMs: number, asked: number | undefined): Steps {
  const stepSeconds = asked ?? Math.max(1, Math.ceil((untilMs - sinceMs) / 1_000 / 240))
  const firstSeconds = Math.floor(sinceMs / 1_000 / stepSeconds) * stepSeconds
  const lastSeconds = Math.floor(untilMs / 1_000 / stepSeconds) * stepSeconds
  if ((lastSeconds - firstSeconds) / stepSeconds > pointsMax)
    throw invalid('stepSeconds', `is too small: a series would have more than ${pointsMax} points.`)
  return { firstSeconds, lastSeconds, stepSeconds }
}

const step = (column: 'time' | 'start', { stepSeconds }: Steps): string =>
  bind(`intDiv(toUnixTimestamp64Nano(${column}), {step:Int64} * 1000000000) * {step:Int64}`, { step: stepSeconds })

/** Rate, errors, duration: of server spans, and of roots that nobody called. */
async function requestSeries(engine: Engine, conditions: readonly Condition[], steps: Steps): Promise<Series[]> {
  const rows = await ask(
    engine,
    `
SELECT environment, workload, ${step('start', steps)} AS at, count() AS requests, countIf(status = 2) AS errors,
  quantilesTDigest(0.5, 0.95, 0.99)(duration_ns) AS durations
FROM spans WHERE ${where(conditions)} AND (kind = 2 OR (kind IN (1, 5) AND parent_span_id = unhex('0000000000000000')))
GROUP BY environment, workload, at ORDER BY environment, workload, at LIMIT ${rowsMax}`,
  )
  return groups(rows, ['environment', 'workload']).flatMap(({ labels, rows: own }) => {
    const at = new Map(own.map((row) => [number(row, 'at'), row]))
    const counted = (column: string): Series['points'] =>
      everyStep(steps).map((seconds) => [seconds, number(at.get(seconds) ?? {}, column)])
    const took = (index: number): Series['points'] => own.map((row) => [number(row, 'at'), durationMs(row, index)])
    return [
      { name: 'requests', unit: '1', labels, points: counted('requests') },
      { name: 'errors', unit: '1', labels, points: counted('errors') },
      ...['p50', 'p95', 'p99'].map((share, index) => ({
        name: `duration.${share}`,
        unit: 'ms',
        labels,
        points: took(index),
      })),
    ]
  })
}

const durationMs = (row: Row, index: number): number => {
  const durations: unknown = row['durations']
  return Array.isArray(durations) ? Number(durations[index] ?? 0) / 1e6 : 0
}

function everyStep({ firstSeconds, lastSeconds, stepSeconds }: Steps): number[] {
  return Array.from(
    { length: (lastSeconds - firstSeconds) / stepSeconds + 1 },
    (_, index) => firstSeconds + index * stepSeconds,
  )
}

/** What the runner measures per replica is added up; what it measures per workload is the mean of a step. */
const addedUp = "name IN ('plinth.workload.cpu.utilization', 'plinth.workload.memory.usage')"

async function gaugeSeries(engine: Engine, conditions: readonly Condition[], steps: Steps): Promise<Series[]> {
  const rows = await ask(
    engine,
    `
SELECT name, unit, environment, workload, at, if(${addedUp}, sum(mean), avg(mean)) AS value
FROM (
  SELECT name, unit, environment, workload, ${step('time', steps)} AS at, avg(value) AS mean
  FROM metric_points WHERE ${where(conditions)} AND type = 'gauge' AND startsWith(name, 'plinth.workload.') AND isFinite(value)
  GROUP BY name, unit, environment, workload, deployment, attributes, at
)
GROUP BY name, unit, environment, workload, at ORDER BY name, environment, workload, at LIMIT ${rowsMax}`,
  )
  return named(rows, (row) => number(row, 'value'))
}

/** Running totals, as how much they grew in each step; a new start time begins a new total at zero. */
async function sumSeries(engine: Engine, conditions: readonly Condition[], steps: Steps): Promise<Series[]> {
  const rows = await ask(
    engine,
    `
SELECT name, unit, environment, workload, at, sum(greatest(0, highest - if(before = 0, lowest, before))) AS value
FROM (
  SELECT name, unit, environment, workload, bucket AS at, lowest, highest,
    lagInFrame(highest) OVER (PARTITION BY name, unit, environment, workload, attributes, began ORDER BY bucket ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
  FROM (
    SELECT name, unit, environment, workload, attributes, metric_points.start AS began, ${step('time', steps)} AS bucket, min(value) AS lowest, max(value) AS highest
    FROM metric_points WHERE ${where(conditions)} AND type = 'sum' AND monotonic AND temporality = 2 AND startsWith(name, 'plinth.workload.') AND isFinite(value)
    GROUP BY name, unit, environment, workload, attributes, began, bucket
  )
)
GROUP BY name, unit, environment, workload, at ORDER BY name, environment, workload, at LIMIT ${rowsMax}`,
  )
  return named(rows, (row) => number(row, 'value'))
}

const named = (rows: readonly Row[], value: (row: Row) => number): Series[] =>
  groups(rows, ['name', 'unit', 'environment', 'workload']).map(
    ({ labels: { name = '', unit = '', ...labels }, rows: own }) => ({
      name,
      unit,
      labels,
      points: own.map((row) => [number(row, 'at'), value(row)]),
    }),
  )

function groups(rows: readonly Row[], columns: readonly string[]): { labels: Record<string, string>; rows: Row[] }[] {
  const found = new Map<string, { labels: Record<string, string>; rows: Row[] }>()
  for (const row of rows) {
    const labels = Object.fromEntries(columns.map((column) => [column, text(row, column)]))
    const key = JSON.stringify(labels)
    const group = found.get(key) ?? { labels, rows: [] }
    group.rows.push(row)
    found.set(key, group)
  }
  return [...found.values()]
}

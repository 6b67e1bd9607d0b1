import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { ask } from '../api/queries.ts'
import { Empty } from '../ui/empty.tsx'
import { Load } from '../ui/load.tsx'
import { Card } from '../ui/page.tsx'
import { Chart } from './chart.tsx'
import { byName, type Series } from './series.ts'
import type { Where } from './where.ts'

const refreshMs = 15_000
const steps: Readonly<Record<string, number>> = { '15m': 10, '1h': 30, '6h': 120, '24h': 600, '7d': 3_600 }
const windows: Readonly<Record<string, number>> = {
  '15m': 900,
  '1h': 3_600,
  '6h': 21_600,
  '24h': 86_400,
  '7d': 604_800,
}

function Charts({ items, where }: { items: readonly Series[]; where: Where }) {
  const { project, component, environment } = where
  const syncs = useQuery({
    ...ask('listSyncs', { params: { project, component, environment: environment ?? '' }, query: { limit: 50 } }),
    enabled: environment !== undefined,
  })
  const markers = useMemo(
    () =>
      (syncs.data?.items ?? [])
        .filter(({ state }) => state === 'succeeded')
        .map(({ finishedAt, startedAt, revision }) => ({
          at: Date.parse(finishedAt ?? startedAt) / 1_000,
          text: revision.slice(0, 6),
        })),
    [syncs.data],
  )
  const charts = useMemo(() => byName(items), [items])
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      {charts.map(({ name, unit, series }) => (
        <Card key={name} className="min-w-0 p-4">
          <Chart
            name={name}
            unit={unit}
            series={series}
            markers={markers}
            windowSeconds={windows[where.since] ?? 3_600}
          />
        </Card>
      ))}
    </div>
  )
}

/** Requests, errors, latency, processor and memory, with each deployment as a hairline. */
export function MetricsView({ where }: { where: Where }) {
  const { project, component, environment, since } = where
  const metrics = useQuery({
    ...ask('queryMetrics', {
      params: { project },
      query: {
        workload: component,
        since,
        stepSeconds: steps[since] ?? 30,
        ...(environment !== undefined && { environment }),
      },
    }),
    refetchInterval: refreshMs,
  })
  return (
    <Load of={metrics}>
      {({ items }) =>
        items.every(({ points }) => points.length === 0) ? (
          <Empty title="No measurement yet">
            The runner measures processor and memory by itself; requests, errors and latency come with the first
            request.
          </Empty>
        ) : (
          <Charts items={items} where={where} />
        )
      }
    </Load>
  )
}

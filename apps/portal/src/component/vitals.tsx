import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Answer } from '../api/plinth.ts'
import { ask } from '../api/queries.ts'
import { lastOf, seriesText } from '../telemetry/series.ts'
import { Sparkline } from '../telemetry/sparkline.tsx'
import { Card, Section } from '../ui/page.tsx'
import { useComponentParams } from './use-component.ts'

type Series = Answer<'queryMetrics'>['items'][number]

const shownMax = 4

function Vital({ series }: { series: Series }) {
  return (
    <div className="min-w-0 px-4 py-3">
      <p className="truncate text-xs text-quiet">{[series.name, ...Object.values(series.labels)].join(' ')}</p>
      <p className="numeric text-xl font-semibold">{seriesText(lastOf(series), series.unit)}</p>
      <Sparkline points={series.points} className="mt-1 h-7 w-full text-accent" />
    </div>
  )
}

/** Now, at a glance, of the environment that is furthest along. */
export function Vitals({ environments }: { environments: readonly string[] }) {
  const { project, component } = useComponentParams()
  const environment = environments.at(-1)
  const metrics = useQuery({
    ...ask('queryMetrics', {
      params: { project },
      query: { workload: component, since: '1h', stepSeconds: 60, ...(environment !== undefined && { environment }) },
    }),
    enabled: environment !== undefined,
  })
  const series = metrics.data?.items.filter(({ points }) => points.length > 0).slice(0, shownMax) ?? []
  if (series.length === 0) return null
  const more = (
    <Link
      to="/projects/$project/components/$component/telemetry"
      params={{ project, component }}
      search={{ view: 'metrics', ...(environment !== undefined && { environment }) }}
      className="hover:text-accent"
    >
      All charts
    </Link>
  )
  return (
    <Section title={`Now in ${environment ?? ''}`} aside={more}>
      <Card className="grid grid-cols-2 divide-line max-lg:[&>*:nth-child(n+3)]:border-t max-lg:[&>*:nth-child(n+3)]:border-line lg:grid-cols-4 lg:divide-x">
        {series.map((one) => (
          <Vital key={`${one.name} ${JSON.stringify(one.labels)}`} series={one} />
        ))}
      </Card>
    </Section>
  )
}

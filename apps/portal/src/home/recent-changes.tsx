import { Link } from '@tanstack/react-router'
import type { Line } from '../delivery/stations.ts'
import { Hash } from '../ui/copy.tsx'
import { Empty } from '../ui/empty.tsx'
import { Card, Section } from '../ui/page.tsx'
import { StatusShape, toneOf } from '../ui/status.tsx'
import { Ago } from '../ui/time.tsx'

const shownMax = 8

/** The last deployments of the lines above, over all environments. */
export function RecentChanges({ lines }: { lines: readonly Line[] }) {
  const syncs = lines
    .flatMap(({ environments }) => environments)
    .flatMap(({ project, component, environment, lastSync }) =>
      lastSync ? [{ project, component, environment, lastSync }] : [],
    )
    .toSorted((a, b) => b.lastSync.startedAt.localeCompare(a.lastSync.startedAt))
    .slice(0, shownMax)
  return (
    <Section title="Recent deployments" flush>
      {syncs.length === 0 ? (
        <Empty title="No deployment yet">Each time a version reaches an environment it is noted here.</Empty>
      ) : (
        <Card>
          <ul>
            {syncs.map(({ project, component, environment, lastSync }) => (
              <li key={lastSync.id} className="flex items-start gap-3 border-b border-line px-4 py-2.5 last:border-0">
                <StatusShape
                  tone={toneOf(lastSync.state === 'running' ? 'progressing' : lastSync.state)}
                  className="mt-[3px]"
                />
                <div className="min-w-0 flex-1">
                  <p>
                    <Link
                      to="/projects/$project/components/$component/syncs"
                      params={{ project, component }}
                      className="font-medium hover:text-accent"
                    >
                      {component}
                    </Link>{' '}
                    <Hash value={lastSync.revision} /> to {environment}
                  </p>
                  <p className="text-xs text-quiet">
                    {lastSync.reason} · {lastSync.actor.replace(/^user:/, '')} · <Ago at={lastSync.startedAt} />
                    {lastSync.state === 'failed' && lastSync.detail !== undefined && ` · ${lastSync.detail}`}
                  </p>
                </div>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </Section>
  )
}

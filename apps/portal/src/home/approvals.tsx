import { useQueries } from '@tanstack/react-query'
import { ask } from '../api/queries.ts'
import { ChangeLink } from '../changes/change-link.tsx'
import { Empty } from '../ui/empty.tsx'
import { Card, Section } from '../ui/page.tsx'
import { StatusShape, toneOf } from '../ui/status.tsx'
import { Ago } from '../ui/time.tsx'

const projectsMax = 20

/** What stands open over my projects. Where listing is denied there is nothing that I could approve. */
export function Approvals({ projects }: { projects: readonly string[] }) {
  const asked = useQueries({
    queries: projects
      .slice(0, projectsMax)
      .map((project) => ask('listChangeRequests', { params: { project }, query: { state: 'open', limit: 20 } })),
  })
  const open = asked.flatMap(({ data }) => data?.items ?? []).toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
  return (
    <Section title="Waiting for approval" aside={open.length > 0 && `${open.length} open`} flush>
      {open.length === 0 ? (
        <Empty title="Nothing waits">Promotions and change requests that need somebody's word appear here.</Empty>
      ) : (
        <Card>
          <ul>
            {open.map((change) => (
              <li
                key={`${change.project}/${change.repository}/${change.number}/${change.kind}`}
                className="flex items-start gap-3 border-b border-line px-4 py-2.5 last:border-0"
              >
                <StatusShape tone={toneOf(change.state)} className="mt-[3px]" />
                <div className="min-w-0 flex-1">
                  <ChangeLink change={change} />
                  <p className="text-xs text-quiet">
                    {change.project} · #{change.number} by {change.author.replace(/^user:/, '')} ·{' '}
                    <Ago at={change.createdAt} />
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

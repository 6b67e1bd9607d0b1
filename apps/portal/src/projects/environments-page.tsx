import { useQueries, useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { ask } from '../api/queries.ts'
import { Load } from '../ui/load.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status, toneOfWorkload } from '../ui/status.tsx'

/** The environments in the order in which a version goes through them, each with what runs there. */
export function EnvironmentsPage() {
  const { project } = useParams({ from: '/app/projects/$project/environments' })
  const environments = useQuery(ask('listEnvironments', { params: { project } }))
  const items = environments.data?.items.toSorted((a, b) => a.position - b.position) ?? []
  const workloads = useQueries({
    queries: items.map(({ name }) => ask('listWorkloads', { params: { project, environment: name } })),
  })
  return (
    <Page
      title={`Environments of ${project}`}
      heading="Environments"
      lead="Where this project's components run, in order of promotion."
      cli={`plinth workloads --in ${project}/development`}
    >
      <Load of={environments}>
        {() => (
          <ol className="grid gap-4 md:grid-cols-3">
            {items.map(({ name, tier, automatic }, index) => (
              <li key={name}>
                <Card className="h-full p-4">
                  <h2 className="text-lg font-semibold">
                    <Link
                      to="/projects/$project/environments/$environment"
                      params={{ project, environment: name }}
                      className="hover:text-accent"
                    >
                      {name}
                    </Link>
                  </h2>
                  <p className="text-sm text-quiet">
                    {automatic
                      ? 'A passed pipeline of the default branch deploys here by itself.'
                      : `By promotion, approved (${tier}).`}
                  </p>
                  <ul className="mt-3 flex flex-col gap-1.5">
                    {(workloads[index]?.data?.items ?? []).map(({ workload, state, live, desired }) => (
                      <li key={workload} className="flex items-center justify-between gap-3 text-sm">
                        <Status state={state} tone={toneOfWorkload(state)} text={workload} />
                        <span className="numeric text-quiet">
                          {live.readyReplicas} / {desired.replicas}
                        </span>
                      </li>
                    ))}
                    {workloads[index]?.data?.items.length === 0 && (
                      <li className="text-sm text-quiet">Nothing runs here yet.</li>
                    )}
                  </ul>
                </Card>
              </li>
            ))}
          </ol>
        )}
      </Load>
    </Page>
  )
}

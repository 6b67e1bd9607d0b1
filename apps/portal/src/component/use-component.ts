import { useQueries, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import type { Answer } from '../api/plinth.ts'
import { ask } from '../api/queries.ts'

/** The component that the URL names. */
export const useComponentParams = () => useParams({ from: '/app/projects/$project/components/$component' })

type Workload = Answer<'getWorkload'>

/** Its applications in order of promotion, each with the workload that runs it, where one does. */
export function useEnvironments() {
  const { project, component } = useComponentParams()
  const applications = useQuery(ask('listApplications', { params: { project }, query: { component } }))
  const sorted = applications.data?.items.toSorted((a, b) => a.position - b.position) ?? []
  const workloads = useQueries({
    queries: sorted.map(({ environment }) => ask('listWorkloads', { params: { project, environment } })),
  })
  const workloadIn = (index: number): Workload | undefined =>
    workloads[index]?.data?.items.find((one) => one.component === component)
  return { applications, rows: sorted.map((application, index) => ({ application, workload: workloadIn(index) })) }
}

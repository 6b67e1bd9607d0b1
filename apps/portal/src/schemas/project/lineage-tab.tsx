import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { ask } from '../../api/queries.ts'
import { Empty } from '../../ui/empty.tsx'
import { FilterSelect } from '../../ui/field.tsx'
import { Load } from '../../ui/load.tsx'
import { LineageGraph } from '../shared/lineage-graph.tsx'

/** Who speaks with whom: of the project, and of those in others who speak with it. */
export function LineageTab() {
  const from = '/app/projects/$project/schemas/-/lineage' as const
  const { project } = useParams({ from })
  const { environment } = useSearch({ from })
  const navigate = useNavigate({ from: '/projects/$project/schemas/-/lineage' })
  const environments = useQuery(ask('listEnvironments', { params: { project } }))
  const query = environment === undefined ? {} : { environment }
  const lineage = useQuery(ask('getProjectLineage', { params: { project }, query }))
  return (
    <>
      <div className="mb-4">
        <FilterSelect
          label="Environment"
          value={environment ?? ''}
          onChange={(value) => void navigate({ search: value === '' ? {} : { environment: value }, replace: true })}
          options={(environments.data?.items ?? []).map(({ name }) => name)}
        />
      </div>
      <Load of={lineage}>
        {(data) =>
          data.edges.length === 0 ? (
            <Empty title="Nobody speaks yet">
              A component says in its <code>score.yaml</code> which versions it produces and consumes; from then on it
              stands here.
            </Empty>
          ) : (
            <LineageGraph lineage={data} />
          )
        }
      </Load>
    </>
  )
}

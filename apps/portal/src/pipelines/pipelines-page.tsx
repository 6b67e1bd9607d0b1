import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { ask } from '../api/queries.ts'
import { FilterSelect } from '../ui/field.tsx'
import { Load } from '../ui/load.tsx'
import { Page } from '../ui/page.tsx'
import { PipelineTable } from './pipeline-table.tsx'

export function PipelinesPage() {
  const { project } = useParams({ from: '/app/projects/$project/pipelines' })
  const { repository } = useSearch({ from: '/app/projects/$project/pipelines' })
  const navigate = useNavigate({ from: '/projects/$project/pipelines' })
  const pipelines = useQuery(
    ask('listPipelines', {
      params: { project },
      query: { limit: 100, ...(repository !== undefined && { repository }) },
    }),
  )
  const repositories = useQuery(ask('listRepositories', { params: { project }, query: { limit: 200 } }))
  return (
    <Page
      title={`Pipelines of ${project}`}
      heading="Pipelines"
      lead="What every push ran, and how it went."
      cli={`plinth pipeline list ${project}/${repository ?? 'my-component'}`}
      wide
    >
      <div className="mb-3">
        <FilterSelect
          label="Repository"
          value={repository ?? ''}
          options={repositories.data?.items.map(({ name }) => name) ?? []}
          onChange={(value) => void navigate({ search: value === '' ? {} : { repository: value }, replace: true })}
        />
      </div>
      <Load of={pipelines}>{({ items }) => <PipelineTable pipelines={items} repositories />}</Load>
    </Page>
  )
}

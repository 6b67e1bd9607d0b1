import { useQuery } from '@tanstack/react-query'
import { ask } from '../api/queries.ts'
import { PipelineTable } from '../pipelines/pipeline-table.tsx'
import { Load } from '../ui/load.tsx'
import { useComponentParams } from './use-component.ts'

export function PipelinesTab() {
  const { project, component } = useComponentParams()
  const pipelines = useQuery(ask('listPipelines', { params: { project }, query: { repository: component, limit: 50 } }))
  return <Load of={pipelines}>{({ items }) => <PipelineTable pipelines={items} />}</Load>
}

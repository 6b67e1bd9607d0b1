import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { ask } from '../../api/queries.ts'
import { Empty } from '../../ui/empty.tsx'
import { Load } from '../../ui/load.tsx'
import { LineageGraph } from '../shared/lineage-graph.tsx'

export function SubjectLineageTab() {
  const { project, subject } = useParams({ from: '/app/projects/$project/schemas/$subject/lineage' })
  const lineage = useQuery(ask('getSubjectLineage', { params: { project, subject }, query: {} }))
  return (
    <Load of={lineage}>
      {(data) =>
        data.edges.length === 0 ? (
          <Empty title="Nobody uses it yet">
            Name it in a component's <code>score.yaml</code>: <code>produces: [{subject}:1]</code>
          </Empty>
        ) : (
          <LineageGraph lineage={data} />
        )
      }
    </Load>
  )
}

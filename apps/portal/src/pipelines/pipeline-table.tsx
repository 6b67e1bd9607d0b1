import { Link } from '@tanstack/react-router'
import type { Answer } from '../api/plinth.ts'
import { Hash } from '../ui/copy.tsx'
import { Empty } from '../ui/empty.tsx'
import { Status } from '../ui/status.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { Ago, between } from '../ui/time.tsx'

type Pipeline = Answer<'listPipelines'>['items'][number]

const tests = ({ tests }: Pipeline) => {
  if (!tests) return <span className="text-quiet">–</span>
  return tests.failed > 0 ? <span className="text-failed">{tests.failed} failed</span> : `${tests.passed} passed`
}

const repositoryColumn: Column<Pipeline> = {
  head: 'Repository',
  cell: ({ project, repository }) => (
    <Link
      to="/projects/$project/components/$component/pipelines"
      params={{ project, component: repository }}
      className="text-quiet hover:text-accent"
    >
      {repository}
    </Link>
  ),
}
const columns: readonly Column<Pipeline>[] = [
  { head: 'State', cell: ({ status }) => <Status state={status} /> },
  {
    head: 'Pipeline',
    cell: ({ project, id, number, title }) => (
      <Link
        to="/projects/$project/pipelines/$pipeline"
        params={{ project, pipeline: id }}
        className="font-medium hover:text-accent"
      >
        #{number} <span className="font-normal">{title}</span>
      </Link>
    ),
  },
  {
    head: 'Ref',
    cell: ({ ref }) => <code className="text-xs">{ref.replace(/^refs\/(heads|tags)\//, '')}</code>,
    wide: true,
  },
  { head: 'Commit', cell: ({ revision }) => <Hash value={revision} />, wide: true },
  { head: 'Tests', cell: tests, wide: true },
  { head: 'By', cell: ({ author }) => author, wide: true },
  { head: 'Took', cell: ({ startedAt, finishedAt }) => between(startedAt, finishedAt), right: true, wide: true },
  { head: 'When', cell: ({ createdAt }) => <Ago at={createdAt} />, right: true },
]

export function PipelineTable({
  pipelines,
  repositories = false,
}: {
  pipelines: readonly Pipeline[]
  repositories?: boolean
}) {
  if (pipelines.length === 0) {
    return (
      <Empty title="No pipeline ran yet">
        Every push runs what <code>.gitlab-ci.yml</code> says at that commit. Push one:{' '}
        <code>git push origin main</code>
      </Empty>
    )
  }
  const [state, ...rest] = columns
  const shown = repositories && state ? [state, repositoryColumn, ...rest] : columns
  return <Table label="Pipelines" columns={shown} rows={pipelines} id={({ id }) => id} />
}

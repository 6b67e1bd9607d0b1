import '@xyflow/react/dist/base.css'
import { type Edge, Handle, type Node, type NodeProps, Position, ReactFlow } from '@xyflow/react'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import type { Answer } from '../api/plinth.ts'
import { StatusShape, toneOf } from '../ui/status.tsx'
import { between } from '../ui/time.tsx'
import { type Layout, layOut, nodeHeight, nodeWidth } from './graph-layout.ts'

type Pipeline = Answer<'getPipeline'>
type Job = Pipeline['jobs'][number]
type JobNode = Node<{ job: Job; chosen: boolean }, 'job'>

function JobCard({ data: { job, chosen } }: NodeProps<JobNode>) {
  const { project, pipeline, id, name, stage, status, startedAt, finishedAt, allowFailure, reason } = job
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} className="opacity-0" />
      <Link
        to="/projects/$project/pipelines/$pipeline"
        params={{ project, pipeline }}
        search={{ job: id }}
        replace
        resetScroll={false}
        aria-current={chosen ? 'true' : undefined}
        title={reason ?? `${name}: ${status}`}
        className={`flex h-11 w-[184px] items-center gap-2 rounded-md border bg-surface px-2.5 text-left text-sm hover:border-line-strong ${chosen ? 'border-accent' : 'border-line'}`}
      >
        <StatusShape tone={status === 'failed' && allowFailure ? 'degraded' : toneOf(status)} size={16} />
        <span className="min-w-0 flex-1">
          <span className="block truncate leading-4 font-medium">{name}</span>
          <span className="block truncate text-xs leading-4 text-quiet">
            {stage} ·{' '}
            {status === 'success' || status === 'failed' || status === 'running'
              ? between(startedAt, finishedAt)
              : status}
          </span>
        </span>
      </Link>
      <Handle type="source" position={Position.Right} isConnectable={false} className="opacity-0" />
    </>
  )
}
const nodeTypes = { job: JobCard }

function useLayout(pipeline: Pipeline): Layout | undefined {
  const [layout, setLayout] = useState<Layout>()
  // Only the shape matters for where things stand; a status that changes moves nothing.
  const shape = JSON.stringify([pipeline.stages, pipeline.jobs.map(({ name, stage, needs }) => [name, stage, needs])])
  useEffect(() => {
    let current = true
    const [stages, jobs] = JSON.parse(shape) as [string[], [string, string, string[]][]]
    const draw = async (): Promise<void> => {
      const next = await layOut(
        stages,
        jobs.map(([name, stage, needs]) => ({ name, stage, needs })),
      )
      if (current) setLayout(next)
    }
    void draw()
    return () => {
      current = false
    }
  }, [shape])
  return layout
}

const margin = 24

export function PipelineGraph({ pipeline, chosen }: { pipeline: Pipeline; chosen: string | undefined }) {
  const layout = useLayout(pipeline)
  if (!layout) return <div className="h-40 rounded-md border border-line bg-surface" />
  const nodes: JobNode[] = pipeline.jobs.map((job) => ({
    id: job.name,
    type: 'job',
    position: layout.places.get(job.name) ?? { x: 0, y: 0 },
    data: { job, chosen: job.id === chosen },
    width: nodeWidth,
    height: nodeHeight,
    focusable: false,
    draggable: false,
    selectable: false,
  }))
  const edges: Edge[] = layout.edges.map(({ from, to }) => ({
    id: `${from} ${to}`,
    source: from,
    target: to,
    type: 'default',
    focusable: false,
    selectable: false,
    style: { stroke: 'var(--line-strong)', strokeWidth: 1.25 },
  }))
  return (
    <div
      className="overflow-x-auto rounded-md border border-line bg-sunken"
      tabIndex={0}
      role="region"
      aria-label="Graph of the jobs"
    >
      <div style={{ width: layout.width + 2 * margin, height: layout.height + 2 * margin }}>
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          defaultViewport={{ x: margin, y: margin, zoom: 1 }}
          nodesDraggable={false}
          nodesConnectable={false}
          elementsSelectable={false}
          panOnDrag={false}
          zoomOnScroll={false}
          zoomOnPinch={false}
          zoomOnDoubleClick={false}
          preventScrolling={false}
          disableKeyboardA11y
          proOptions={{ hideAttribution: true }}
        />
      </div>
    </div>
  )
}

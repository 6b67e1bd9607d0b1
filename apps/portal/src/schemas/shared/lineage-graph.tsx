import { Link } from '@tanstack/react-router'
import { clsx } from 'clsx'
import { useMemo, useState } from 'react'
import { type Column, Table } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { type Edge, layoutOf, type Lineage, type Node, type Placed, type Strand } from './lineage-layout.ts'

const rowHeight = 60
const nodeHeight = 44
const width = 960
const nodeWidth = 240
const leftOf = (column: number): number => (column * (width - nodeWidth)) / 2
const topOf = ({ row }: Placed): number => row * rowHeight

function strandPath({ from, to }: Strand): string {
  const [x1, y1] = [leftOf(from.column) + nodeWidth, topOf(from) + nodeHeight / 2]
  const [x2, y2] = [leftOf(to.column), topOf(to) + nodeHeight / 2]
  const bend = (x2 - x1) / 2
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
}

const versionsOf = (edges: readonly Edge[]): string =>
  [...new Set(edges.map(({ version }) => version))].toSorted((a, b) => a - b).map((version) => `v${version}`).join(', ') // prettier-ignore

function NodeLink({ node, className }: { node: Node; className?: string }) {
  const { project, name } = node
  return node.kind === 'component' ? (
    <Link to="/projects/$project/components/$component" params={{ project, component: name }} className={className}>
      {name}
    </Link>
  ) : (
    <Link to="/projects/$project/schemas/$subject" params={{ project, subject: name }} className={className}>
      {name}
    </Link>
  )
}

function Box({ placed, dim, onLook }: { placed: Placed; dim: boolean; onLook: (key: string | undefined) => void }) {
  const { node, column } = placed
  const about = node.kind === 'component' ? (node.owner ?? node.project) : [node.schemaType, node.latestVersion && `v${node.latestVersion}`].filter(Boolean).join(' · ') // prettier-ignore
  return (
    <foreignObject x={leftOf(column)} y={topOf(placed)} width={nodeWidth} height={nodeHeight}>
      <div
        onMouseEnter={() => onLook(placed.key)}
        onMouseLeave={() => onLook(undefined)}
        onFocus={() => onLook(placed.key)}
        onBlur={() => onLook(undefined)}
        className={clsx(
          'flex h-full flex-col justify-center border border-line bg-surface px-3 transition-opacity duration-150',
          node.kind === 'subject' ? 'rounded-full px-5' : 'rounded-md',
          dim && 'opacity-35',
        )}
      >
        <NodeLink node={node} className="truncate text-sm font-medium hover:text-accent" />
        <span className="truncate text-xs text-quiet">{about}</span>
      </div>
    </foreignObject>
  )
}

/** Writers, what they write, and readers, with the versions on the lines; drawn, and said again in a table. */
function Drawing({ lineage }: { lineage: Lineage }) {
  const { placed, strands, rows } = useMemo(() => layoutOf(lineage), [lineage])
  const [look, setLook] = useState<string>()
  const touches = (strand: Strand): boolean => look === undefined || strand.from.key === look || strand.to.key === look
  const near = new Set(strands.filter(touches).flatMap(({ from, to }) => [from.key, to.key]))
  return (
    <div className="hidden overflow-x-auto md:block">
      <svg
        viewBox={`0 0 ${width} ${rows * rowHeight}`}
        className="w-full min-w-180"
        role="group"
        aria-label="Who writes what for whom"
      >
        {strands.map((strand) => {
          const { from, to, edges } = strand
          const behind = edges.some((edge) => edge.behind > 0)
          const onlyDeclared = edges.every(({ state }) => state === 'declared')
          return (
            <g key={`${from.key} ${to.key}`} className={clsx('transition-opacity', !touches(strand) && 'opacity-15')}>
              <path
                d={strandPath(strand)}
                fill="none"
                strokeWidth="1.25"
                strokeDasharray={onlyDeclared ? '4 4' : undefined}
                className={behind ? 'stroke-degraded' : 'stroke-accent'}
              />
              <text
                x={(leftOf(from.column) + nodeWidth + leftOf(to.column)) / 2}
                y={(topOf(from) + topOf(to) + nodeHeight) / 2 - 5}
                textAnchor="middle"
                className="numeric fill-quiet text-xs"
              >
                {versionsOf(edges)}
              </text>
            </g>
          )
        })}
        {placed.map((one) => (
          <Box
            key={one.key}
            placed={one}
            dim={look !== undefined && one.key !== look && !near.has(one.key)}
            onLook={setLook}
          />
        ))}
      </svg>
    </div>
  )
}

type Use = Edge & { component: Node; subject: Node }

const columns: readonly Column<Use>[] = [
  {
    head: 'Component',
    cell: ({ component }) => <NodeLink node={component} className="font-medium hover:text-accent" />,
  },
  { head: 'How', cell: ({ side }) => (side === 'produces' ? 'writes' : 'reads') },
  { head: 'Subject', cell: ({ subject }) => <NodeLink node={subject} className="break-all hover:text-accent" /> },
  {
    head: 'Version',
    cell: ({ version, behind }) => (
      <span className="whitespace-nowrap">
        v{version}
        {behind > 0 && <span className="text-degraded"> {behind} behind</span>}
      </span>
    ),
  },
  { head: 'Where', cell: ({ environment, state }) => environment ?? (state === 'declared' ? 'declared only' : '') },
  { head: 'Owner', cell: ({ component }) => component.owner?.replace(/^(?:user|group):/, ''), wide: true },
  { head: 'Since', cell: ({ since }) => <Ago at={since} />, right: true, wide: true },
]

/** More than this many rows nobody follows with the eye; the table has them all. */
const drawnMax = 60

export function LineageGraph({ lineage }: { lineage: Lineage }) {
  const byId = new Map(lineage.nodes.map((node) => [node.id, node]))
  const uses = lineage.edges.flatMap((edge): Use[] => {
    const [component, subject] = edge.side === 'produces' ? [byId.get(edge.from), byId.get(edge.to)] : [byId.get(edge.to), byId.get(edge.from)] // prettier-ignore
    return component && subject ? [{ ...edge, component, subject }] : []
  })
  return (
    <div className="flex flex-col gap-6">
      {lineage.nodes.length <= drawnMax && <Drawing lineage={lineage} />}
      <Table
        label="Who writes and reads what"
        columns={columns}
        rows={uses}
        id={({ from, to, environment, state, version }) => `${from} ${to} ${environment ?? ''} ${state} ${version}`}
      />
      {(lineage.hidden > 0 || lineage.truncated) && (
        <p role="note" className="text-sm text-quiet">
          {lineage.hidden > 0 && `${lineage.hidden} more in projects that you may not see. `}
          {lineage.truncated && 'There are more than are shown; choose an environment.'}
        </p>
      )}
    </div>
  )
}

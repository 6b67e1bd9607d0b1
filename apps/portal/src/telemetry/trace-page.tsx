import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { ask } from '../api/queries.ts'
import { Hash } from '../ui/copy.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Facts } from '../ui/facts.tsx'
import { Load } from '../ui/load.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status, StatusShape } from '../ui/status.tsx'
import { Ago, duration, exact } from '../ui/time.tsx'
import { type Row, type Span, waterfall } from './waterfall.ts'

const kinds: Readonly<Record<string, string>> = {
  SERVER: 'bg-accent',
  CLIENT: 'bg-progressing',
  INTERNAL: 'bg-line-strong',
  PRODUCER: 'bg-degraded',
  CONSUMER: 'bg-degraded',
}

/** The time stands behind its bar where there is room, before it where there is not, above a bar that fills the row. */
function labelPlace(offset: number, width: number): { left: string } | { right: string } {
  if (width > 0.6) return { left: `${offset * 100}%` }
  return offset + width > 0.85 ? { right: `${(1 - offset) * 100}%` } : { left: `${(offset + width) * 100}%` }
}

function Bar({ row: { span, depth, offset, width }, onOpen }: { row: Row; onOpen: (id: string) => void }) {
  const failed = span.status === 'ERROR'
  return (
    <li>
      <button
        type="button"
        onClick={() => onOpen(span.spanId)}
        className="grid w-full grid-cols-[minmax(140px,38%)_minmax(0,1fr)] items-center border-b border-line text-left text-sm hover:bg-ground focus-visible:-outline-offset-2"
      >
        <span
          className="flex min-w-0 items-center gap-1.5 py-1.5 pr-2"
          style={{ paddingLeft: 12 + Math.min(depth, 12) * 14 }}
        >
          {failed && <StatusShape tone="failed" size={10} />}
          <span className="truncate">{span.name}</span>
        </span>
        <span className="relative block h-8 border-l border-line">
          <span
            className={`absolute ${width > 0.6 ? 'top-[18px]' : 'top-3'} h-2 min-w-0.5 rounded-sm ${failed ? 'bg-failed' : (kinds[span.kind.replace('SPAN_KIND_', '')] ?? 'bg-accent')}`}
            style={{ left: `${offset * 100}%`, width: `${width * 100}%` }}
          />
          <span
            className={`numeric absolute px-1.5 text-xs whitespace-nowrap ${width > 0.6 ? 'top-0.5 text-quiet' : 'top-2 text-quiet'}`}
            style={labelPlace(offset, width)}
          >
            {duration(span.durationMs)}
          </span>
        </span>
      </button>
    </li>
  )
}

function SpanDrawer({ span, project, onClose }: { span: Span; project: string; onClose: () => void }) {
  const logs = useQuery(ask('queryLogs', { params: { project }, query: { traceId: span.traceId, limit: 100 } }))
  const mine = logs.data?.items.filter(({ spanId }) => spanId === span.spanId) ?? []
  return (
    <Dialog title={span.name} look="drawer" onClose={onClose}>
      <div className="flex flex-col gap-5 p-4">
        {span.status === 'ERROR' && <Status state="error" text={span.statusMessage ?? 'It failed'} />}
        <Facts
          facts={[
            ['Took', duration(span.durationMs)],
            ['Started', exact(span.startTime)],
            ['Service', span.service],
            ['Kind', span.kind],
            ['Environment', span.environment],
            ['Deployment', <Hash key="deployment" value={span.deployment} length={14} />],
            ...Object.entries(span.attributes).map(
              ([name, value]) =>
                [
                  name,
                  <code key={name} className="break-all">
                    {value}
                  </code>,
                ] as const,
            ),
          ]}
        />
        {mine.length > 0 && (
          <section aria-label="Logs of this span">
            <h3 className="mb-1 font-semibold">Logs of this span</h3>
            <pre tabIndex={0} aria-label="Log lines" className="overflow-x-auto rounded-md bg-sunken p-3 text-xs">
              {mine.map(({ severity, body }) => `${severity} ${body}`).join('\n')}
            </pre>
          </section>
        )}
      </div>
    </Dialog>
  )
}

/** Why was it slow? Each span where it was, and what it wrote. */
export function TracePage() {
  const { project, traceId } = useParams({ from: '/app/projects/$project/traces/$traceId' })
  const { span: opened } = useSearch({ from: '/app/projects/$project/traces/$traceId' })
  const navigate = useNavigate({ from: '/projects/$project/traces/$traceId' })
  const trace = useQuery(ask('getTrace', { params: { project, traceId } }))
  const spans = useMemo(() => trace.data?.items ?? [], [trace.data])
  const { rows, durationMs } = useMemo(() => waterfall(spans), [spans])
  const root = rows[0]?.span
  const chosen = spans.find(({ spanId }) => spanId === opened)
  const open = (span: string | undefined): void =>
    void navigate({ search: span === undefined ? {} : { span }, replace: true, resetScroll: false })
  const lead = root && (
    <>
      {duration(durationMs)} · {spans.length} spans · {root.environment} · <Ago at={root.startTime} /> ·{' '}
      <Hash value={traceId} length={12} /> ·{' '}
      <Link
        to="/projects/$project/components/$component/telemetry"
        params={{ project, component: root.workload }}
        search={{ view: 'logs', traceId, environment: root.environment }}
        className="text-accent underline underline-offset-2"
      >
        its logs
      </Link>
    </>
  )
  return (
    <Page title={root?.name ?? 'Trace'} lead={lead} cli={`plinth trace ${traceId} --project ${project}`} wide>
      <Load of={trace}>
        {() => (
          <Card className="overflow-hidden">
            <ol aria-label="Spans">
              {rows.map((row) => (
                <Bar key={row.span.spanId} row={row} onOpen={open} />
              ))}
            </ol>
          </Card>
        )}
      </Load>
      {chosen && <SpanDrawer span={chosen} project={project} onClose={() => open(undefined)} />}
    </Page>
  )
}

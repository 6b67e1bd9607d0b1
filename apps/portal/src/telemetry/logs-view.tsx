import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useDeferredValue, useMemo, useState } from 'react'
import { askPages } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Empty, Loading } from '../ui/empty.tsx'
import { Facts } from '../ui/facts.tsx'
import { FilterInput, FilterSelect } from '../ui/field.tsx'
import { ProblemView } from '../ui/problem-view.tsx'
import { Status, StatusShape, type Tone } from '../ui/status.tsx'
import { exact } from '../ui/time.tsx'
import { LogList } from './log-list.tsx'
import { type LogRecord, useTail } from './use-tail.ts'
import type { Where } from './where.ts'

const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const
const toneOfSeverity = (severity: string): Tone =>
  severity === 'WARN' ? 'degraded' : severity === 'ERROR' || severity === 'FATAL' ? 'failed' : 'unknown'

function RecordDrawer({ record, project, onClose }: { record: LogRecord; project: string; onClose: () => void }) {
  const { time, severity, body, traceId, environment, workload, deployment, attributes } = record
  return (
    <Dialog title="Log record" look="drawer" onClose={onClose}>
      <div className="flex flex-col gap-4 p-4">
        <Status state={severity} tone={toneOfSeverity(severity)} />
        <pre
          tabIndex={0}
          aria-label="Message"
          className="overflow-x-auto rounded-md bg-sunken p-3 text-xs whitespace-pre-wrap break-words"
        >
          {body}
        </pre>
        <Facts
          facts={[
            ['Time', exact(time)],
            ['Environment', environment],
            ['Workload', workload],
            [
              'Deployment',
              <code key="deployment" className="break-all">
                {deployment}
              </code>,
            ],
            ...(traceId === undefined
              ? []
              : [
                  [
                    'Trace',
                    <Link
                      key="trace"
                      to="/projects/$project/traces/$traceId"
                      params={{ project, traceId }}
                      className="text-accent underline underline-offset-2"
                    >
                      <code className="break-all">{traceId}</code>
                    </Link>,
                  ] as const,
                ]),
            ...Object.entries(attributes).map(
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
      </div>
    </Dialog>
  )
}

/** Records newest first; the live tail puts new ones on top as they arrive. */
export function LogsView({ where }: { where: Where }) {
  const { project, component, environment, since } = where
  const search = useSearch({ from: '/app/projects/$project/components/$component/telemetry' })
  const navigate = useNavigate({ from: '/projects/$project/components/$component/telemetry' })
  const [tailing, setTailing] = useState(false)
  const [opened, setOpened] = useState<LogRecord>()
  const wanted = useDeferredValue(search.search ?? '')
  const severity = severities.find((one) => one === search.severity)
  const traceId = search.traceId
  const set = (name: 'search' | 'severity') => (value: string) =>
    void navigate({ search: (now) => ({ ...now, [name]: value === '' ? undefined : value }), replace: true })
  const pages = useInfiniteQuery({
    ...askPages('queryLogs', {
      params: { project },
      query: {
        workload: component,
        since,
        limit: 500,
        ...(environment !== undefined && { environment }),
        ...(wanted !== '' && { search: wanted }),
        ...(severity !== undefined && { severity }),
        ...(traceId !== undefined && { traceId }),
      },
    }),
    placeholderData: (before) => before,
  })
  const fresh = useTail(tailing, where, wanted)
  const records = useMemo(
    () => [
      ...fresh.filter((record) => severity === undefined || record.severity === severity),
      ...(pages.data?.pages.flatMap(({ items }) => items) ?? []),
    ],
    [fresh, severity, pages.data],
  )
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <FilterInput label="Search messages" value={search.search ?? ''} onChange={set('search')} />
        <FilterSelect label="Severity" value={severity ?? ''} options={severities} onChange={set('severity')} />
        <Button aria-pressed={tailing} onClick={() => setTailing(!tailing)} look={tailing ? 'primary' : 'plain'}>
          {tailing ? 'Stop the tail' : 'Live tail'}
        </Button>
        <p role="status" className="numeric ml-auto flex items-center gap-1.5 text-sm text-quiet">
          {tailing && <StatusShape tone="progressing" />}
          {records.length} records
        </p>
      </div>
      {pages.isPending && <Loading lines={6} />}
      {pages.isError && <ProblemView error={pages.error} onRetry={() => void pages.refetch()} />}
      {pages.isSuccess && records.length === 0 && (
        <Empty title="No log record here">
          What the workload writes to standard output arrives here by itself. Ask for a longer time, or start the live
          tail.
        </Empty>
      )}
      {records.length > 0 && <LogList records={records} onOpen={setOpened} onEnd={onEnd} />}
      {opened && <RecordDrawer record={opened} project={project} onClose={() => setOpened(undefined)} />}
    </>
  )
}

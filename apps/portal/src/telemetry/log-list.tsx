import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import { StatusShape, type Tone } from '../ui/status.tsx'
import type { LogRecord } from './use-tail.ts'

type Props = { records: readonly LogRecord[]; onOpen: (record: LogRecord) => void; onEnd: () => void }

const rowHeight = 24
const toneOfSeverity = (severity: string): Tone | undefined =>
  severity === 'WARN' ? 'degraded' : severity === 'ERROR' || severity === 'FATAL' ? 'failed' : undefined
const clock = (time: string): string => {
  const at = new Date(time)
  return `${at.toLocaleTimeString(undefined, { hour12: false })}.${String(at.getMilliseconds()).padStart(3, '0')}`
}

/** Dense lines of any number; each opens beside the list. */
export function LogList({ records, onOpen, onEnd }: Props) {
  const frame = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: records.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 30,
  })
  const items = virtual.getVirtualItems()
  const atEnd = (items.at(-1)?.index ?? 0) >= records.length - 30
  useEffect(() => {
    if (atEnd) onEnd()
  }, [atEnd, records.length, onEnd])
  return (
    <div
      ref={frame}
      tabIndex={0}
      role="region"
      aria-label="Log records"
      className="h-[60vh] min-h-60 overflow-auto rounded-md border border-line bg-sunken font-mono text-xs"
    >
      <div className="relative w-max min-w-full" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const record = records[index]
          if (record === undefined) return null
          const tone = toneOfSeverity(record.severity)
          return (
            <button
              key={`${record.time} ${records.length - index}`}
              type="button"
              onClick={() => onOpen(record)}
              className="absolute inset-x-0 flex h-6 items-center gap-3 px-3 text-left whitespace-pre hover:bg-accent-soft focus-visible:-outline-offset-2"
              style={{ transform: `translateY(${start}px)` }}
            >
              <time dateTime={record.time} className="numeric shrink-0 text-quiet">
                {clock(record.time)}
              </time>
              <span className="flex w-14 shrink-0 items-center gap-1.5">
                {tone && <StatusShape tone={tone} size={10} />}
                <span
                  className={tone === 'failed' ? 'text-failed' : tone === 'degraded' ? 'text-degraded' : 'text-quiet'}
                >
                  {record.severity}
                </span>
              </span>
              <span>{record.body.split('\n', 1)[0]?.slice(0, 2_000)}</span>
            </button>
          )
        })}
      </div>
    </div>
  )
}

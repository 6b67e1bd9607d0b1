import { useVirtualizer } from '@tanstack/react-virtual'
import { clsx } from 'clsx'
import { useEffect, useRef } from 'react'
import { type Column, columnLook } from './table.tsx'

type Props<Row> = {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  id: (row: Row) => string
  /** Asked for when the last rows come into view. */
  onEnd?: () => void
}

const rowHeight = 41

/** A table of any length: only what is in view is in the document; rows above and below are two spacers. */
export function VirtualTable<Row>({ label, columns, rows, id, onEnd }: Props<Row>) {
  const frame = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  })
  const items = virtual.getVirtualItems()
  const first = items[0]
  const last = items.at(-1)
  const atEnd = last !== undefined && last.index >= rows.length - 20
  useEffect(() => {
    if (atEnd) onEnd?.()
  }, [atEnd, rows.length, onEnd])
  return (
    <div
      ref={frame}
      tabIndex={0}
      role="region"
      aria-label={`${label}, table`}
      className="max-h-[calc(100vh-220px)] min-h-40 overflow-auto rounded-md border border-line bg-surface"
    >
      <table className="w-full border-collapse text-sm" aria-rowcount={rows.length + 1}>
        <thead className="sticky top-0 z-10 bg-surface">
          <tr className="text-xs text-quiet shadow-[inset_0_-1px_var(--line)]">
            {columns.map((column) => (
              <th key={column.head} scope="col" className={clsx(columnLook(column), 'font-medium whitespace-nowrap')}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first && first.start > 0 && <tr aria-hidden="true" style={{ height: first.start }} />}
          {items.map(({ index }) => {
            const row = rows[index]
            if (row === undefined) return null
            return (
              <tr
                key={id(row)}
                aria-rowindex={index + 2}
                className="h-[41px] border-b [&>td]:align-middle border-line hover:bg-ground"
              >
                {columns.map((column) => (
                  <td key={column.head} className={columnLook(column)}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            )
          })}
          {last && <tr aria-hidden="true" style={{ height: virtual.getTotalSize() - last.end }} />}
        </tbody>
      </table>
    </div>
  )
}

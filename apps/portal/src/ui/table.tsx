import { clsx } from 'clsx'
import type { ReactNode } from 'react'

export type Column<Row> = {
  head: string
  cell: (row: Row) => ReactNode
  /** Left out below 640 px. */
  wide?: boolean
  right?: boolean
  className?: string
}

type Props<Row> = {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  id: (row: Row) => string | number
}

export const cellLook = 'px-3 py-2 text-left align-top'
export const columnLook = <Row,>(column: Column<Row>): string =>
  clsx(
    cellLook,
    column.wide === true && 'hidden sm:table-cell',
    column.right === true && 'text-right',
    column.className,
  )

/** A plain table for what fits a page. */
export function Table<Row>({ label, columns, rows, id }: Props<Row>) {
  return (
    <div
      className="overflow-x-auto rounded-md border border-line bg-surface"
      tabIndex={0}
      role="region"
      aria-label={`${label}, table`}
    >
      <table className="w-full border-collapse text-sm">
        <thead>
          <tr className="border-b border-line text-xs text-quiet">
            {columns.map((column) => (
              <th key={column.head} scope="col" className={clsx(columnLook(column), 'font-medium whitespace-nowrap')}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={id(row)} className="border-b border-line last:border-0 hover:bg-ground">
              {columns.map((column) => (
                <td key={column.head} className={columnLook(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

import { clsx } from 'clsx'
import { useMemo } from 'react'
import { Empty } from '../../ui/empty.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { type DiffRow, pairLines, type PolicyLine } from './policy-lines.ts'

export type DiffLook = 'split' | 'unified'
/** Two columns of rows need some room. */
const splitWidthMin = 768
const isSplit = (look: string | undefined): boolean =>
  look === undefined ? innerWidth >= splitWidthMin : look === 'split'

/** A difference of whole tables stays readable up to here; beyond it one exports and compares. */
const rowsMax = 500

function Fields({ line, other }: { line: PolicyLine; other: PolicyLine | undefined }) {
  return (
    <>
      <span className="text-quiet">{line.type}</span>
      {line.fields.map((field, index) => {
        const changed = other !== undefined && other.fields[index] !== field
        const look = clsx(
          changed && 'rounded-xs outline outline-1 outline-line-strong',
          field === 'deny' && 'text-failed',
        )
        return (
          <span key={index}>
            <span className="text-quiet">, </span>
            <span className={look}>{field}</span>
          </span>
        )
      })}
    </>
  )
}

function Cell({
  line,
  other,
  side,
}: {
  line: PolicyLine | undefined
  other: PolicyLine | undefined
  side: 'added' | 'removed'
}) {
  if (!line) return <td className="w-1/2 bg-ground" />
  return (
    <td className={clsx('w-1/2 px-3 py-0.5 align-top wrap-anywhere', side === 'added' ? 'bg-added' : 'bg-removed')}>
      <span aria-hidden="true" className="mr-2 inline-block w-2 select-none">
        {side === 'added' ? '+' : '−'}
      </span>
      <span className="sr-only">{side} </span>
      <Fields line={line} other={other} />
    </td>
  )
}

function Split({ rows }: { rows: readonly DiffRow[] }) {
  return (
    <table className="w-full table-fixed border-collapse font-mono text-xs leading-5">
      <caption className="sr-only">Difference, before and after</caption>
      <thead>
        <tr className="border-b border-line font-sans text-quiet">
          <th scope="col" className="px-3 py-1.5 text-left font-medium">
            Before
          </th>
          <th scope="col" className="border-l border-line px-3 py-1.5 text-left font-medium">
            After
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ removed, added }, index) => (
          <tr key={index}>
            <Cell line={removed} other={added} side="removed" />
            <Cell line={added} other={removed} side="added" />
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Unified({ rows }: { rows: readonly DiffRow[] }) {
  return (
    <table className="w-full border-collapse font-mono text-xs leading-5">
      <caption className="sr-only">Difference</caption>
      <tbody>
        {rows.flatMap(({ removed, added }, index) => [
          removed && (
            <tr key={`${index} removed`}>
              <Cell line={removed} other={added} side="removed" />
            </tr>
          ),
          added && (
            <tr key={`${index} added`}>
              <Cell line={added} other={removed} side="added" />
            </tr>
          ),
        ])}
      </tbody>
    </table>
  )
}

type Props = {
  diff: { added: readonly string[]; removed: readonly string[] }
  look: string | undefined
  onLook: (look: DiffLook) => void
}

/** The difference of two policies, row by row; a row that changed stands beside what it was. */
export function PolicyDiff({ diff, look, onLook }: Props) {
  const rows = useMemo(() => pairLines(diff.removed, diff.added), [diff])
  const split = isSplit(look)
  if (rows.length === 0) return <Empty title="No difference">The two decide everything alike.</Empty>
  const shown = rows.slice(0, rowsMax)
  return (
    <div>
      <div className="mb-2 flex flex-wrap items-center gap-3">
        <p className="numeric text-sm">
          <span className="text-healthy">+{diff.added.length}</span>{' '}
          <span className="text-failed">−{diff.removed.length}</span> <span className="text-quiet">rows</span>
        </p>
        <span className="flex-1" />
        <Segmented
          label="How to show the difference"
          value={split ? 'split' : 'unified'}
          onChange={onLook}
          options={[
            ['split', 'Side by side'],
            ['unified', 'Unified'],
          ]}
        />
      </div>
      <div
        tabIndex={0}
        role="region"
        aria-label="Difference of the policy"
        className="max-h-[60vh] overflow-auto rounded-md border border-line bg-surface"
      >
        {split ? <Split rows={shown} /> : <Unified rows={shown} />}
      </div>
      {rows.length > shown.length && (
        <p role="note" className="mt-2 text-sm text-quiet">
          {rows.length - shown.length} more rows; <code>plinth policy diff</code> shows all of them.
        </p>
      )}
    </div>
  )
}

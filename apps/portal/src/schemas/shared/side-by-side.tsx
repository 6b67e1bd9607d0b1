import { clsx } from 'clsx'
import { useMemo, useState } from 'react'
import { Empty } from '../../ui/empty.tsx'
import { aligned, type Line, type Row } from './aligned.ts'

function Half({ line, look, sign, word }: { line: Line | undefined; look: string; sign: string; word: string }) {
  const changed = line !== undefined && line.kind !== 'same'
  const number = sign === '−' ? line?.before : line?.after
  return (
    <>
      <td className="px-2 text-right align-top text-quiet select-none">{number}</td>
      <td
        className={clsx(
          'pr-3 pl-4 -indent-4 align-top whitespace-pre-wrap wrap-anywhere',
          changed && look,
          !line && 'bg-sunken',
        )}
      >
        {line && (
          <>
            <span aria-hidden="true" className="inline-block w-4 indent-0 select-none">
              {changed ? sign : ' '}
            </span>
            {changed && <span className="sr-only">{word} </span>}
            {line.text}
          </>
        )}
      </td>
    </>
  )
}

function Fold({ count, onOpen }: { count: number; onOpen: () => void }) {
  return (
    <button type="button" onClick={onOpen} className="w-full px-3 py-0.5 text-left text-quiet hover:text-ink">
      ··· {count} lines alike
    </button>
  )
}

function Beside({ rows, open }: { rows: readonly Row[]; open: (from: number) => void }) {
  return (
    <tbody>
      {rows.map((row, index) =>
        'skipped' in row ? (
          <tr key={index} className="bg-ground">
            <td colSpan={4}>
              <Fold count={row.skipped} onOpen={() => open(row.from)} />
            </td>
          </tr>
        ) : (
          <tr key={index}>
            <Half line={row.before} look="bg-removed" sign="−" word="removed" />
            <Half line={row.after} look="bg-added" sign="+" word="added" />
          </tr>
        ),
      )}
    </tbody>
  )
}

const looks = { added: 'bg-added', removed: 'bg-removed', same: '' } as const
const signs = { added: '+', removed: '−', same: ' ' } as const

/** One under the other, where there is no room for two columns. */
function Under({ rows, open }: { rows: readonly Row[]; open: (from: number) => void }) {
  const one = (line: Line, key: string) => (
    <tr key={key} className={looks[line.kind]}>
      <td className="pr-2 pl-6 -indent-4 whitespace-pre-wrap wrap-anywhere">
        <span aria-hidden="true" className="inline-block w-4 indent-0 select-none">
          {signs[line.kind]}
        </span>
        {line.kind !== 'same' && <span className="sr-only">{line.kind} </span>}
        {line.text}
      </td>
    </tr>
  )
  return (
    <tbody>
      {rows.flatMap((row, index) => {
        if ('skipped' in row)
          return [
            <tr key={index} className="bg-ground">
              <td>
                <Fold count={row.skipped} onOpen={() => open(row.from)} />
              </td>
            </tr>,
          ]
        const { before, after, same } = row
        return [
          ...(before ? [one(before, `${index} before`)] : []),
          ...(after && !same ? [one(after, `${index} after`)] : []),
        ]
      })}
    </tbody>
  )
}

type Props = { label: string; lines: readonly Line[]; truncated: boolean }

/** Two texts beside each other; what is alike far from any change is folded until it is asked for. */
export function SideBySide({ label, lines, truncated }: Props) {
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set())
  const rows = useMemo(() => aligned(lines, opened), [lines, opened])
  const open = (from: number): void => setOpened(new Set([...opened, from]))
  if (lines.every(({ kind }) => kind === 'same'))
    return <Empty title="Nothing differs">Both are the same, but perhaps for how they are laid out.</Empty>
  const table = (look: string, body: typeof Beside) => (
    <table className={clsx('w-full border-collapse font-mono text-xs leading-5', look)}>
      <caption className="sr-only">{label}</caption>
      {body === Beside && (
        <colgroup>
          <col className="w-11" />
          <col />
          <col className="w-11" />
          <col />
        </colgroup>
      )}
      {body({ rows, open })}
    </table>
  )
  return (
    <>
      <div className="overflow-hidden rounded-md border border-line bg-surface">
        {table('hidden table-fixed md:table', Beside)}
        {table('md:hidden', Under)}
      </div>
      {truncated && (
        <p role="note" className="mt-2 text-sm text-quiet">
          The difference is longer than is shown here.
        </p>
      )}
    </>
  )
}

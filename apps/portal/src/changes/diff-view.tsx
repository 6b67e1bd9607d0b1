import { useMemo } from 'react'
import { Empty } from '../ui/empty.tsx'
import { type DiffLine, type FileDiff, readDiff } from './unified-diff.ts'

const lookOf = { added: 'bg-added', removed: 'bg-removed', context: '', note: 'text-quiet' } as const
const signs = { added: '+', removed: '−', context: ' ', note: ' ' } as const

function Line({ line: { kind, text, before, after } }: { line: DiffLine }) {
  return (
    <tr className={lookOf[kind]}>
      <td className="w-10 px-2 text-right align-top text-quiet select-none">{before}</td>
      <td className="w-10 px-2 text-right align-top text-quiet select-none">{after}</td>
      <td className="pr-4 pl-2 whitespace-pre-wrap wrap-anywhere">
        <span aria-hidden="true" className="inline-block w-4 select-none">
          {signs[kind]}
        </span>
        {kind === 'added' && <span className="sr-only">added </span>}
        {kind === 'removed' && <span className="sr-only">removed </span>}
        {text}
      </td>
    </tr>
  )
}

/** Files this long stay closed until they are asked for, so that a generated file does not bury the rest. */
const openLinesMax = 400

function File({ file }: { file: FileDiff }) {
  const { path, from, change, binary, hunks, added, removed } = file
  const lines = hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0)
  return (
    <details open={lines <= openLinesMax} className="group overflow-hidden rounded-md border border-line bg-surface">
      <summary className="flex items-center gap-3 px-3 py-2 text-sm">
        <span aria-hidden="true" className="w-3 text-quiet group-open:rotate-90">
          ▸
        </span>
        <code className="min-w-0 flex-1 truncate" title={path}>
          {from !== undefined && <span className="text-quiet">{from} → </span>}
          {path}
        </code>
        {change !== 'changed' && <span className="text-xs text-quiet">{change}</span>}
        <span className="numeric text-xs whitespace-nowrap">
          <span className="text-healthy">+{added}</span> <span className="text-failed">−{removed}</span>
        </span>
      </summary>
      {binary && (
        <p className="border-t border-line px-3 py-2 text-sm text-quiet">A binary file; it has no lines to show.</p>
      )}
      {hunks.length > 0 && (
        <div className="overflow-x-auto border-t border-line">
          <table className="w-full border-collapse font-mono text-xs leading-5">
            <caption className="sr-only">Changes in {path}</caption>
            {hunks.map(({ header, lines }, index) => (
              <tbody key={index}>
                <tr className="bg-ground text-quiet">
                  <td colSpan={3} className="px-3 py-0.5 break-all">
                    {header === '' ? '···' : `··· ${header}`}
                  </td>
                </tr>
                {lines.map((line, at) => (
                  <Line key={at} line={line} />
                ))}
              </tbody>
            ))}
          </table>
        </div>
      )}
    </details>
  )
}

export function DiffView({ diff, truncated = false }: { diff: string; truncated?: boolean }) {
  const files = useMemo(() => readDiff(diff), [diff])
  if (files.length === 0) return <Empty title="No line changes">The two versions hold the same files.</Empty>
  return (
    <div className="flex flex-col gap-3">
      {files.map((file) => (
        <File key={`${file.from ?? ''} ${file.path}`} file={file} />
      ))}
      {truncated && (
        <p role="note" className="text-sm text-quiet">
          The diff is longer than is shown; the rest is in git.
        </p>
      )}
    </div>
  )
}

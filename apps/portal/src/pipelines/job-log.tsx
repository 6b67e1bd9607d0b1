import { useVirtualizer } from '@tanstack/react-virtual'
import { useLocation, useNavigate } from '@tanstack/react-router'
import { clsx } from 'clsx'
import { useEffect, useMemo, useRef, useState } from 'react'
import { CopyButton } from '../ui/copy.tsx'
import { FilterInput } from '../ui/field.tsx'
import { ProblemView } from '../ui/problem-view.tsx'
import { StatusShape } from '../ui/status.tsx'
import type { LogLine } from './log-lines.ts'
import { useJobLog } from './use-job-log.ts'

type Props = { project: string; job: string; status: string }

const lineHeight = 20
const lineOf = (hash: string): number => Number(/^L(\d+)$/.exec(hash.replace(/^#/, ''))?.[1] ?? 0)

function Text({ line, search }: { line: LogLine; search: string }) {
  return line.spans.map(({ text, className }, index) => (
    <span key={index} className={className}>
      {search === '' || !text.toLowerCase().includes(search) ? text : marked(text, search)}
    </span>
  ))
}
function marked(text: string, search: string) {
  const at = text.toLowerCase().indexOf(search)
  return (
    <>
      {text.slice(0, at)}
      <mark className="bg-accent text-on-accent">{text.slice(at, at + search.length)}</mark>
      {text.slice(at + search.length)}
    </>
  )
}

/** Folds that are closed: those that the log closes itself, apart from what the reader touched. */
function useFolds(byLog: ReadonlySet<string>) {
  const [touched, setTouched] = useState<ReadonlyMap<string, boolean>>(new Map())
  const closed = useMemo(() => {
    const names = new Set(byLog)
    for (const [name, isClosed] of touched) {
      if (isClosed) names.add(name)
      else names.delete(name)
    }
    return names
  }, [byLog, touched])
  const toggle = (name: string): void => setTouched((before) => new Map(before).set(name, !closed.has(name)))
  return { closed, toggle }
}

export function JobLogView({ project, job, status }: Props) {
  const { lines, folded, ended, error } = useJobLog(project, job)
  const { closed, toggle } = useFolds(folded)
  const [search, setSearch] = useState('')
  const [following, setFollowing] = useState(true)
  const marked = lineOf(useLocation({ select: ({ hash }) => hash }))
  const navigate = useNavigate()
  const frame = useRef<HTMLDivElement>(null)
  const wanted = search.toLowerCase()
  const shown = useMemo(
    () =>
      lines.filter(({ within, text }) =>
        wanted === '' ? !within.some((name) => closed.has(name)) : text.toLowerCase().includes(wanted),
      ),
    [lines, wanted, closed],
  )
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => frame.current,
    estimateSize: () => lineHeight,
    overscan: 30,
  })
  const markedIndex = marked === 0 ? -1 : shown.findIndex(({ number }) => number === marked)
  const running = !ended && (status === 'running' || status === 'pending')
  const shownMark = useRef(0)
  useEffect(() => {
    // Once for each mark: a fold that opens above it must not pull the reader back.
    if (markedIndex >= 0 && shownMark.current !== marked) {
      shownMark.current = marked
      virtual.scrollToIndex(markedIndex, { align: 'center' })
    } else if (marked === 0 && following && running && shown.length > 0)
      virtual.scrollToIndex(shown.length - 1, { align: 'end' })
  }, [marked, markedIndex, shown.length, following, running, virtual])
  const permalink = (number: number): void =>
    void navigate({
      to: '.',
      search: true,
      hash: `L${number}`,
      replace: true,
      resetScroll: false,
      hashScrollIntoView: false,
    })
  return (
    <>
      <div className="mb-2 flex flex-wrap items-center gap-x-4 gap-y-2">
        <FilterInput label="Search the log" value={search} onChange={setSearch} />
        <p role="status" className="numeric flex items-center gap-1.5 text-sm text-quiet">
          {running && <StatusShape tone="progressing" />}
          {running ? 'live, ' : ''}
          {wanted === '' ? `${lines.length} lines` : `${shown.length} of ${lines.length} lines`}
        </p>
        {running && (
          <label className="flex items-center gap-1.5 text-sm">
            <input
              type="checkbox"
              checked={following}
              onChange={(event) => setFollowing(event.target.checked)}
              className="accent-(--accent)"
            />{' '}
            follow
          </label>
        )}
        <span className="flex-1" />
        <CopyButton text={lines.map(({ text }) => text).join('\n')} label="Copy the log" />
      </div>
      {error !== undefined && <ProblemView error={error} />}
      <div
        ref={frame}
        tabIndex={0}
        role="region"
        aria-label="Job log"
        className="h-[60vh] min-h-60 overflow-auto rounded-md border border-line bg-sunken py-2 font-mono text-xs leading-5"
      >
        {lines.length === 0 && error === undefined && (
          <p className="px-4 py-2 text-quiet">
            {ended
              ? 'The job wrote nothing.'
              : status === 'created' || status === 'manual' || status === 'scheduled'
                ? 'The job has not started; its log appears here as it is written.'
                : 'Waiting for the first line…'}
          </p>
        )}
        <div className="relative w-max min-w-full" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const line = shown[index]
            if (line === undefined) return null
            const { number, fold } = line
            return (
              <div
                key={number}
                className={clsx(
                  'absolute inset-x-0 flex h-5 pr-4 whitespace-pre',
                  number === marked && 'bg-accent-soft',
                )}
                style={{ transform: `translateY(${start}px)` }}
              >
                <a
                  href={`#L${number}`}
                  aria-label={`Line ${number}`}
                  tabIndex={-1}
                  onClick={(event) => {
                    event.preventDefault()
                    permalink(number)
                  }}
                  className="sticky left-0 w-14 shrink-0 bg-sunken pr-3 text-right text-quiet select-none hover:text-accent"
                >
                  {number}
                </a>
                {fold ? (
                  <button
                    type="button"
                    aria-expanded={!closed.has(fold.name)}
                    onClick={() => toggle(fold.name)}
                    className="font-semibold hover:text-accent"
                  >
                    <span aria-hidden="true">{closed.has(fold.name) ? '▸ ' : '▾ '}</span>
                    <Text line={line} search={wanted} />
                  </button>
                ) : (
                  <span>
                    <Text line={line} search={wanted} />
                  </span>
                )}
              </div>
            )
          })}
        </div>
      </div>
    </>
  )
}

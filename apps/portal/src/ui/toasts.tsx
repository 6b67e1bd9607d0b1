import { useEffect } from 'react'
import { Icon } from './icon.tsx'
import { ProblemBody } from './problem-view.tsx'
import { dismiss, type Toast, useToasts } from './say.ts'
import { StatusShape } from './status.tsx'

const quietMs = 6_000
/** A way back stays long enough to be found. */
const undoMs = 15_000

function ToastRow({ toast }: { toast: Toast }) {
  const { id, tone, text, problem, undo } = toast
  useEffect(() => {
    // A failure stays until it was read.
    if (problem) return undefined
    const timer = setTimeout(() => dismiss(id), undo ? undoMs : quietMs)
    return () => clearTimeout(timer)
  }, [id, problem, undo])
  return (
    <li className="animate-arrive flex items-start gap-2 rounded-md border border-line-strong bg-surface p-3 text-sm">
      <StatusShape tone={tone} className="mt-[3px]" />
      <div className="min-w-0 flex-1">
        <p className={problem ? 'font-medium' : ''}>{text}</p>
        {problem && <ProblemBody problem={problem} />}
      </div>
      {undo && (
        <button
          type="button"
          onClick={() => {
            dismiss(id)
            undo()
          }}
          className="font-medium text-accent hover:underline"
        >
          Undo
        </button>
      )}
      <button type="button" aria-label="Dismiss" onClick={() => dismiss(id)} className="text-quiet hover:text-ink">
        <Icon name="close" size={14} />
      </button>
    </li>
  )
}

export function Toasts() {
  const shown = useToasts()
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-4 left-4 z-40 sm:left-auto sm:w-96"
    >
      <ul className="pointer-events-auto flex flex-col gap-2">
        {shown.map((toast) => (
          <ToastRow key={toast.id} toast={toast} />
        ))}
      </ul>
    </div>
  )
}

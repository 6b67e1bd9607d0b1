import { useEffect, useSyncExternalStore } from 'react'
import type { Shown } from '../api/problem.ts'
import { Icon } from './icon.tsx'
import { ProblemBody } from './problem-view.tsx'
import { StatusShape, type Tone } from './status.tsx'

type Toast = { id: number; tone: Tone; text: string; problem?: Shown }

const shownMax = 3
const quietMs = 6_000
let toasts: readonly Toast[] = []
let lastId = 0
const watchers = new Set<() => void>()

function change(next: readonly Toast[]): void {
  toasts = next
  for (const watcher of watchers) watcher()
}
const watch = (watcher: () => void): (() => void) => {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

/** Says what an action did, where every page shows it and screen readers hear it. */
export function say(toast: Omit<Toast, 'id'>): void {
  change([...toasts, { ...toast, id: ++lastId }].slice(-shownMax))
}
const dismiss = (id: number): void => change(toasts.filter((toast) => toast.id !== id))

function ToastRow({ toast }: { toast: Toast }) {
  const { id, tone, text, problem } = toast
  useEffect(() => {
    // A failure stays until it was read.
    if (problem) return undefined
    const timer = setTimeout(() => dismiss(id), quietMs)
    return () => clearTimeout(timer)
  }, [id, problem])
  return (
    <li className="animate-arrive flex items-start gap-2 rounded-md border border-line-strong bg-surface p-3 text-sm">
      <StatusShape tone={tone} className="mt-[3px]" />
      <div className="min-w-0 flex-1">
        <p className={problem ? 'font-medium' : ''}>{text}</p>
        {problem && <ProblemBody problem={problem} />}
      </div>
      <button type="button" aria-label="Dismiss" onClick={() => dismiss(id)} className="text-quiet hover:text-ink">
        <Icon name="close" size={14} />
      </button>
    </li>
  )
}

export function Toasts() {
  const shown = useSyncExternalStore(watch, () => toasts)
  return (
    <div role="status" aria-live="polite" className="pointer-events-none fixed right-4 bottom-4 left-4 z-40 sm:left-auto sm:w-96">
      <ul className="pointer-events-auto flex flex-col gap-2">
        {shown.map((toast) => (
          <ToastRow key={toast.id} toast={toast} />
        ))}
      </ul>
    </div>
  )
}

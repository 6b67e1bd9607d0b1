import { useSyncExternalStore } from 'react'
import type { Shown } from '../api/problem.ts'
import type { Tone } from './status.tsx'

export type Toast = { id: number; tone: Tone; text: string; problem?: Shown; undo?: () => void }

const shownMax = 3
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
export const dismiss = (id: number): void => change(toasts.filter((toast) => toast.id !== id))
export const useToasts = (): readonly Toast[] => useSyncExternalStore(watch, () => toasts)

import { useSyncExternalStore } from 'react'

/** In the tab's own storage, so that a reload does not silently end it, and a new tab is oneself again. */
const stored = 'plinth.view-as'
let subject = sessionStorage.getItem(stored) ?? undefined
const watchers = new Set<() => void>()

/** As whom the portal is looked at; undefined: as oneself. */
export const viewedAs = (): string | undefined => subject

export function viewAs(next: string | undefined): void {
  subject = next
  if (next === undefined) sessionStorage.removeItem(stored)
  else sessionStorage.setItem(stored, next)
  for (const watcher of watchers) watcher()
}

const watch = (watcher: () => void): (() => void) => {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}
export const useViewedAs = (): string | undefined => useSyncExternalStore(watch, viewedAs)

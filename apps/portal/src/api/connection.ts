import { useSyncExternalStore } from 'react'

export type Connection = 'connecting' | 'live' | 'lost'

let connection: Connection = 'connecting'
const watchers = new Set<() => void>()

/** How the event stream stands; everything that is shown as live hangs on it. */
export function become(next: Connection): void {
  if (next === connection) return
  connection = next
  for (const watcher of watchers) watcher()
}

const watch = (watcher: () => void): (() => void) => {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}
export const useConnection = (): Connection => useSyncExternalStore(watch, () => connection)

import { useSyncExternalStore } from 'react'

export type Theme = 'light' | 'dark' | 'system'

const stored = 'plinth.theme'
const prefersDark = globalThis.matchMedia('(prefers-color-scheme: dark)')
const watchers = new Set<() => void>()

const read = (): Theme => {
  const value = localStorage.getItem(stored)
  return value === 'light' || value === 'dark' ? value : 'system'
}
let theme = read()

export function applyTheme(): void {
  const dark = theme === 'dark' || (theme === 'system' && prefersDark.matches)
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light'
  for (const watcher of watchers) watcher()
}

export function chooseTheme(next: Theme): void {
  theme = next
  if (next === 'system') localStorage.removeItem(stored)
  else localStorage.setItem(stored, next)
  applyTheme()
}

prefersDark.addEventListener('change', applyTheme)

const watch = (watcher: () => void): (() => void) => {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}
export const useTheme = (): Theme => useSyncExternalStore(watch, () => theme)
/** Changes whenever the colours do, for what draws on a canvas. */
export const useColours = (): string =>
  useSyncExternalStore(watch, () => document.documentElement.dataset['theme'] ?? 'light')

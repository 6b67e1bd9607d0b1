import { useSyncExternalStore } from 'react'

const tickMs = 10_000
let now = Date.now()
const watchers = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function tick(): void {
  now = Date.now()
  for (const watcher of watchers) watcher()
}

/** One clock for the page: every relative time moves together. */
function watch(watcher: () => void): () => void {
  watchers.add(watcher)
  timer ??= setInterval(tick, tickMs)
  return () => {
    watchers.delete(watcher)
    if (watchers.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}
const useNow = (): number => useSyncExternalStore(watch, () => now)

const units = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
] as const

/** `just now`, `5 min`, `3 h`, `12 d`: how long ago. */
export function ago(at: string, nowMs: number): string {
  const seconds = Math.round((nowMs - Date.parse(at)) / 1_000)
  if (Number.isNaN(seconds)) return '–'
  const size = Math.abs(seconds)
  if (size < 60) return 'just now'
  const [length, unit] = units.find(([length]) => size >= length) ?? [60, 'min']
  const text = `${Math.floor(size / length)} ${unit}`
  return seconds < 0 ? `in ${text}` : `${text} ago`
}

export const exact = (at: string): string =>
  new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' })

/** A relative time; the exact one on hover. */
export function Ago({ at, prefix = '', bare = false }: { at: string; prefix?: string; bare?: boolean }) {
  const nowMs = useNow()
  return (
    <time dateTime={at} title={exact(at)} className="numeric whitespace-nowrap">
      {prefix}
      {bare ? ago(at, nowMs).replace(/ ago$/, '').replace('just now', 'a moment') : ago(at, nowMs)}
    </time>
  )
}

/** `850 ms`, `12.4 s`, `3 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`
  const minutes = Math.floor(ms / 60_000)
  const seconds = Math.round((ms % 60_000) / 1_000)
  return seconds === 0 ? `${minutes} min` : `${minutes} min ${seconds} s`
}

export const between = (from: string | undefined, to: string | undefined): string =>
  from === undefined ? '–' : duration((to === undefined ? Date.now() : Date.parse(to)) - Date.parse(from))

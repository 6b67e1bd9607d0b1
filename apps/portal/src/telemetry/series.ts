import type { Answer } from '../api/plinth.ts'

export type Series = Answer<'queryMetrics'>['items'][number]
export type Point = Series['points'][number]

export const lastOf = ({ points }: Series): number | undefined => points.at(-1)?.[1]

const scaled = (value: number, base: number, names: readonly string[]): string => {
  let index = 0
  let rest = value
  while (Math.abs(rest) >= base && index < names.length - 1) {
    rest /= base
    index++
  }
  return `${rest >= 100 || Number.isInteger(rest) ? Math.round(rest) : rest.toFixed(rest >= 10 ? 1 : 2)} ${names[index] ?? ''}`.trim()
}

const bytes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
const counts = ['', 'k', 'M', 'G'] as const

/** A value with its unit as people read it: UCUM's `By`, `s`, `ms`, `1`, `%`, and `x/s` rates. */
export function seriesText(value: number | undefined, unit: string): string {
  if (value === undefined || Number.isNaN(value)) return '–'
  if (unit === 'By' || unit === 'bytes' || unit === 'B') return scaled(value, 1024, bytes)
  if (unit === 's') return value < 1 ? `${scaled(value * 1_000, 1_000, [''])} ms` : `${scaled(value, 1_000, counts)} s`
  if (unit === '1' || unit === '') return scaled(value, 1_000, counts)
  return `${scaled(value, 1_000, counts)} ${unit}`
}

/** One colour per meaning on every page: errors red, latency blue, everything else the accent and its neighbours. */
export function colourOf(series: Series, index: number): string {
  const name = `${series.name} ${Object.values(series.labels).join(' ')}`.toLowerCase()
  if (/error|5xx|fail/.test(name)) return '--failed'
  if (/p99|max/.test(name)) return '--degraded'
  if (/latency|duration|p95|p50/.test(name)) return index % 2 === 0 ? '--progressing' : '--accent'
  return ['--accent', '--progressing', '--degraded', '--quiet'][index % 4] ?? '--accent'
}

/** Series of one name belong in one chart. */
export function byName(all: readonly Series[]): readonly { name: string; unit: string; series: readonly Series[] }[] {
  const charts = new Map<string, Series[]>()
  for (const one of all) charts.set(one.name, [...(charts.get(one.name) ?? []), one])
  return [...charts].map(([name, series]) => ({ name, unit: series[0]?.unit ?? '', series }))
}

export const labelText = ({ labels, name }: Series): string => Object.values(labels).join(' ') || name

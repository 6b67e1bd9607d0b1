import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Percentiles of samples in the samples' own unit, by nearest rank; NaN without samples. */
export type Spread = { count: number; mean: number; median: number; p95: number; p99: number; max: number }

export function spread(samples: readonly number[] | Float64Array): Spread {
  const sorted = Float64Array.from(samples).sort()
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length
  return { count: sorted.length, mean, median: rank(0.5), p95: rank(0.95), p99: rank(0.99), max: rank(1) }
}

export const median = (samples: readonly number[]): number => spread(samples).median
export const p95 = (samples: readonly number[]): number => spread(samples).p95
export const p99 = (samples: readonly number[]): number => spread(samples).p99

/** A duration in the unit in which it is easiest to read. */
export function duration(microseconds: number): string {
  if (Number.isNaN(microseconds)) return '-'
  if (microseconds < 1000) return `${figure(microseconds)} us`
  return microseconds < 1_000_000 ? `${figure(microseconds / 1000)} ms` : `${figure(microseconds / 1_000_000)} s`
}

/** Three digits that count, with separators above a thousand. */
export const figure = (value: number): string =>
  Number.isNaN(value) ? '-' : value.toLocaleString('en-US', { maximumSignificantDigits: value >= 1000 ? 4 : 3 })

/** Prints a Markdown table, columns aligned; numbers and what starts with a digit to the right. */
export function printTable(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const right = head.map((_, column) => rows.some((row) => /^[<>=]*\d/.test(row[column] ?? '')))
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, at) => (right[at] ? (cells[at] ?? '').padStart(width) : (cells[at] ?? '').padEnd(width))).join(' | ')} |`
  const rule = `|${widths.map((width, at) => (right[at] ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`
  console.log(`\n### ${title}\n\n${[line(head), rule, ...rows.map(line)].join('\n')}\n`)
}

/** A bar of the design and what was measured against it. */
export type Bar = { what: string; bar: string; measured: string; met: boolean }

export function printBars(bars: readonly Bar[]): void {
  printTable(
    'Bars',
    ['what', 'bar', 'measured', 'met'],
    bars.map(({ what, bar, measured, met }) => [what, bar, measured, met ? 'yes' : 'NO']),
  )
}

/** Writes `.plinth/bench/<name>.json` (under PLINTH_HOME where it is set) and returns its path. */
export function writeResult(name: string, result: unknown): string {
  const folder = join(process.env.PLINTH_HOME ?? join(import.meta.dirname, '../../.plinth'), 'bench')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${name}.json`)
  writeFileSync(
    file,
    `${JSON.stringify({ name, at: new Date().toISOString(), node: process.version, result }, null, 2)}\n`,
  )
  return file
}

/** Random numbers from 0 up to 1 that are the same on every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

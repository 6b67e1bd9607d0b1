import pc from 'picocolors'

export type Output = { json: boolean }

/** Prints for programs where `--json` was given, for people otherwise. */
export function show<T>({ json }: Output, value: T, forPeople: (value: T) => string): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${inert(forPeople(value))}\n`)
}

/**
 * Text from others must not steer the terminal: of all control characters only new lines, tabs and our own colours stay.
 */
export const inert = (text: string): string =>
  text.replace(/\u001b(?!\[\d{0,3}m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f\u009b]/g, '')

const width = (text: string): number => text.replace(/\u001b\[\d+m/g, '').length

/** Columns under their heads; two spaces between, no lines. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => width(row[column] ?? ''))))
  const line = (cells: readonly string[], paint: (text: string) => string = (text) => text): string =>
    cells
      .map(
        (cell, column) =>
          paint(cell) + ' '.repeat(column === cells.length - 1 ? 0 : (widths[column] ?? 0) - width(cell) + 2),
      )
      .join('')
      .trimEnd()
  return [line(heads, pc.dim), ...rows.map((row) => line(row))].join('\n')
}

/** `1 chain`, `2 chains`. */
export const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`

type Look = readonly [symbol: string, paint: (text: string) => string]
const good: Look = ['●', pc.green]
const moving: Look = ['◐', pc.blue]
const waiting: Look = ['◌', pc.dim]
const weak: Look = ['▲', pc.yellow]
const bad: Look = ['■', pc.red]

const looks: Readonly<Record<string, Look>> = {
  Healthy: good,
  Synced: good,
  success: good,
  running: moving,
  Progressing: moving,
  OutOfSync: moving,
  pending: waiting,
  created: waiting,
  manual: waiting,
  scheduled: waiting,
  open: waiting,
  approved: moving,
  merged: good,
  Degraded: weak,
  Suspended: weak,
  degraded: weak,
  failed: bad,
  canceled: bad,
  closed: waiting,
  Missing: waiting,
  skipped: waiting,
  Unknown: ['?', pc.dim],
  done: good,
  waiting,
}

/** A state by colour and shape both. */
export function state(name: string): string {
  const [symbol, paint] = looks[name] ?? (['·', pc.dim] as const)
  return `${paint(symbol)} ${name}`
}

export const short = (revision: string | undefined): string => (revision ? revision.slice(0, 7) : '-')

/** How long ago, in the two largest words that say it: `just now`, `4 min ago`, `2 d ago`. */
export function ago(moment: string | undefined, nowMs: number = Date.now()): string {
  if (!moment) return '-'
  const seconds = Math.max(0, (nowMs - Date.parse(moment)) / 1000)
  if (seconds < 5) return 'just now'
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`
  }
  return 'just now'
}

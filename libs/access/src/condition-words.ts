import { days, type Day, type Window } from './conditions.ts'
import type { Conditions } from './policy.ts'

/**
 * Conditions as fields of a g2 row: `window mon-fri 09:00-17:00 Europe/Berlin`, `networks 10.0.0.0/8 fd00::/8`,
 * `break-glass`.
 */
export function conditionWords({ window, networks, breakGlass }: Conditions = {}): string[] {
  return [
    ...(window ? [`window ${dayWords(window.days)} ${window.from}-${window.until} ${window.zone}`] : []),
    ...(networks ? [`networks ${networks.join(' ')}`] : []),
    ...(breakGlass ? ['break-glass'] : []),
  ]
}

const help = 'write `window mon-fri 09:00-17:00 Europe/Berlin`, `networks 10.0.0.0/8 fd00::/8` or `break-glass`'

/** One field of conditions; a message with the remedy where it is none. */
export function parseConditionWords(field: string): Conditions | string {
  const [kind, ...words] = field.split(/\s+/)
  if (kind === 'break-glass' && words.length === 0) return { breakGlass: true }
  if (kind === 'networks' && words.length > 0) return { networks: words }
  if (kind !== 'window') return `is no condition; ${help}`
  const [dayList = '', times = '', zone = '', ...more] = words
  const wanted = parseDays(dayList)
  const [from = '', until = '', ...rest] = times.split('-')
  if (wanted === undefined || until === '' || rest.length > 0 || zone === '' || more.length > 0)
    return 'is no window; write days, hours and a zone: `window mon-fri 09:00-17:00 Europe/Berlin`'
  return { window: { zone, days: wanted, from, until } }
}

/** `mon-fri`, `mon+wed+sat-sun`: each run of three or more as a range. */
function dayWords(wanted: Window['days']): string {
  const runs: Day[][] = []
  for (const [at, day] of days.entries()) {
    if (!wanted.includes(day)) continue
    const last = runs.at(-1)
    if (last?.at(-1) === days[at - 1] && last !== undefined) last.push(day)
    else runs.push([day])
  }
  return runs.map((run) => (run.length > 2 ? `${run[0]}-${run.at(-1)}` : run.join('+'))).join('+')
}

function parseDays(text: string): Day[] | undefined {
  const found = new Set<Day>()
  for (const part of text.split('+')) {
    const [first = '', last = first, ...more] = part.split('-')
    const [start, end] = [days.findIndex((day) => day === first), days.findIndex((day) => day === last)]
    if (start === -1 || end === -1 || more.length > 0) return undefined
    // fri-mon goes over the end of the week.
    for (let at = start; ; at = (at + 1) % 7) {
      const day = days[at]
      if (day !== undefined) found.add(day)
      if (at === end) break
    }
  }
  return days.filter((day) => found.has(day))
}

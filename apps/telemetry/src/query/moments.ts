import { failure } from '@plinth/contracts'

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

export type Range = { sinceMs: number; untilMs: number | undefined }

/** The time between `since` and `until`; throws query_invalid, naming the member. */
export function rangeOf(query: { since?: string; until?: string }, nowMs: number, defaultMs: number): Range {
  const untilMs = query.until === undefined ? undefined : momentMs('until', query.until, nowMs)
  const sinceMs = query.since === undefined ? (untilMs ?? nowMs) - defaultMs : momentMs('since', query.since, nowMs)
  if (untilMs !== undefined && untilMs <= sinceMs) throw invalid('until', 'must be later than `since`.')
  return { sinceMs, untilMs }
}

function momentMs(member: string, text: string, nowMs: number): number {
  const duration = /^(\d{1,6})([smhd])$/.exec(text)
  if (duration !== null) return nowMs - Number(duration[1]) * unitsMs[duration[2] as keyof typeof unitsMs]
  const parsedMs = rfc3339.test(text) ? Date.parse(text) : NaN
  // What the store's nanoseconds can hold: 1970 to 2262.
  if (Number.isNaN(parsedMs) || parsedMs < 0 || parsedMs > 9_223_372_036_854)
    throw invalid(member, 'must be a time by RFC 3339, or a duration back from now such as `15m`, `2h` or `7d`.')
  return parsedMs
}

export const invalid = (member: string, message: string) =>
  failure('telemetry.query_invalid', {
    detail: `\`${member}\` ${message}`,
    problems: [{ path: `/query/${member}`, message }],
  })

export const nanoseconds = (milliseconds: number): bigint => BigInt(Math.max(0, Math.round(milliseconds))) * 1_000_000n

/** RFC 3339 in UTC from nanoseconds since 1970, with as many digits as there are: 3, 6 or 9. */
export function timestamp(nanosecondsText: string): string {
  const all = BigInt(nanosecondsText)
  const whole = new Date(Number(all / 1_000_000n)).toISOString()
  const rest = String(all % 1_000_000n).padStart(6, '0')
  return rest === '000000' ? whole : `${whole.slice(0, -1)}${rest.replace(/000$/, '')}Z`
}

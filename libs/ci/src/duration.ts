const secondsOf: Readonly<Record<string, number>> = {
  s: 1, sec: 1, secs: 1, second: 1, seconds: 1,
  m: 60, min: 60, mins: 60, minute: 60, minutes: 60,
  h: 3_600, hr: 3_600, hrs: 3_600, hour: 3_600, hours: 3_600,
  d: 86_400, day: 86_400, days: 86_400,
  w: 604_800, wk: 604_800, week: 604_800, weeks: 604_800,
  mo: 2_592_000, mos: 2_592_000, month: 2_592_000, months: 2_592_000,
  y: 31_536_000, yr: 31_536_000, year: 31_536_000, years: 31_536_000,
} // prettier-ignore

/** Seconds of GitLab's natural durations: `90 minutes`, `1h 30m`, `3 mins and 4 sec`, `42` (seconds). Undefined for other text. */
export function readDuration(text: string): number | undefined {
  const words = text
    .trim()
    .toLowerCase()
    .replace(/,|\band\b/g, ' ')
  if (/^\d{1,10}$/.test(words)) return Number(words)
  let seconds = 0
  const rest = words.replace(/(\d{1,10}(?:\.\d{1,3})?)\s*([a-z]+)/g, (whole, amount: string, unit: string) => {
    const factor = secondsOf[unit]
    if (factor === undefined) return whole
    seconds += Number(amount) * factor
    return ''
  })
  return rest.trim() === '' && seconds > 0 ? Math.round(seconds) : undefined
}

/** Local time as a window needs it: the day of the week from 0 (Sunday), and minutes since midnight. */
export type LocalTime = { readonly day: number; readonly minutes: number }

/** Reads the clock of one time zone. The last minute is remembered: Intl takes some microseconds, a decision one. */
type Zone = (atMs: number) => LocalTime

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const zones = new Map<string, Zone | undefined>()
/** More names than there are zones; a policy with misspelt ones must not fill the memory. */
const zonesMax = 1_000

/**
 * The clock of a time zone by its IANA name, with its summer times as they were, are and are planned; undefined for a
 * name that is none. An offset such as `+01:00` is no name: it would be wrong for half of the year.
 */
export function zoneOf(name: string): Zone | undefined {
  if (zones.has(name)) return zones.get(name)
  if (zones.size >= zonesMax) zones.clear()
  const zone = makeZone(name)
  zones.set(name, zone)
  return zone
}

function makeZone(timeZone: string): Zone | undefined {
  if (!/^[A-Za-z]/.test(timeZone)) return undefined
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
  } catch {
    return undefined
  }
  let lastMinute = Number.NaN
  let last: LocalTime = { day: 0, minutes: 0 }
  return (atMs) => {
    const minute = Math.floor(atMs / 60_000)
    if (minute === lastMinute) return last
    const parts = new Map(format.formatToParts(minute * 60_000).map(({ type, value }) => [type, value]))
    const minutes = Number(parts.get('hour')) * 60 + Number(parts.get('minute'))
    lastMinute = minute
    return (last = { day: weekdays.indexOf(parts.get('weekday') ?? ''), minutes })
  }
}

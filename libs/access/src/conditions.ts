import type { Problem } from '@plinth/kernel'
import { isWithin, parseAddress, parseNetwork, type Address, type Network } from './networks.ts'
import type { Conditions, Context } from './policy.ts'
import { zoneOf, type LocalTime } from './zones.ts'

export type Window = NonNullable<Conditions['window']>
export type Day = Window['days'][number]
export const days: readonly Day[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
/** As Intl and Date count them. */
const dayNumbers: Readonly<Record<Day, number>> = { sun: 0, mon: 1, tue: 2, wed: 3, thu: 4, fri: 5, sat: 6 }

/** What a decision is made under; the address is read once, and only when a condition asks for it. */
export type Circumstances = {
  readonly nowMs: number
  readonly context: Context | undefined
  /** Null when it was looked for, and there is none. */
  address: Address | null | undefined
  /** Whether anything was asked that they answer. */
  wereAsked: boolean
}

export const circumstances = (nowMs: number, context: Context | undefined): Circumstances => ({
  nowMs,
  context,
  address: undefined,
  wereAsked: false,
})

function addressOf(now: Circumstances): Address | null {
  if (now.address === undefined) {
    const text = now.context?.address
    now.address = (text === undefined ? undefined : parseAddress(text)) ?? null
  }
  return now.address
}

/** Whether the conditions of a link hold; breakGlass is none in this sense, as it takes nothing away. */
export type Holds = (circumstances: Circumstances) => boolean

/**
 * Reads the conditions of a link, once. Undefined where nothing restricts it. What cannot be read never holds: a link
 * that is unclear is none.
 */
export function compileConditions(conditions: Conditions | undefined): Holds | undefined {
  const { window, networks } = conditions ?? {}
  const inWindow = window === undefined ? undefined : compileWindow(window)
  if (networks === undefined) return inWindow
  const allowed = networks.map(parseNetwork).filter((network): network is Network => network !== undefined)
  return (now) => {
    if (inWindow !== undefined && !inWindow(now)) return false
    const address = addressOf(now)
    return address !== null && allowed.some((network) => isWithin(address, network))
  }
}

/** By the clock on the wall: an hour that summer time skips is in no window, one that it repeats is in it twice. */
function compileWindow({ zone: name, days: wanted, from, until }: Window): Holds {
  const zone = zoneOf(name)
  const [start, end] = [minutesOf(from), minutesOf(until)]
  if (zone === undefined || start === undefined || end === undefined || start === end) return () => false
  const chosen = new Set(wanted.map((day) => dayNumbers[day]))
  const isIn =
    start < end
      ? ({ day, minutes }: LocalTime) => chosen.has(day) && minutes >= start && minutes < end
      : ({ day, minutes }: LocalTime) =>
          minutes >= start ? chosen.has(day) : minutes < end && chosen.has((day + 6) % 7)
  return ({ nowMs }) => isIn(zone(nowMs))
}

function minutesOf(time: string): number | undefined {
  const [, hour, minute] = /^([01][0-9]|2[0-4]):([0-5][0-9])$/.exec(time) ?? []
  const minutes = Number(hour) * 60 + Number(minute)
  return minutes <= 24 * 60 ? minutes : undefined
}

/** What is wrong with conditions, by path below them; empty when they can be kept. */
export function validateConditions({ window, networks }: Conditions): Problem[] {
  const problems: Problem[] = []
  if (window !== undefined) {
    const from = window.from === '24:00' ? undefined : minutesOf(window.from)
    const until = minutesOf(window.until)
    if (zoneOf(window.zone) === undefined)
      problems.push({
        path: 'window/zone',
        message: 'is no time zone; write an IANA name such as Europe/Berlin or UTC',
      })
    if (window.days.length === 0 || window.days.some((day) => dayNumbers[day] === undefined))
      problems.push({ path: 'window/days', message: `must be one or more of ${days.join(', ')}` })
    if (from === undefined) problems.push({ path: 'window/from', message: 'must be a time from 00:00 to 23:59' })
    if (until === undefined) problems.push({ path: 'window/until', message: 'must be a time from 00:00 to 24:00' })
    if (from !== undefined && from === until)
      problems.push({ path: 'window/until', message: 'is the same as from; the whole day is 00:00 to 24:00' })
  }
  if (networks?.length === 0)
    problems.push({ path: 'networks', message: 'is empty; leave it out to allow every network' })
  for (const [at, network] of (networks ?? []).entries()) {
    if (parseNetwork(network) === undefined)
      problems.push({ path: `networks/${at}`, message: `${JSON.stringify(network)} ${networkRemedy}` })
  }
  return problems
}

const networkRemedy =
  'is no network; write 10.0.0.0/8, fd00::/8 or a single address, with no bits set beyond the prefix'

/** The same text for conditions that mean the same: days and networks in order, each once; empty for none. */
export function canonicalConditions(conditions: Conditions | undefined): string {
  const { window, networks, breakGlass } = conditions ?? {}
  const parts = [
    window && ['window', window.zone, ...days.filter((day) => window.days.includes(day)), window.from, window.until],
    networks && ['networks', ...[...new Set(networks)].sort()],
    breakGlass && ['break-glass'],
  ]
  return parts.flatMap((part) => (part ? [part.join(' ')] : [])).join('; ')
}

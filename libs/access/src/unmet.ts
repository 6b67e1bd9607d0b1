import type { Circumstances } from './conditions.ts'
import { conditionWords } from './condition-words.ts'
import { circumstancesOf, decide, matchingGroups, ruleAt } from './decide.ts'
import { domainLevels } from './match.ts'
import type { AccessRequest, Link } from './policy.ts'
import { holdsNow, timed, type Tables, type TimedLink } from './tables.ts'

/** A link that does not count now, and why: `holds mon-fri 09:00-17:00 Europe/Berlin`, `ended 2026-…`. */
export type Unmet = { readonly link: Link; readonly why: string }

/** A subject that would be reached if the links in `failed`, the fewest that it takes, held. */
type Reached = { subject: string; failed: readonly TimedLink[] }

const unmetMax = 100

/** The links without which a denial would have been an allow, if only they held. At most 100. */
export function unmetLinks(tables: Tables, request: AccessRequest): Unmet[] {
  const now = circumstancesOf(tables, request.context)
  const levels = domainLevels(request.domain)
  const groups = matchingGroups(tables, request)
  const found = new Map<Link, Unmet>()
  for (const { subject, failed } of reachable(tables, request.subjects, levels, now)) {
    if (failed.length === 0 || found.size >= unmetMax) continue
    if (!groups.some(({ allow }) => ruleAt(allow, subject, levels) !== undefined)) continue
    // What else those links lead to may deny it all the same.
    if (!wouldAllow(tables, request, failed)) continue
    for (const entry of failed) found.set(entry.link, { link: entry.link, why: whyNot(entry, now) })
  }
  return [...found.values()]
}

/** The decision with the conditions and ends of some links struck out. */
function wouldAllow(tables: Tables, request: AccessRequest, failed: readonly TimedLink[]): boolean {
  let parents = tables.parents
  for (const { link } of failed) {
    const domains = parents.get(link.subject)
    const entries = domains?.get(link.domain)
    if (domains === undefined || entries === undefined) continue
    const { breakGlass } = link.conditions ?? {}
    const { subject, role, domain } = link
    const free = timed({ subject, role, domain, ...(breakGlass && { conditions: { breakGlass } }) })
    const changed = entries.map((entry) => (entry.link === link ? free : entry))
    parents = parents.with(subject, domains.with(domain, changed))
  }
  return decide({ ...tables, parents }, request).allowed
}

/** All that is reached over links whether or not they hold, by as few as can be that do not. */
function reachable(
  tables: Tables,
  subjects: readonly string[],
  levels: readonly string[],
  now: Circumstances,
): Reached[] {
  const reached: Reached[] = []
  const seen = new Set<string>()
  let wave: Reached[] = subjects.map((subject) => ({ subject, failed: [] }))
  while (wave.length > 0) {
    const next: Reached[] = []
    // What is reached over links that hold joins this wave; each other link leads to the next one.
    for (const here of wave) {
      if (seen.has(here.subject)) continue
      seen.add(here.subject)
      reached.push(here)
      for (const level of levels) {
        for (const entry of tables.parents.get(here.subject)?.get(level) ?? []) {
          const { role } = entry.link
          if (role === '' || seen.has(role)) continue
          if (holdsNow(entry, now)) wave.push({ subject: role, failed: here.failed })
          else next.push({ subject: role, failed: [...here.failed, entry] })
        }
      }
    }
    wave = next
  }
  return reached
}

function whyNot({ link, expiresAtMs }: TimedLink, now: Circumstances): string {
  if (expiresAtMs <= now.nowMs) return `ended ${link.expiresAt}`
  const { window, networks } = link.conditions ?? {}
  const words = conditionWords({ ...(window && { window }), ...(networks && { networks }) })
  return `holds only within: ${words.join(', ')}`
}

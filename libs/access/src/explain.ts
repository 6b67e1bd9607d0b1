import { circumstancesOf, decide, eachHeld, matchingGroups } from './decide.ts'
import { domainLevels } from './match.ts'
import type { AccessRequest, Decision, Freeze, Link, Rule } from './policy.ts'
import type { Tables } from './tables.ts'
import { unmetLinks, type Unmet } from './unmet.ts'

/** A rule that matched, and the links that lead from the caller to its subject; none where it names the caller. */
export type Match = { readonly rule: Rule; readonly through: readonly Link[] }

export type Explanation = {
  readonly decision: Decision
  /** Every matching rule, denies first. */
  readonly matches: readonly Match[]
  /**
   * For a denial: the one role that, given in `domain`, would turn it, the one with the fewest rules of its own where
   * there are several. Absent when no role would, as where an explicit deny stands.
   */
  readonly nearest?: { readonly role: string; readonly domain: string }
  /** Links that have ended, or whose conditions do not hold now, and that would else have led to an allow; with why. */
  readonly unmet: readonly Unmet[]
  /** The freeze that withholds what the matches would allow. */
  readonly frozen?: Freeze
}

/** Roles that are tried for the nearest grant; a policy with more candidates for one object is answered from these. */
const candidatesMax = 1000

/** All that speaks for and against a request. See `AccessIndex.explain`. */
export function explain(tables: Tables, request: AccessRequest): Explanation {
  const decision = decide(tables, request)
  if ([request.domain, request.object, request.action, ...request.subjects].includes('')) {
    return { decision, matches: [], unmet: [] }
  }
  const matches = allMatches(tables, request)
  const { frozen } = decision
  if (frozen !== undefined) return { decision, matches, unmet: unmetLinks(tables, request), frozen }
  if (decision.allowed || matches.some(({ rule }) => rule.effect === 'deny')) return { decision, matches, unmet: [] }
  const role = nearestRole(tables, request)
  const unmet = unmetLinks(tables, request)
  return { decision, matches, unmet, ...(role !== undefined && { nearest: { role, domain: request.domain } }) }
}

function allMatches(tables: Tables, request: AccessRequest): Match[] {
  const levels = domainLevels(request.domain)
  const groups = matchingGroups(tables, request)
  const ways = new Map<string, readonly Link[]>()
  const matches: Match[] = []
  const now = circumstancesOf(tables, request.context)
  eachHeld(tables, request.subjects, levels, now, (subject, via) => {
    const through = via === undefined ? [] : [...(ways.get(via.link.subject) ?? []), via.link]
    ways.set(subject, through)
    for (const { allow, deny } of groups) {
      for (const domains of [deny.get(subject), allow.get(subject)]) {
        for (const level of levels) {
          const rule = domains?.get(level)
          if (rule !== undefined) matches.push({ rule, through })
        }
      }
    }
    return 'go on'
  })
  return matches.sort((one, other) => Number(other.rule.effect === 'deny') - Number(one.rule.effect === 'deny'))
}

function nearestRole(tables: Tables, request: AccessRequest): string | undefined {
  const levels = domainLevels(request.domain)
  const candidates = new Set<string>()
  for (const { allow } of matchingGroups(tables, request)) {
    for (const [subject, domains] of allow.entries()) {
      if (candidates.size >= candidatesMax) break
      if (subject.startsWith('role:') && levels.some((level) => domains.get(level) !== undefined))
        candidates.add(subject)
    }
  }
  let nearest: { role: string; breadth: number } | undefined
  for (const role of candidates) {
    const breadth = breadthOf(tables, role)
    const isNearer =
      nearest === undefined || breadth < nearest.breadth || (breadth === nearest.breadth && role < nearest.role)
    if (isNearer && decide(tables, { ...request, subjects: [...request.subjects, role] }).allowed) {
      nearest = { role, breadth }
    }
  }
  return nearest?.role
}

/** How much a role gives: its rules, where one on every object or action weighs as many as there are kinds. */
function breadthOf(tables: Tables, role: string): number {
  let breadth = 0
  for (const rule of tables.rules.get(role)?.values() ?? []) {
    breadth += (rule.object === '*' ? 100 : 1) * (rule.action === '*' ? 10 : 1)
  }
  return breadth
}

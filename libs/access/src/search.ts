import { matchingGroups, ruleAt } from './decide.ts'
import { domainLevels, narrower } from './match.ts'
import type { Link, Rule, Target } from './policy.ts'
import { domainKey, type Grants, type Tables } from './tables.ts'

/** One thing that a subject may, or may not, do: the rule, where it holds for him, and the links that lead to it. */
export type Right = { readonly rule: Rule; readonly domain: string; readonly through: readonly Link[] }

/** Who may do this: down from the subjects of the allowing rules, less all below those of the denying ones. */
export function whoCan(tables: Tables, target: Target): string[] {
  if (target.domain === '' || target.object === '' || target.action === '') return []
  const levels = domainLevels(target.domain)
  const groups = matchingGroups(tables, target)
  const denied = below(
    tables,
    levels,
    subjectsOf(
      groups.map((group) => group.deny),
      levels,
    ),
  )
  const allowed = below(
    tables,
    levels,
    subjectsOf(
      groups.map((group) => group.allow),
      levels,
    ),
  )
  const found: string[] = []
  for (const subject of allowed) {
    if (!denied.has(subject) && !subject.startsWith('role:') && !subject.startsWith('group:')) found.push(subject)
  }
  return found.sort()
}

function subjectsOf(all: readonly Grants[], levels: readonly string[]): Set<string> {
  const subjects = new Set<string>()
  for (const grants of all) {
    for (const subject of grants.keys()) {
      if (subject !== '' && ruleAt(grants, subject, levels) !== undefined) subjects.add(subject)
    }
  }
  return subjects
}

function below(tables: Tables, levels: readonly string[], found: Set<string>): Set<string> {
  const nowMs = tables.clock.now().getTime()
  for (const subject of found) {
    for (const level of levels) {
      const members = tables.members.get(domainKey(subject, level))
      if (members === undefined) continue
      for (const { link, expiresAtMs } of members.values()) {
        if (expiresAtMs > nowMs && link.subject !== '') found.add(link.subject)
      }
    }
  }
  return found
}

/** All rights of a subject. A right through links holds where the rule and all of the links hold. */
export function whatCan(tables: Tables, subject: string, limit = 10_000): Right[] {
  const rights: Right[] = []
  const nowMs = tables.clock.now().getTime()
  const seen = new Map<string, Reached>()
  if (subject !== '') seen.set(domainKey(subject, '*'), { subject, domain: '*', through: [] })
  for (const reached of seen.values()) {
    for (const rule of tables.rules.get(reached.subject)?.values() ?? []) {
      const domain = narrower(reached.domain, rule.domain)
      if (domain === undefined) continue
      if (rights.length >= limit) return rights
      rights.push({ rule, domain, through: reached.through })
    }
    for (const links of tables.parents.get(reached.subject)?.values() ?? []) {
      for (const { link, expiresAtMs } of links) {
        const domain = narrower(reached.domain, link.domain)
        if (domain === undefined || expiresAtMs <= nowMs || link.role === '') continue
        const key = domainKey(link.role, domain)
        if (!seen.has(key)) seen.set(key, { subject: link.role, domain, through: [...reached.through, link] })
      }
    }
  }
  return rights
}

type Reached = { subject: string; domain: string; through: readonly Link[] }

import type { Circumstances } from './conditions.ts'
import { circumstancesOf, matchingGroups, ruleAt } from './decide.ts'
import { freezeOn } from './freezes.ts'
import { domainLevels, narrower } from './match.ts'
import type { Context, Link, Rule, Target } from './policy.ts'
import { domainKey, holdsNow, type Grants, type Group, type Tables, type TimedLink } from './tables.ts'

/** One thing that a subject may, or may not, do: the rule, where it holds for him, and the links that lead to it. */
export type Right = { readonly rule: Rule; readonly domain: string; readonly through: readonly Link[] }

/** Somebody who may do what was asked; `conditional` when that hangs on a condition of some link. */
export type Holder = { readonly subject: string; readonly conditional?: true }

/** Which links are followed. */
type Counts = (entry: TimedLink) => boolean

/** Who may do this: down from the subjects of the allowing rules, less all below those of the denying ones. */
export function whoCan(tables: Tables, target: Target, context = target.context): Holder[] {
  if (target.domain === '' || target.object === '' || target.action === '') return []
  const now = circumstancesOf(tables, context)
  const search = { tables, levels: domainLevels(target.domain), groups: matchingGroups(tables, target) }
  let sawCondition = false
  const lasting: Counts = ({ expiresAtMs, holds }) => {
    if (holds !== undefined) sawCondition = true
    return holds === undefined && expiresAtMs > now.nowMs
  }
  const frozen = isKnown(context) ? freezeOn(tables.freezes, target, now.nowMs) : undefined
  const allowedWhere = (counts: Counts): Set<string> =>
    frozen === undefined ? below(search, 'allow', counts) : belowGlass(search, counts)
  const [allowedAlways, deniedAlways] = [allowedWhere(lasting), below(search, 'deny', lasting)]
  if (!sawCondition) return holders(allowedAlways, deniedAlways, () => false)

  const { allow: counts, deny: denies } = countedLinks(context, now)
  const denied = below(search, 'deny', denies.may)
  const isCertain = (subject: string): boolean => allowedAlways.has(subject) && !denied.has(subject)
  return holders(allowedWhere(counts), below(search, 'deny', denies.must), (subject) => !isCertain(subject))
}

/** Whether circumstances were named; an empty context asks about all of them. */
const isKnown = (context: Context | undefined): boolean => context?.at !== undefined || context?.address !== undefined

/** In known circumstances, what holds in them. Else whatever may hold at some time, and a deny only where it always does. */
function countedLinks(context: Context | undefined, now: Circumstances) {
  const some: Counts = ({ expiresAtMs }) => expiresAtMs > now.nowMs
  const certain: Counts = ({ expiresAtMs, holds }) => holds === undefined && expiresAtMs > now.nowMs
  if (!isKnown(context)) return { allow: some, deny: { must: certain, may: some } }
  const held: Counts = (entry) => holdsNow(entry, now)
  return { allow: held, deny: { must: held, may: some } }
}

function holders(
  allowed: Iterable<string>,
  denied: ReadonlySet<string>,
  isConditional: (subject: string) => boolean,
): Holder[] {
  const found: Holder[] = []
  for (const subject of allowed) {
    if (denied.has(subject) || subject.startsWith('role:') || subject.startsWith('group:')) continue
    found.push(isConditional(subject) ? { subject, conditional: true } : { subject })
  }
  return found.sort((one, other) => (one.subject < other.subject ? -1 : 1))
}

type Search = { tables: Tables; levels: readonly string[]; groups: readonly Group[] }

/** The subjects of the rules of one effect, and all that reach them. */
function below({ tables, levels, groups }: Search, effect: 'allow' | 'deny', counts: Counts): Set<string> {
  const found = subjectsOf(
    groups.map((group) => group[effect]),
    levels,
  )
  for (const subject of found) eachMember(tables, subject, levels, counts, ({ link }) => void found.add(link.subject))
  return found
}

/** The same for allowing rules during a freeze: only who comes over a link with `breakGlass` on the way. */
function belowGlass(search: Search, counts: Counts): Set<string> {
  const { tables, levels } = search
  const found = new Set<string>()
  for (const subject of below(search, 'allow', counts)) {
    eachMember(tables, subject, levels, counts, ({ link }) => {
      if (link.conditions?.breakGlass === true) found.add(link.subject)
    })
  }
  for (const subject of found) eachMember(tables, subject, levels, counts, ({ link }) => void found.add(link.subject))
  return found
}

function eachMember(
  tables: Tables,
  subject: string,
  levels: readonly string[],
  counts: Counts,
  visit: (entry: TimedLink) => void,
): void {
  for (const level of levels) {
    const members = tables.members.get(domainKey(subject, level))
    if (members === undefined) continue
    for (const entry of members.values()) if (entry.link.subject !== '' && counts(entry)) visit(entry)
  }
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

/** All rights of a subject. A right through links holds where the rule and all of the links hold. */
export function whatCan(
  tables: Tables,
  subject: string,
  { limit = 10_000, context }: { limit?: number | undefined; context?: Context | undefined } = {},
): Right[] {
  const rights: Right[] = []
  const now = circumstancesOf(tables, context)
  const counts: Counts = isKnown(context)
    ? (entry) => holdsNow(entry, now)
    : ({ expiresAtMs }) => expiresAtMs > now.nowMs
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
      for (const entry of links) {
        const { link } = entry
        const domain = narrower(reached.domain, link.domain)
        if (domain === undefined || link.role === '' || !counts(entry)) continue
        const key = domainKey(link.role, domain)
        if (!seen.has(key)) seen.set(key, { subject: link.role, domain, through: [...reached.through, link] })
      }
    }
  }
  return rights
}

type Reached = { subject: string; domain: string; through: readonly Link[] }

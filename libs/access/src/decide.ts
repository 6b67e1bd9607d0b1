import { circumstances, type Circumstances } from './conditions.ts'
import { freezeOn, freezeText } from './freezes.ts'
import { domainLevels, kindOf } from './match.ts'
import type { PersistentMap } from './persistent-map.ts'
import { ruleText, type AccessRequest, type Context, type Decision, type Rule, type Target } from './policy.ts'
import { holdsNow, type Grants, type Group, type Tables, type TimedLink } from './tables.ts'

/**
 * Decides on all subjects of the caller, and on all that they are members of, as one set: a deny that any of them has
 * wins. No rule is scanned: the object and the action lead to the few groups of rules that can match, and only the
 * caller's own subjects are looked up in them.
 */
export function decide(tables: Tables, request: AccessRequest): Decision {
  const { revision } = tables
  const groups = isComplete(request) ? matchingGroups(tables, request) : []
  if (groups.length === 0) return { allowed: false, revision, reason: 'no rule', isLasting: true }
  const levels = domainLevels(request.domain)
  const now = circumstancesOf(tables, request.context)
  const frozen = tables.freezes.length === 0 ? undefined : freezeOn(tables.freezes, request, now.nowMs)
  const canDeny = groups.some((group) => group.deny.size > 0)
  let allow: Rule | undefined
  let deny: Rule | undefined
  eachHeld(tables, request.subjects, levels, now, (subject) => {
    for (const group of groups) {
      if (canDeny) deny = ruleAt(group.deny, subject, levels)
      if (deny !== undefined) return 'stop'
      allow ??= ruleAt(group.allow, subject, levels)
    }
    return allow !== undefined && !canDeny ? 'stop' : 'go on'
  })
  const isLasting = tables.freezes.length === 0 && !now.wereAsked
  if (deny !== undefined)
    return { allowed: false, revision, rule: deny, reason: `denied by ${ruleText(deny)}`, isLasting }
  if (allow === undefined) return { allowed: false, revision, reason: 'no rule', isLasting }
  if (frozen !== undefined) {
    allow = allowThroughGlass(tables, request.subjects, levels, now, groups)
    if (allow === undefined) return { allowed: false, revision, frozen, reason: freezeText(frozen), isLasting }
  }
  return { allowed: true, revision, rule: allow, reason: `allowed by ${ruleText(allow)}`, isLasting }
}

export const circumstancesOf = (tables: Tables, context: Context | undefined): Circumstances =>
  circumstances((context?.at ?? tables.clock.now()).getTime(), context)

/** An allowing rule that is reached over a link with `breakGlass`, which alone counts during a freeze. */
function allowThroughGlass(
  tables: Tables,
  subjects: readonly string[],
  levels: readonly string[],
  now: Circumstances,
  groups: readonly Group[],
): Rule | undefined {
  const broken = new Set<string>()
  eachHeld(tables, subjects, levels, now, (subject) => {
    eachLink(tables, subject, levels, now, ({ link }) => {
      if (link.conditions?.breakGlass === true) broken.add(link.role)
    })
    return 'go on'
  })
  let allow: Rule | undefined
  eachHeld(tables, [...broken], levels, now, (subject) => {
    for (const group of groups) allow ??= ruleAt(group.allow, subject, levels)
    return allow === undefined ? 'go on' : 'stop'
  })
  return allow
}

/** A request with an empty field, or without a subject, is never allowed; node-casbin allows some. */
function isComplete(request: AccessRequest): boolean {
  const { subjects, domain, object, action } = request
  return domain !== '' && object !== '' && action !== '' && subjects.length > 0 && !subjects.includes('')
}

/** The groups of rules whose object and action patterns match. */
export function matchingGroups(tables: Tables, { object, action }: Target): Group[] {
  const groups: Group[] = []
  const collect = (actions: PersistentMap<Group> | undefined): void => {
    if (actions === undefined) return
    const exact = actions.get(action)
    if (exact !== undefined) groups.push(exact)
    const any = action === '*' ? undefined : actions.get('*')
    if (any !== undefined) groups.push(any)
  }
  const kind = kindOf(object)
  if (!object.endsWith('*')) collect(tables.objects.get(object))
  if (kind !== object && kind !== '' && !kind.endsWith('*')) collect(tables.objects.get(kind))
  for (const length of tables.stems.keys()) {
    if (length <= object.length) collect(tables.objects.get(`${object.slice(0, length)}*`))
  }
  return groups
}

/** The rule that a subject itself has at the narrowest of the levels. */
export function ruleAt(grants: Grants, subject: string, levels: readonly string[]): Rule | undefined {
  const domains = grants.get(subject)
  if (domains === undefined) return undefined
  for (let index = levels.length - 1; index >= 0; index--) {
    const rule = domains.get(levels[index] ?? '')
    if (rule !== undefined) return rule
  }
  return undefined
}

/**
 * Visits the subjects and all that they are members of where a request is asked, each once, nearest first; `via` is
 * the link it was reached by. A cycle ends by itself, and there is no depth limit.
 */
export function eachHeld(
  tables: Tables,
  subjects: readonly string[],
  levels: readonly string[],
  now: Circumstances,
  visit: (subject: string, via: TimedLink | undefined) => 'stop' | 'go on',
): void {
  const seen = new Set(subjects)
  for (const subject of seen) if (visit(subject, undefined) === 'stop') return
  for (const subject of seen) {
    const domains = tables.parents.get(subject)
    if (domains === undefined) continue
    for (const level of levels) {
      for (const entry of domains.get(level) ?? []) {
        const { role } = entry.link
        if (role === '' || seen.has(role) || !holdsNow(entry, now)) continue
        seen.add(role)
        if (visit(role, entry) === 'stop') return
      }
    }
  }
}

/** The links of one subject that hold where and when a request is asked. */
function eachLink(
  tables: Tables,
  subject: string,
  levels: readonly string[],
  now: Circumstances,
  visit: (entry: TimedLink) => void,
): void {
  const domains = tables.parents.get(subject)
  if (domains === undefined) return
  for (const level of levels) {
    for (const entry of domains.get(level) ?? []) if (entry.link.role !== '' && holdsNow(entry, now)) visit(entry)
  }
}

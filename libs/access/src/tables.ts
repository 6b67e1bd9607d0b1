import type { Clock } from '@plinth/kernel'
import { compileConditions, type Circumstances, type Holds } from './conditions.ts'
import type { TimedFreeze } from './freezes.ts'
import type { PersistentMap } from './persistent-map.ts'
import type { Link, Rule } from './policy.ts'

/** The rules of one effect on one object pattern and action: subject, then domain, to the rule. */
export type Grants = PersistentMap<PersistentMap<Rule>>
export type Group = { readonly allow: Grants; readonly deny: Grants }

/** A link with its expiry as a number, Infinity when it has none, and its conditions, undefined when it has none. */
export type TimedLink = { readonly link: Link; readonly expiresAtMs: number; readonly holds: Holds | undefined }

/** The compiled policy. Immutable: a change makes new tables that share what it did not touch. */
export type Tables = {
  readonly revision: number
  readonly clock: Clock
  /** Subject, then the rule's key, to the rule: the canonical store of rules. */
  readonly rules: PersistentMap<PersistentMap<Rule>>
  /** Object pattern, then action, to who may and may not: the way of a decision. */
  readonly objects: PersistentMap<PersistentMap<Group>>
  /** How many object patterns with a trailing `*` have a stem of this length; few lengths, so few look-ups. */
  readonly stems: ReadonlyMap<number, number>
  /** Member, then domain, to what it is a member of: the way up. */
  readonly parents: PersistentMap<PersistentMap<readonly TimedLink[]>>
  /** Role and domain (`domainKey`), then member: the way down. */
  readonly members: PersistentMap<PersistentMap<TimedLink>>
  readonly freezes: readonly TimedFreeze[]
}

const separator = '\u0000'

/** Identity of a rule among those of its subject. */
export const ruleKey = (rule: Rule): string => [rule.domain, rule.object, rule.action, rule.effect].join(separator)

export const domainKey = (role: string, domain: string): string => role + separator + domain

/** The link, ready to be asked. A date that cannot be read is in the past: unclear is closed. */
export function timed(link: Link): TimedLink {
  const holds = link.conditions === undefined ? undefined : compileConditions(link.conditions)
  if (link.expiresAt === undefined) return { link, expiresAtMs: Infinity, holds }
  const expiresAtMs = Date.parse(link.expiresAt)
  return { link, expiresAtMs: Number.isNaN(expiresAtMs) ? -Infinity : expiresAtMs, holds }
}

/** Whether a link counts: it has not ended, and its conditions hold. */
export function holdsNow({ expiresAtMs, holds }: TimedLink, now: Circumstances): boolean {
  if (expiresAtMs === Infinity && holds === undefined) return true
  now.wereAsked = true
  return expiresAtMs > now.nowMs && (holds === undefined || holds(now))
}

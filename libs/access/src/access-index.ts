import { applied } from './apply.ts'
import { decide } from './decide.ts'
import { explain, type Explanation } from './explain.ts'
import type { AccessRequest, Decision, Link, PolicyChange, PolicySet, Rule, Target } from './policy.ts'
import { whatCan, whoCan, type Right } from './search.ts'
import type { Tables } from './tables.ts'

/** A compiled policy. It never changes: whoever holds one may go on deciding with it while a newer one is made. */
export type AccessIndex = {
  readonly revision: number
  /** Decides in about a microsecond. An empty policy, an empty field and an unknown name deny. Never throws. */
  decide(request: AccessRequest): Decision
  /** The decision with every rule that matched, the way to each, and what would be missing. For people, not for the hot path. */
  explain(request: AccessRequest): Explanation
  /** Every user, service account, job, … that may do this, sorted; roles and groups themselves are left out. */
  whoCan(target: Target): string[]
  /** All that a subject has, with where, and by which way; denies too. At most `limit` (10,000 unless given). */
  whatCan(subject: string, options?: { limit?: number }): Right[]
  /**
   * The index after a change; this one stays as it is. Some microseconds for a rule or link.
   * @throws platform.conflict when the change does not follow this revision
   */
  apply(change: PolicyChange): AccessIndex
  /** All rows again, for export; the order is not kept. */
  policySet(): PolicySet
}

export const createIndex = (tables: Tables): AccessIndex => ({
  revision: tables.revision,
  decide: (request) => decide(tables, request),
  explain: (request) => explain(tables, request),
  whoCan: (target) => whoCan(tables, target),
  whatCan: (subject, options = {}) => whatCan(tables, subject, options.limit),
  apply: (change) => createIndex(applied(tables, change)),
  policySet: () => {
    const rules: Rule[] = []
    for (const ofSubject of tables.rules.values()) rules.push(...ofSubject.values())
    const links: Link[] = []
    for (const ofRole of tables.members.values()) for (const { link } of ofRole.values()) links.push(link)
    return { revision: tables.revision, rules, links }
  },
})

import { applied } from './apply.ts'
import { circleOf } from './circles.ts'
import { decide } from './decide.ts'
import { explain, type Explanation } from './explain.ts'
import type { AccessRequest, Context, Decision, Link, PolicyChange, PolicySet, Rule, Target } from './policy.ts'
import { whatCan, whoCan, type Holder, type Right } from './search.ts'
import type { Tables } from './tables.ts'

/** A compiled policy. It never changes: whoever holds one may go on deciding with it while a newer one is made. */
export type AccessIndex = {
  readonly revision: number
  /** Decides in about a microsecond. An empty policy, an empty field and an unknown name deny. Never throws. */
  decide(request: AccessRequest): Decision
  /** The decision with every rule that matched, the way to each, and what would be missing. For people, not for the hot path. */
  explain(request: AccessRequest): Explanation
  /**
   * Every user, service account, job, … that may do this, sorted; roles and groups themselves are left out. With a time
   * or an address in the context: exactly those whom `decide` allows in it. With neither: also those who may only at
   * some times or from some networks, and freezes are not looked at. `conditional` are those who would not be there but
   * for the conditions of a link; who may always, until a link ends, is not marked.
   */
  whoCan(target: Target, context?: Context): Holder[]
  /**
   * All that a subject has, with where, and by which way; denies too. At most `limit` (10,000 unless given). With a
   * time or an address in the context only what holds in it; else also what holds at some times, as the links in `through` say.
   */
  whatCan(subject: string, options?: { limit?: number; context?: Context }): Right[]
  /** The way round the circle that a link would close here; undefined where it closes none. Some microseconds. */
  closedBy(link: Link): string[] | undefined
  /** The same policy as if there were no freezes: for what somebody holds, whether or not he may use it just now. */
  withoutFreezes(): AccessIndex
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
  whoCan: (target, context) => whoCan(tables, target, context),
  whatCan: (subject, options = {}) => whatCan(tables, subject, options),
  closedBy: (link) => circleOf(link, (subject) => linksOf(tables, subject)),
  withoutFreezes: () => createIndex({ ...tables, freezes: [] }),
  apply: (change) => createIndex(applied(tables, change)),
  policySet: () => {
    const rules: Rule[] = []
    for (const ofSubject of tables.rules.values()) rules.push(...ofSubject.values())
    const links: Link[] = []
    for (const ofRole of tables.members.values()) for (const { link } of ofRole.values()) links.push(link)
    const freezes = tables.freezes.map(({ freeze }) => freeze)
    return { revision: tables.revision, rules, links, ...(freezes.length > 0 && { freezes }) }
  },
})

function* linksOf(tables: Tables, subject: string): Generator<Link> {
  for (const entries of tables.parents.get(subject)?.values() ?? []) for (const { link } of entries) yield link
}

import { actionMatch, domainMatch, objectMatch, type Link, type PolicySet, type Rule } from '@plinth/access'
import type { decisionSummary, RpcResponse } from '@plinth/contracts'

type Decided = RpcResponse<typeof decisionSummary>['items'][number]

/** When somebody last was allowed something over a link: his subject, then the link's key, to the time. */
export type Usage = ReadonlyMap<string, ReadonlyMap<string, string>>

export const linkKey = ({ subject, role, domain }: Pick<Link, 'subject' | 'role' | 'domain'>): string =>
  `${subject} ${role} ${domain}`

/** So many decisions are looked at before others get their turn. */
const batch = 500

/**
 * Over which links decisions were allowed. Every way counts, whatever its conditions say now: a right that somebody has
 * twice is used twice, so that neither is taken for idle because of the other.
 */
export async function usageOf(policy: PolicySet, decided: readonly Decided[]): Promise<Usage> {
  const links = Map.groupBy(policy.links, ({ subject }) => subject)
  const rules = Map.groupBy(
    policy.rules.filter(({ effect }) => effect === 'allow'),
    ({ subject }) => subject,
  )
  const usage = new Map<string, Map<string, string>>()
  for (const [at, decision] of decided.entries()) {
    if (at % batch === batch - 1) await new Promise((resolve) => setImmediate(resolve))
    if (!decision.allowed) continue
    const used = usage.get(decision.subject) ?? new Map<string, string>()
    usage.set(decision.subject, used)
    for (const link of linksUsed(decision, links, rules)) {
      const key = linkKey(link)
      if ((used.get(key) ?? '') < decision.lastAt) used.set(key, decision.lastAt)
    }
  }
  return usage
}

/** The links on any way from the caller to a subject with a rule that allows it. */
function linksUsed(
  { subjects, action, object, domain }: Decided,
  links: ReadonlyMap<string, readonly Link[]>,
  rules: ReadonlyMap<string, readonly Rule[]>,
): Set<Link> {
  const held = new Set(subjects)
  const into = new Map<string, Link[]>()
  for (const subject of held) {
    for (const link of links.get(subject) ?? []) {
      if (!domainMatch(domain, link.domain)) continue
      held.add(link.role)
      into.set(link.role, [...(into.get(link.role) ?? []), link])
    }
  }
  const allows = (rule: Rule): boolean =>
    actionMatch(action, rule.action) && objectMatch(object, rule.object) && domainMatch(domain, rule.domain)
  const led = new Set([...held].filter((subject) => (rules.get(subject) ?? []).some(allows)))
  const used = new Set<Link>()
  for (const subject of led) {
    for (const link of into.get(subject) ?? []) {
      used.add(link)
      led.add(link.subject)
    }
  }
  return used
}

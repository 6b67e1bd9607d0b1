import { actionMatch, objectMatch, withinScopes, type AccessIndex, type Context } from '@plinth/access'
import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'

/** What is asked of the policy about one caller. */
export type Question = { action: string; object: string; domain: string }

/** The circumstances of a caller, for bindings that hold in some networks only. */
export const contextOf = ({ address }: Identity): Context => (address === undefined ? {} : { address })

/** Whether the caller may do it, as he came: with his groups, from his address, within what his token is narrowed to. */
export const may = (index: AccessIndex, who: Identity, question: Question): boolean =>
  withinScopes(who.scopes, question) &&
  index.decide({ ...question, subjects: who.subjects, context: contextOf(who) }).allowed

/** Whether there is a domain in which the caller may do it. */
export function mayAnywhere(index: AccessIndex, who: Identity, { action, object }: Omit<Question, 'domain'>): boolean {
  const rights = who.subjects.flatMap((subject) => index.whatCan(subject))
  const domains = rights
    .filter(
      ({ rule }) => rule.effect === 'allow' && actionMatch(action, rule.action) && objectMatch(object, rule.object),
    )
    .map(({ domain }) => domain)
  return [...new Set(domains)].some((domain) => may(index, who, { action, object, domain }))
}

/**
 * For what the gateway can't decide, because only the body or a stored row says in which domain it is.
 *
 * @throws gateway.permission_denied with what is required, why not, and the nearest grant that would do
 */
export function requireRight(index: AccessIndex, who: Identity, required: Question): void {
  const { action, object, domain } = required
  const { decision, nearest } = index.explain({ ...required, subjects: who.subjects, context: contextOf(who) })
  const inScope = withinScopes(who.scopes, required)
  if (decision.allowed && inScope) return
  const why = decision.allowed ? 'your token is not scoped to it' : decision.reason
  throw failure('gateway.permission_denied', {
    detail: `You may not '${action}' a '${object}' in '${domain}': ${why}.`,
    extensions: { required, ...(nearest && { grant: nearest }) },
  })
}

import { actionMatch, domainMatch, objectMatch } from './match.ts'

/** A part of what its owner may do, that a credential is narrowed to. */
export type Scope = { readonly action: string; readonly object: string; readonly domain: string }

/**
 * Whether a question lies within the scopes of a credential. It must be allowed by the policy as well: a scope narrows
 * and never gives.
 *
 * @param scopes of the credential; undefined when it is not narrowed, which is always within; none is never
 */
export function withinScopes(scopes: readonly Scope[] | undefined, question: Scope): boolean {
  if (scopes === undefined) return true
  return scopes.some(
    ({ action, object, domain }) =>
      actionMatch(question.action, action) &&
      objectMatch(question.object, object) &&
      domainMatch(question.domain, domain),
  )
}

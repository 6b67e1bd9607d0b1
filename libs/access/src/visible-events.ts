import type { AccessIndex } from './access-index.ts'
import { withinScopes, type Scope } from './scopes.ts'

/** Who wants to see events: his subjects, what his token is narrowed to, and where he is. */
export type EventViewer = {
  readonly subjects: readonly string[]
  readonly scopes?: readonly Scope[] | undefined
  readonly address?: string | undefined
}

/**
 * Whether somebody may see an event: one of a project whoever may get the project, one of the platform whoever may
 * everywhere; audit entries whoever may list the ledger there, and decisions
 * whoever may list those.
 */
export function maySeeEvent(
  index: AccessIndex,
  { subjects, scopes, address }: EventViewer,
  { type, project }: { readonly type: string; readonly project: string },
): boolean {
  const domain = project === 'platform' ? '*' : project
  const asked = type.includes('.audit.')
    ? { action: 'list', object: 'audit' }
    : type.includes('.decisions.')
      ? { action: 'list', object: 'decision' }
      : { action: 'get', object: 'project' }
  const context = address === undefined ? {} : { address }
  return withinScopes(scopes, { domain, ...asked }) && index.decide({ subjects, domain, ...asked, context }).allowed
}

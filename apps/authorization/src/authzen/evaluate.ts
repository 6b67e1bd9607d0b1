import { withinScopes, type AccessIndex, type Context } from '@plinth/access'
import type { Identity } from '@plinth/kernel'
import { may, type Question } from '../access/rights.ts'
import { contextIn, faultIn, questionOf, subjectOf, type ActionEntity, type Entity } from './entities.ts'

/** Who asks, and what the answers stand on: one revision of the policy for a whole request. */
export type Asker = { index: AccessIndex; who: Identity; disabled: ReadonlySet<string> }
/** An evaluation as it came, with the defaults filled in; not looked at yet. */
export type Asked = { subject?: unknown; action?: unknown; resource?: unknown; context?: unknown }
type Checked = { subject: Entity; action: ActionEntity; resource: Entity; context?: Record<string, unknown> }
export type Decision = { decision: boolean; context?: Record<string, unknown> }
/** Why there is no decision: what would be the status, were it asked alone. */
export type Fault = { status: 400 | 403; message: string }
export type Semantic = 'execute_all' | 'deny_on_first_deny' | 'permit_on_first_permit'

/**
 * Decides one evaluation; a fault when it is malformed, or about somebody of whom the asker may know nothing.
 *
 * @param helps looks for the grant that would turn a denial; left out where there are many, as it takes a while
 */
export function evaluate(asker: Asker, asked: Asked, helps = true): Decision | Fault {
  const fault = faultOf(asked)
  if (fault !== undefined) return { status: 400, message: `${fault}.` }
  const { subject, action, resource, context } = asked as Checked
  const name = subjectOf(subject)
  const self = name === asker.who.subject ? asker.who : undefined
  const question = questionOf(action, resource)
  const circumstances = contextIn(context, self)
  if (circumstances === undefined)
    return { status: 400, message: 'context.at must be a time in RFC 3339, such as 2026-12-31T23:59:59Z.' }
  if (question.domain === '')
    return { status: 400, message: 'resource.properties.domain must be *, a project, or project/environment.' }
  if (self === undefined && !maySee(asker, question.domain))
    return { status: 403, message: `You may not list bindings in '${question.domain}', nor ask about others there.` }
  return decided(asker, name, self, { ...question, context: circumstances }, helps)
}

function decided(
  { index, disabled }: Asker,
  name: string,
  self: Identity | undefined,
  question: Question & { context: Context },
  helps: boolean,
): Decision {
  const request = { ...question, subjects: self?.subjects ?? [name] }
  const decision = index.decide(request)
  const nearest = helps && !decision.allowed ? index.explain(request).nearest : undefined
  const refusal = disabled.has(name)
    ? 'the user is disabled'
    : withinScopes(self?.scopes, question)
      ? undefined
      : 'outside the scopes of the token'
  const isAllowed = decision.allowed && refusal === undefined
  const code = isAllowed ? '200' : '403'
  return {
    decision: isAllowed,
    context: {
      revision: decision.revision,
      reason_admin: { [code]: refusal ?? decision.reason },
      ...(!isAllowed && { reason_user: { [code]: hint(question, decision.frozen?.until, nearest) } }),
    },
  }
}

/** What a user may be told: nothing of the rules, and what would help him. */
function hint(
  { action, object, domain }: Question,
  frozenUntil: string | undefined,
  nearest: { role: string; domain: string } | undefined,
): string {
  const no = `No right to '${action}' a '${object}' in '${domain}'.`
  if (frozenUntil !== undefined) return `${no} Changes are frozen there until ${frozenUntil}.`
  return nearest === undefined ? no : `${no} ${nearest.role} there would give it.`
}

export const maySee = ({ index, who }: Asker, domain: string): boolean =>
  may(index, who, { action: 'list', object: 'binding', domain })

function faultOf({ subject, action, resource, context }: Asked): string | undefined {
  const isObject = context === undefined || (typeof context === 'object' && context !== null && !Array.isArray(context))
  return (
    faultIn(subject, 'subject') ??
    faultIn(action, 'action') ??
    faultIn(resource, 'resource') ??
    (isObject ? undefined : 'context must be an object')
  )
}

/**
 * Decides many, in order, until the semantic has its answer. A member that an evaluation leaves out is the one of the
 * whole request; one that it gives replaces that wholly. One that can't be decided is a denial that says why.
 */
export function evaluateMany(
  asker: Asker,
  defaults: Asked,
  evaluations: readonly Record<string, unknown>[],
  semantic: Semantic,
): Decision[] {
  const decisions: Decision[] = []
  for (const evaluation of evaluations) {
    const { subject, action, resource, context } = { ...defaults, ...evaluation }
    const answer = evaluate(asker, { subject, action, resource, context }, false)
    const decision = 'decision' in answer ? answer : { decision: false, context: { error: answer } }
    decisions.push(decision)
    if (semantic === 'deny_on_first_deny' && !decision.decision) break
    if (semantic === 'permit_on_first_permit' && decision.decision) break
  }
  return decisions
}

import { withinScopes, type AccessIndex, type Decision } from '@plinth/access'
import { failure, type RouteSpec } from '@plinth/contracts'
import type { AppError } from '@plinth/kernel'
import type { FastifyRequest } from 'fastify'
import type { DecisionLog } from '../decisions/decision-log.ts'
import type { Authenticate } from '../identity/authenticate.ts'
import type { Caller } from '../identity/caller.ts'
import type { Limits } from '../limits/limits.ts'
import { askedOf, denial, isWriting, paramsCheck, type Asked, type Params } from './guard.ts'
import type { LivePolicy } from './live-policy.ts'

/** Who was let in, from where, and what a stream must still be allowed as long as it is open; nobody on a public route. */
export type Admitted = {
  caller: Caller | undefined
  address: string
  isStillAllowed: (index: AccessIndex) => boolean
}
/** As much of a request as is looked at, whoever carries it. */
export type Asking = Pick<FastifyRequest, 'id' | 'method' | 'headers' | 'params' | 'socket' | 'facts' | 'span'> & {
  /** What was found out before, for a request to the same target. */
  readonly target?: Remembered
}
/** What the policy is asked of a target, and the last answer where it holds for as long as the policy does. */
export type Remembered = {
  question?: Asked
  lasting?: { readonly index: AccessIndex; readonly subjects: readonly string[]; readonly decision: Decision }
}
export type Admit = (request: Asking) => Admitted | Promise<Admitted>

type Parts = {
  authenticate: Authenticate
  policy: LivePolicy
  decisions: Pick<DecisionLog, 'record'>
  limits: Pick<Limits, 'forRoute'>
}

const always = (): boolean => true

/** The whole of what guards a route, made from its declaration alone: who asks, and whether the policy allows it. */
export function admission(parts: Parts, operation: string, spec: RouteSpec): Admit {
  const checkParams = paramsCheck(spec)
  const { permission } = spec
  if (permission === 'public') {
    return (request) => {
      checkParams(request.params as Params)
      return { caller: undefined, address: request.facts.address, isStillAllowed: always }
    }
  }
  const forWriting = isWriting(spec)
  const countIn = parts.limits.forRoute(spec)
  const asked = typeof permission === 'object' ? askedOf(spec) : undefined
  const questionOf = ({ target }: Asking, params: Params): Asked | undefined => {
    if (target?.question !== undefined) return target.question
    checkParams(params)
    const question = asked?.(params)
    if (target !== undefined && question !== undefined) target.question = question
    return question
  }
  const admit = (request: Asking, caller: Caller): Admitted | Promise<Admitted> => {
    const { identity } = caller
    const { subject, subjects, scopes } = identity
    const { address } = request.facts
    request.facts.subject = subject
    countIn(request.facts, subject)
    const params = request.params as Params
    const question = questionOf(request, params)
    if (params['project'] !== undefined) request.facts.project = params['project']
    const index = parts.policy.current(forWriting)
    if (question === undefined) {
      // Whatever the route does for its caller, nobody has said that the token is for it.
      if (scopes !== undefined && spec.scopes !== 'service') throw unscoped(`${operation} is in no scope of a token`)
      return { caller, address, isStillAllowed: always }
    }
    const context = { address }
    const decision = decided(index, subjects, question, address, request.target)
    request.facts.revision = decision.revision
    const noted = { identity, asked: question, decision, operation, address, request }
    if (!decision.allowed) return refused(denial(index, subjects, question, context), parts.decisions.record(noted))
    if (!withinScopes(scopes, question)) {
      const refusal = 'the token is narrowed to other scopes'
      return refused(outsideScopes(question), parts.decisions.record({ ...noted, refusal }))
    }
    void parts.decisions.record(noted)
    return { caller, address, isStillAllowed: (newer) => newer.decide({ subjects, ...question, context }).allowed }
  }
  return (request) => {
    const caller = parts.authenticate(request)
    return caller instanceof Promise ? caller.then((known) => admit(request, known)) : admit(request, caller)
  }
}

/**
 * The decision on a question, or the last one on it where that was about the same subjects, by the same policy, and hangs
 * on neither the time nor the address. A policy never changes: the newer one is another, and nothing remembered is of it.
 */
function decided(
  index: AccessIndex,
  subjects: readonly string[],
  { domain, object, action }: Asked,
  address: string,
  target: Remembered | undefined,
): Decision {
  const last = target?.lasting
  if (last?.index === index && last.subjects === subjects) return last.decision
  const decision = index.decide({ subjects, domain, object, action, context: { address } })
  if (target !== undefined && decision.isLasting) target.lasting = { index, subjects, decision }
  return decision
}

/** Refuses; while there is no room to keep that, only once there is. */
function refused(error: AppError, kept: Promise<void> | undefined): Promise<never> {
  if (kept === undefined) throw error
  return kept.then(() => Promise.reject(error))
}

/** His subjects may, and his token may not. */
const outsideScopes = (asked: Asked): AppError =>
  unscoped(`'${asked.action}' on '${asked.object}' in '${asked.domain}' is outside its scopes`, { required: asked })

const unscoped = (why: string, extensions: Record<string, unknown> = {}) =>
  failure('gateway.scope_missing', { detail: `You may not with this token: ${why}.`, extensions })

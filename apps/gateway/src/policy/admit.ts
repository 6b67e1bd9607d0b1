import type { AccessIndex } from '@plinth/access'
import type { RouteSpec } from '@plinth/contracts'
import type { FastifyRequest } from 'fastify'
import type { Authenticate } from '../identity/authenticate.ts'
import type { Caller } from '../identity/caller.ts'
import type { DenialLog } from './denial-log.ts'
import { askedOf, denial, isWriting, paramsCheck, type Asked, type Params } from './guard.ts'
import type { LivePolicy } from './live-policy.ts'

/** Who was let in, and what a stream must still be allowed as long as it is open; nobody on a public route. */
export type Admitted = { caller: Caller | undefined; isStillAllowed: (index: AccessIndex) => boolean }
export type Admit = (request: FastifyRequest) => Admitted | Promise<Admitted>

type Parts = { authenticate: Authenticate; policy: LivePolicy; denials: DenialLog }

const anybody: Admitted = { caller: undefined, isStillAllowed: () => true }

/** The whole of what guards a route, made from its declaration alone: who asks, and whether the policy allows it. */
export function admission(parts: Parts, operation: string, spec: RouteSpec): Admit {
  const checkParams = paramsCheck(spec)
  const { permission } = spec
  if (permission === 'public') {
    return (request) => {
      checkParams(request.params as Params)
      return anybody
    }
  }
  const forWriting = isWriting(spec)
  const asked = typeof permission === 'object' ? askedOf(spec) : undefined
  const admit = (request: FastifyRequest, caller: Caller): Admitted => {
    const { subject, subjects } = caller.identity
    request.facts.subject = subject
    const params = request.params as Params
    checkParams(params)
    if (params['project'] !== undefined) request.facts.project = params['project']
    const index = parts.policy.current(forWriting)
    if (asked === undefined) return { caller, isStillAllowed: () => true }
    const question = asked(params)
    const decision = index.decide({ subjects, ...question })
    request.facts.revision = decision.revision
    if (!decision.allowed) throw denied(parts, index, request, caller, question, operation)
    return { caller, isStillAllowed: (newer) => newer.decide({ subjects, ...question }).allowed }
  }
  return (request) => {
    const caller = parts.authenticate(request.method, request.headers)
    return caller instanceof Promise ? caller.then((known) => admit(request, known)) : admit(request, caller)
  }
}

function denied(
  { denials }: Parts,
  index: AccessIndex,
  request: FastifyRequest,
  caller: Caller,
  asked: Asked,
  operation: string,
) {
  const error = denial(index, caller.identity.subjects, asked)
  const reason = String(error.extensions['reason'])
  denials.record({ subject: caller.identity.subject, asked, reason, operation, requestId: request.id })
  return error
}

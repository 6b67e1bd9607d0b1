import type { AccessIndex, Context } from '@plinth/access'
import { failure, type Guard, type RouteSpec } from '@plinth/contracts'
import type { AppError } from '@plinth/kernel'
import { Compile } from 'typebox/compile'

export type Asked = { readonly action: string; readonly object: string; readonly domain: string }
export type Params = Readonly<Record<string, string>>

/** Turns the parameters of a matched route into what the policy is asked; checked against the contract before. */
export function askedOf(spec: RouteSpec): (params: Params) => Asked {
  const { action, object, domain } = spec.permission as Guard
  const fillObject = filler(object)
  const fillDomain = filler(domain)
  return (params) => ({ action, object: fillObject(params), domain: fillDomain(params) })
}

/** `:project/:environment` with its parameters filled in, cut up once and not at each request. */
function filler(template: string): (params: Params) => string {
  const parts = template.split(/:([A-Za-z0-9_]+)/)
  if (parts.length === 1) return () => template
  return (params) => parts.map((part, at) => (at % 2 === 1 ? (params[part] ?? '') : part)).join('')
}

/**
 * Refuses parameters that the contract does not take, before anything is decided on them: `*` for a project, or a slash
 * in one, would else be a question about another domain.
 */
export function paramsCheck(spec: RouteSpec): (params: Params) => void {
  if (spec.params === undefined) return () => undefined
  const check = Compile(spec.params)
  return (params) => {
    // Most are text, and fine as they are; making what is wanted of them costs more than all else that is checked.
    if (check.Check(params)) return
    // As the service will read them: in a path even a number is text.
    const read = check.Convert(params)
    if (check.Check(read)) return
    const problems = check.Errors(read).map(({ instancePath, message }) => ({ path: `params${instancePath}`, message }))
    throw failure('platform.request_invalid', { detail: 'The path has a part that no name can be.', problems })
  }
}

const readingActions = new Set(['get', 'list', 'logs'])

/** Whether a request changes something: then it needs a policy that is known to be the newest. */
export function isWriting(spec: RouteSpec): boolean {
  if (spec.method === 'GET') return false
  const { permission } = spec
  return typeof permission === 'string' ? permission !== 'public' : !readingActions.has(permission.action)
}

/** The denial with what was required, why it was denied, and the nearest role that would help. */
export function denial(index: AccessIndex, subjects: readonly string[], asked: Asked, context: Context): AppError {
  const { decision, nearest } = index.explain({ subjects, ...asked, context })
  const where = asked.domain === '*' ? 'the platform' : asked.domain
  const help = nearest === undefined ? '' : ` ${nearest.role} in ${nearest.domain} would allow it.`
  return failure('gateway.permission_denied', {
    detail: `You may not ${asked.action} ${asked.object} in ${where}: ${decision.reason}.${help}`,
    extensions: {
      required: { action: asked.action, object: asked.object, domain: asked.domain },
      reason: decision.reason,
      revision: decision.revision,
      ...(nearest !== undefined && { nearestGrant: nearest }),
    },
  })
}

import { failure } from '@plinth/contracts'
import type { Template } from './load.ts'

/** The parameters with their defaults; throws provisioning.parameters_invalid with the path of each that does not fit. */
export function checkParameters(
  { check, name }: Pick<Template, 'check' | 'name'>,
  given: unknown,
): Record<string, unknown> {
  const parameters: unknown = structuredClone(given ?? {})
  if (check(parameters)) return parameters as Record<string, unknown>
  const problems = (check.errors ?? []).map(({ instancePath, params, message = 'is not valid' }) => {
    const extra = 'additionalProperty' in params ? `/${String(params['additionalProperty'])}` : ''
    const text = extra === '' ? message : 'is not a parameter of this template'
    return { path: `/parameters${instancePath}${extra}`, message: text }
  })
  throw failure('provisioning.parameters_invalid', {
    detail: `The template ${name} does not take these parameters: ${problems[0]?.path ?? ''} ${problems[0]?.message ?? ''}.`,
    problems: problems.slice(0, 50),
  })
}

/** Throws provisioning.template_unknown. */
export function templateNamed(templates: ReadonlyMap<string, Template>, name: string): Template {
  const found = templates.get(name)
  if (found !== undefined) return found
  throw failure('provisioning.template_unknown', {
    detail: `There is no template '${name}'; there are ${[...templates.keys()].join(', ') || 'none'}.`,
  })
}

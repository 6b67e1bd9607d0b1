import { actions, objectKinds, type RouteSpec, type Routes } from '@plinth/contracts'

/** The parameters of a path in Fastify's notation; a `/*` at its end is the parameter `*`. */
export function pathParams(path: string): string[] {
  const named = [...path.matchAll(/:([A-Za-z0-9_]+)/g)].map((match) => match[1] ?? '')
  return path.endsWith('*') ? [...named, '*'] : named
}

/**
 * All that is wrong with a contract and its handlers, one sentence each. The start fails on any of it: a route that
 * nobody guards, or that names something no policy can name, would otherwise be found by an attacker first.
 */
export function contractProblems(routes: Routes, handlers: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = []
  for (const [operation, spec] of Object.entries(routes)) {
    const add = (problem: string): number => problems.push(`${operation} (${spec.method} ${spec.path}) ${problem}`)
    if (typeof handlers[operation] !== 'function') add('has no handler')
    if (Object.keys(spec.response).length !== 1) add('must declare exactly one success response')
    permissionProblems(spec).forEach(add)
    paramsProblems(spec).forEach(add)
    if (spec.versionOf !== undefined && routes[spec.versionOf]?.method !== 'GET')
      add(`takes If-Match of '${spec.versionOf}', which is no GET of this service`)
  }
  for (const operation of Object.keys(handlers)) {
    if (!Object.hasOwn(routes, operation))
      problems.push(`${operation} has a handler, but the contract has no such route`)
  }
  return problems
}

function permissionProblems({ permission, path }: RouteSpec): string[] {
  if (permission === 'public' || permission === 'authenticated') return []
  // The types forbid it, yet a contract may come here through a cast, and then nothing would guard the route.
  if (typeof permission !== 'object' || permission === null) return ['has no permission']
  const { action, object, domain } = permission
  const problems: string[] = []
  const [kind = '', ...id] = object.split('/')
  if (!(actions as readonly string[]).includes(action)) problems.push(`names the unknown action '${action}'`)
  if (!(objectKinds as readonly string[]).includes(kind)) problems.push(`names the unknown object kind '${kind}'`)
  if (domain === '' || domain.split('/').length > 2)
    problems.push(`has '${domain}' for a domain; it is *, :project or :project/:environment`)
  const known = pathParams(path)
  const used = [...pathParams(domain), ...pathParams(id.join('/'))].filter((name) => name !== '*')
  for (const name of used) {
    if (!known.includes(name)) problems.push(`guards by ':${name}', which its path does not have`)
  }
  return problems
}

function paramsProblems({ params, path }: RouteSpec): string[] {
  const properties: unknown = params === undefined ? undefined : (params as Record<string, unknown>)['properties']
  if (typeof properties !== 'object' || properties === null) return []
  const known = pathParams(path)
  const declared = Object.keys(properties)
  return [
    ...declared
      .filter((name) => !known.includes(name))
      .map((name) => `declares the parameter '${name}', which its path does not have`),
    ...known
      .filter((name) => name !== '*' && !declared.includes(name))
      .map((name) => `does not declare the parameter '${name}' of its path`),
  ]
}

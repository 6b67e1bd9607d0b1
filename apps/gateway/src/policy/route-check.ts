import { compile, permissionCanBeHeld, seedPolicy } from '@plinth/access'
import type { Guard, ServiceContract } from '@plinth/contracts'

/**
 * Throws, naming each, when a route has no permission, or one that no role of a new platform can hold: nobody could
 * ever be let through, so it is a mistake in the route or in the seed.
 */
export function refuseUnguardedRoutes(contracts: Readonly<Record<string, ServiceContract>>): void {
  const seed = compile(seedPolicy())
  const problems: string[] = []
  for (const { service, routes } of Object.values(contracts)) {
    for (const [operation, spec] of Object.entries(routes)) {
      const permission: Guard | string | undefined = spec.permission
      if (permission === 'public' || permission === 'authenticated') continue
      const name = `${operation} of ${service} (${spec.method} ${spec.path})`
      if (typeof permission !== 'object' || permission === null) problems.push(`${name} has no permission`)
      else if (!permissionCanBeHeld(permission, seed))
        problems.push(
          `${name} asks for ${permission.action} ${permission.object} in ${permission.domain}, which no role can hold`,
        )
    }
  }
  if (problems.length === 0) return
  throw new Error(`The gateway can't guard all routes:\n${problems.map((line) => `  - ${line}`).join('\n')}`)
}

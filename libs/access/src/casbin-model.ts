import { actionMatch, domainMatch, objectMatch } from './match.ts'

/**
 * The policy language, as Casbin reads it. Cheap terms first and `g` last: node-casbin evaluates the matcher for every
 * p row, and its documentation measures a factor of 800 between the two orders.
 */
export const casbinModel = `[request_definition]
r = sub, dom, obj, act

[policy_definition]
p = sub, dom, obj, act, eft

[role_definition]
g = _, _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = actionMatch(r.act, p.act) && domainMatch(r.dom, p.dom) && objectMatch(r.obj, p.obj) && g(r.sub, p.sub, r.dom)
`

/** What this module needs of node-casbin's Enforcer; stated here so that the library itself does not depend on it. */
export type CasbinEnforcer = {
  addFunction(name: string, fn: (...args: string[]) => boolean): Promise<void>
  addNamedDomainMatchingFunc(ptype: string, fn: (domain: string, pattern: string) => boolean): Promise<unknown>
}

/** The functions that the model's matcher names. */
export const casbinFunctions = { domainMatch, objectMatch, actionMatch } as const

/**
 * Makes a stock node-casbin enforcer read `casbinModel` as Plinth does: registers the three functions, and lets a link
 * hold below its domain. Call it on the enforcer once, before the first decision.
 */
export async function registerCasbinFunctions(enforcer: CasbinEnforcer): Promise<void> {
  for (const [name, match] of Object.entries(casbinFunctions)) {
    await enforcer.addFunction(name, (value = '', pattern = '') => match(value, pattern))
  }
  await enforcer.addNamedDomainMatchingFunc('g', domainMatch)
}

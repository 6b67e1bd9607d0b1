import type { Guard } from '@plinth/contracts'
import type { AccessIndex } from './access-index.ts'
import { compile } from './compile.ts'
import { actionMatch, kindOf } from './match.ts'
import type { PolicySet, Rule } from './policy.ts'

/**
 * Whether some role could be given so that a guard lets its holder through somewhere. A service checks each of its
 * routes at start: a permission that no role can hold is a mistake in the route or in the seed.
 *
 * For every allowing rule of a role that fits, the guard's parameters are filled in to suit that rule, and the policy
 * decides; so inheritance and denies count.
 *
 * @param guard of a route; `:parameters` in its domain and object stand for any value
 * @param policy the set, or its index where many guards are checked
 */
export function permissionCanBeHeld(guard: Guard, policy: PolicySet | AccessIndex): boolean {
  const index = 'decide' in policy ? policy : compile(policy)
  const { rules } = 'decide' in policy ? policy.policySet() : policy
  return rules.some((rule) => {
    if (rule.effect !== 'allow' || !rule.subject.startsWith('role:') || !actionMatch(guard.action, rule.action))
      return false
    const domain = domainFor(guard, rule)
    const object = objectFor(guard, rule)
    return index.decide({ subjects: [rule.subject], domain, object, action: guard.action }).allowed
  })
}

/** The guard's domain with its parameters filled from the rule's, and with a name of our own where it leaves them open. */
function domainFor(guard: Guard, rule: Rule): string {
  const wanted = rule.domain.split('/')
  return guard.domain
    .split('/')
    .map((part, index) => (part.startsWith(':') ? nameFor(rule.domain === '*' ? undefined : wanted[index]) : part))
    .join('/')
}

function objectFor(guard: Guard, rule: Rule): string {
  const kind = kindOf(guard.object)
  if (!guard.object.includes(':')) return guard.object
  if (kindOf(rule.object) !== kind || rule.object === kind) return `${kind}/${nameFor(undefined)}`
  const id = rule.object.slice(kind.length + 1)
  return `${kind}/${id.endsWith('*') ? `${id.slice(0, -1)}any` : id}`
}

const nameFor = (given: string | undefined): string => given ?? 'any'

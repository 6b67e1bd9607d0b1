/** Operations and domains that are remembered of a caller; one who goes beyond is sampled like anybody. */
const remembered = 1_000

/**
 * Says how many allows one stands for: 1 for the first of a caller for an operation in a domain, so that no right that
 * is used at all looks unused; then `every` for one in as many at random, and 0 for those that are left out. Callers
 * are remembered for as long as their credential is.
 */
export function sampler(every: number): (caller: object, operation: string, domain: string) => number {
  type Seen = { count: number; domains: Map<string, Set<string>> }
  const known = new WeakMap<object, Seen>()
  const chance = 1 / every
  return (caller, operation, domain) => {
    let seen = known.get(caller)
    if (seen === undefined) known.set(caller, (seen = { count: 0, domains: new Map() }))
    let domains = seen.domains.get(operation)
    if (domains?.has(domain) !== true && seen.count < remembered) {
      if (domains === undefined) seen.domains.set(operation, (domains = new Set()))
      domains.add(domain)
      seen.count++
      return 1
    }
    return Math.random() < chance ? every : 0
  }
}

import type { AccessIndex } from './access-index.ts'
import { domainMatch, narrower } from './match.ts'
import type { Link } from './policy.ts'
import { timed } from './tables.ts'

/** Which roles nobody may hold together, in the names of Casbin's `[constraint_definition]`. */
export type Constraint = {
  readonly kind: 'sod' | 'sodMax' | 'roleMax' | 'rolePre'
  /** `role:…` and `group:…`. Of `roleMax` one; of `rolePre` the role, then all that it needs. */
  readonly roles: readonly string[]
  /** For `sodMax` the roles that one may hold, for `roleMax` the holders that a role may have; 1 unless given. */
  readonly max?: number | undefined
}

export type ConstraintProblem<C extends Constraint = Constraint> = {
  readonly constraint: C
  /** Who breaks it; for `roleMax` the role that too many hold. */
  readonly subject: string
  readonly roles: readonly string[]
  /** Where, and in all domains below. */
  readonly domain: string
  /** For people, after the subject: `holds role:author and role:approver in payments`. */
  readonly message: string
}

/** Role, to its holders, to the domains in which each holds it; widest only. */
type Held = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>

/**
 * Who breaks which constraint. A link counts whatever its conditions, as they may hold at the same time; one that has
 * ended does not. Two domains overlap where one lies in the other.
 *
 * - `sod` (nobody reaches two of the roles) and `sodMax` (nobody more than `max`) also name groups and roles: whoever
 *   gets them would break it.
 * - `roleMax` (no more than `max` subjects) and `rolePre` (whoever has the first has all others too) look at those who
 *   act: users, service accounts and jobs. Members whom only their identity provider knows are not counted.
 *
 * Takes some 100 ms for 100,000 links.
 *
 * @param source the compiled policy, or links alone
 * @param options.at against which links have ended; now unless given
 */
export function constraintProblems<C extends Constraint>(
  source: AccessIndex | readonly Link[],
  constraints: readonly C[],
  options: { at?: Date } = {},
): ConstraintProblem<C>[] {
  if (constraints.length === 0) return []
  const links = 'decide' in source ? source.policySet().links : source
  const nowMs = (options.at ?? new Date()).getTime()
  const members = Map.groupBy(
    links.filter((link) => timed(link).expiresAtMs > nowMs),
    (link) => link.role,
  )
  const held = new Map<string, ReadonlyMap<string, readonly string[]>>()
  for (const role of new Set(constraints.flatMap(({ roles }) => roles))) held.set(role, holdersOf(role, members))
  return constraints.flatMap((constraint) => {
    if (constraint.kind === 'roleMax') return tooManyHolders(constraint, held)
    return constraint.kind === 'rolePre' ? prerequisites(constraint, held) : conflicts(constraint, held)
  })
}

/** Down from a role to all below it, each with the domains where all links on the way hold. */
function holdersOf(role: string, members: ReadonlyMap<string, readonly Link[]>): Map<string, readonly string[]> {
  const found = new Map<string, string[]>([[role, ['*']]])
  const queue: { subject: string; domain: string }[] = [{ subject: role, domain: '*' }]
  for (const { subject, domain } of queue) {
    for (const link of members.get(subject) ?? []) {
      const common = narrower(domain, link.domain)
      const there = found.get(link.subject) ?? []
      if (common === undefined || there.some((wider) => domainMatch(common, wider))) continue
      found.set(link.subject, [...there.filter((lesser) => !domainMatch(lesser, common)), common])
      queue.push({ subject: link.subject, domain: common })
    }
  }
  return found
}

function conflicts<C extends Constraint>(constraint: C, held: Held): ConstraintProblem<C>[] {
  const max = constraint.kind === 'sod' ? 1 : (constraint.max ?? 1)
  const subjects = new Set(constraint.roles.flatMap((role) => [...(held.get(role)?.keys() ?? [])]))
  return [...subjects].sort().flatMap((subject) => {
    const places = constraint.roles.flatMap((role) => held.get(role)?.get(subject) ?? [])
    const broken = widest(places, (domain) => rolesIn(subject, domain, constraint.roles, held).length > max)
    return broken.map((domain) => {
      const roles = rolesIn(subject, domain, constraint.roles, held)
      const limit = max === 1 ? 'which nobody may hold together' : `of which nobody may hold more than ${max}`
      return { constraint, subject, roles, domain, message: `holds ${roles.join(' and ')} ${where(domain)}, ${limit}` }
    })
  })
}

function tooManyHolders<C extends Constraint>(constraint: C, held: Held): ConstraintProblem<C>[] {
  const max = constraint.max ?? 1
  return constraint.roles.flatMap((role) => {
    const holders = [...(held.get(role) ?? [])].filter(([subject]) => acts(subject))
    const countIn = (domain: string): number =>
      holders.filter(([, domains]) => domains.some((wider) => domainMatch(domain, wider))).length
    const places = new Set(holders.flatMap(([, domains]) => domains))
    return widest([...places], (domain) => countIn(domain) > max).map((domain) => ({
      constraint,
      subject: role,
      roles: [role],
      domain,
      message: `is held by ${countIn(domain)} ${where(domain)}, of at most ${max}`,
    }))
  })
}

function prerequisites<C extends Constraint>(constraint: C, held: Held): ConstraintProblem<C>[] {
  const [role = '', ...needs] = constraint.roles
  const holders = [...(held.get(role) ?? [])].filter(([subject]) => acts(subject))
  return holders.flatMap(([subject, domains]) =>
    domains.flatMap((domain) => {
      const has = rolesIn(subject, domain, needs, held)
      const lacking = needs.filter((need) => !has.includes(need))
      if (lacking.length === 0) return []
      const message = `holds ${role} ${where(domain)} without ${lacking.join(' and ')}, which it takes`
      return [{ constraint, subject, roles: [role, ...lacking], domain, message }]
    }),
  )
}

const acts = (subject: string): boolean => !subject.startsWith('role:') && !subject.startsWith('group:')

const rolesIn = (subject: string, domain: string, roles: readonly string[], held: Held): string[] =>
  roles.filter(
    (role) =>
      held
        .get(role)
        ?.get(subject)
        ?.some((wider) => domainMatch(domain, wider)) === true,
  )

/** Those of the domains in which something is so, without those that lie in another one of them. */
function widest(domains: readonly string[], isSo: (domain: string) => boolean): string[] {
  const found = [...new Set(domains)].filter(isSo)
  return found.filter((domain) => !found.some((wider) => wider !== domain && domainMatch(domain, wider))).sort()
}

const where = (domain: string): string => (domain === '*' ? 'everywhere' : `in ${domain}`)

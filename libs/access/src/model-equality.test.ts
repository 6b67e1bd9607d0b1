import { newEnforcer, newModelFromString, StringAdapter, type Enforcer } from 'casbin'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  casbinModel,
  compile,
  formatPolicy,
  registerCasbinFunctions,
  type AccessIndex,
  type AccessRequest,
  type Link,
  ruleText,
  type PolicySet,
  type Rule,
} from './index.ts'
import {
  casesWanted,
  domain,
  holders,
  request,
  requests,
  requestsARun,
  rules,
  subject,
} from './test-support/random-policies.ts'

/**
 * Spared, because node-casbin itself is wrong there: chains of more than 10 links (it denies), empty strings (it may
 * allow).
 */
const runs = Math.ceil(casesWanted(3_600) / requestsARun)

const link: fc.Arbitrary<Link> = fc.record({ subject, role: subject, domain })
const policy: fc.Arbitrary<PolicySet> = fc.record({
  revision: fc.constant(1),
  rules,
  links: fc.array(link, { maxLength: 14 }), // at most 8 names, so no chain can be longer than node-casbin follows
})
/** node-casbin asks for one subject: several are those that a single caller is linked to. */
async function referenceFor(policySet: PolicySet, asked: readonly AccessRequest[]): Promise<Enforcer> {
  const links = [...policySet.links]
  for (const [index, { subjects }] of asked.entries()) {
    if (subjects.length > 1)
      links.push(...subjects.map((role) => ({ subject: `user:caller${index}`, role, domain: '*' })))
  }
  const csv = formatPolicy({ rules: policySet.rules, links })
  const enforcer = await newEnforcer(newModelFromString(casbinModel), new StringAdapter(csv))
  await registerCasbinFunctions(enforcer)
  return enforcer
}

function expectEqual(
  reference: Enforcer,
  index: AccessIndex,
  asked: readonly AccessRequest[],
  policySet: PolicySet,
): void {
  for (const [number, ask] of asked.entries()) {
    const [only = ''] = ask.subjects
    const caller = ask.subjects.length > 1 ? `user:caller${number}` : only
    const expected = reference.enforceSync(caller, ask.domain, ask.object, ask.action)
    expect(index.decide(ask).allowed, JSON.stringify({ ask, policySet })).toBe(expected)
  }
}

describe('the compiled index and node-casbin decide alike', () => {
  test(`on ${runs * requestsARun} random requests to random policies`, { timeout: 3_600_000 }, async () => {
    let allowed = 0
    await fc.assert(
      fc.asyncProperty(policy, requests, async (policySet, asked) => {
        const index = compile(policySet)
        expectEqual(await referenceFor(policySet, asked), index, asked, policySet)
        allowed += asked.filter((ask) => index.decide(ask).allowed).length
      }),
      { numRuns: runs, seed: 20_261_123 },
    )
    expect(allowed, 'the cases must not all be denials').toBeGreaterThan((runs * requestsARun) / 10)
  })

  test(
    'after any sequence of single changes, which leave earlier indexes as they were',
    { timeout: 3_600_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(policy, policy, requests, async (before, after, asked) => {
          const first = compile(before)
          const answers = asked.map((ask) => first.decide(ask))
          let index = first
          const step = (change: Omit<Parameters<AccessIndex['apply']>[0], 'revision'>): void => {
            index = index.apply({ revision: index.revision + 1, ...change })
          }
          for (const row of after.rules) step({ addRules: [row] })
          for (const row of after.links) step({ addLinks: [row] })
          for (const row of before.rules)
            if (!after.rules.some((kept) => sameRule(kept, row))) step({ removeRules: [row] })
          for (const row of before.links)
            if (!after.links.some((kept) => sameLink(kept, row))) step({ removeLinks: [row] })
          expectEqual(await referenceFor(after, asked), index, asked, after)
          expect(asked.map((ask) => first.decide(ask))).toEqual(answers)
          expect(rowsOf(index)).toEqual(rowsOf(compile(after)))
        }),
        { numRuns: Math.ceil(runs / 4), seed: 7 },
      )
    },
  )

  test('and who-can names exactly the subjects that the decision allows', () => {
    fc.assert(
      fc.property(policy, request, (policySet, { domain, object, action }) => {
        const index = compile(policySet)
        const may = holders.filter(
          (one) => one.startsWith('user:') && index.decide({ subjects: [one], domain, object, action }).allowed,
        )
        expect(index.whoCan({ domain, object, action }).map(({ subject: found }) => found)).toEqual(may)
      }),
      { numRuns: runs * 4, seed: 11 },
    )
  })
})

const sameRule = (one: Rule, other: Rule): boolean =>
  one.subject === other.subject &&
  one.domain === other.domain &&
  one.object === other.object &&
  one.action === other.action &&
  one.effect === other.effect
const sameLink = (one: Link, other: Link): boolean =>
  one.subject === other.subject && one.role === other.role && one.domain === other.domain
const rowsOf = (index: AccessIndex): string[] => {
  const { rules, links } = index.policySet()
  return [
    ...new Set(
      [...rules, ...links].map((row) => ('effect' in row ? ruleText(row) : `${row.subject} ${row.role} ${row.domain}`)),
    ),
  ].sort()
}

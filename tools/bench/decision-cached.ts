import { newCachedEnforcer, newModelFromString, StringAdapter } from 'casbin'
import { compile } from '../../libs/access/src/index.ts'
import { action, plainModel, policyOf, probesOf, type Size } from './decision-engines.ts'
import { duration, printTable, spread, type Spread } from './lib.ts'

const probesMax = 100
const everywhere = '*'

export type Cached = {
  size: Size
  cold: Spread
  hot: Spread
  revoked: number
  stillCasbin: number
  stillPlinth: number
}

/**
 * node-casbin's cached enforcer, which is as fast as a map once it has seen a question, and what that costs: questions
 * that were allowed are asked again after the link that allowed them was removed. Nothing empties its cache (D4).
 */
export async function measureCached(size: Size): Promise<Cached> {
  const { rules, links } = policyOf(size)
  let index = compile(policyOf(size))
  const allowed = probesOf(size, 5_000)
    .filter(({ user, domain, object }) => index.decide({ subjects: [user], domain, object, action }).allowed)
    .slice(0, probesMax)
  const text = [
    ...rules.map((rule) => `p, ${rule.subject}, ${rule.object}, ${rule.action}`),
    ...links.map((link) => `g, ${link.subject}, ${link.role}`),
  ].join('\n')
  const enforcer = await newCachedEnforcer(newModelFromString(plainModel), new StringAdapter(text))
  enforcer.enableAutoSave(false)
  const asked = async (): Promise<{ samples: number[]; allowed: number }> => {
    const samples: number[] = []
    let count = 0
    for (const { user, object } of allowed) {
      const start = process.hrtime.bigint()
      if (await enforcer.enforce(user, object, action)) count++
      samples.push(Number(process.hrtime.bigint() - start) / 1000)
    }
    return { samples, allowed: count }
  }
  const [cold, hot] = [await asked(), await asked()]
  for (const { user, role } of allowed) {
    await enforcer.removeGroupingPolicy(user, role)
    const removeLinks = [{ subject: user, role, domain: everywhere }]
    index = index.apply({ revision: index.revision + 1, removeLinks })
  }
  const stillPlinth = allowed.filter(
    ({ user, domain, object }) => index.decide({ subjects: [user], domain, object, action }).allowed,
  ).length
  const stillCasbin = (await asked()).allowed
  return {
    size,
    cold: spread(cold.samples),
    hot: spread(hot.samples),
    revoked: allowed.length,
    stillCasbin,
    stillPlinth,
  }
}

export function reportCached({ size, cold, hot, revoked, stillCasbin, stillPlinth }: Cached): void {
  printTable(
    `casbin's cached enforcer, ${size}, on ${revoked} questions`,
    ['', 'median', 'p99', 'still allowed after the revocation'],
    [
      ['casbin cached, cold', duration(cold.median), duration(cold.p99), ''],
      ['casbin cached, hot', duration(hot.median), duration(hot.p99), `${stillCasbin} of ${revoked}`],
      ['Plinth', '', '', `${stillPlinth} of ${revoked}`],
    ],
  )
}

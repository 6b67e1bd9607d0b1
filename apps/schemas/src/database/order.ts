import type { Problem } from '@plinth/kernel'
import type { Migration } from '@plinth/sql'
import type { DatabaseRow } from './store.ts'

export type Environment = { name: string; tier: 'development' | 'staging' | 'production'; position: number }

const tiers = ['development', 'staging', 'production'] as const

/**
 * Development before staging, staging before production: every environment of the tier before this one's that has this
 * database must have each migration first, in exactly this text, and one must have it at all. A tier without any
 * environment is passed over; the first one may have anything.
 */
export function orderProblems(
  environments: readonly Environment[],
  environment: string,
  elsewhere: readonly DatabaseRow[],
  migrations: readonly Pick<Migration, 'name' | 'number' | 'sha256'>[],
): Problem[] {
  const tier = environments.find(({ name }) => name === environment)?.tier ?? 'production'
  const before = tiers.slice(0, tiers.indexOf(tier)).toReversed()
  const previous = before
    .map((one) => environments.filter((other) => other.tier === one))
    .find(({ length }) => length > 0)
  if (previous === undefined || migrations.length === 0) return []
  const names = previous.map(({ name }) => name)
  const there = elsewhere.filter((row) => names.includes(row.environment))
  if (there.length === 0)
    return migrations.map(({ name }) => ({
      path: name,
      message: `is not in ${names.join(' or ')} yet: apply it there first`,
    }))
  return migrations.flatMap(({ name, number, sha256 }) =>
    there
      .filter(
        ({ applied }) =>
          !applied.some((one) => one.number === number && one.sha256 === sha256 && one.state === 'applied'),
      )
      .map((row) => ({
        path: name,
        message: `is not in ${row.environment} yet, at least not like this: apply it there first`,
      })),
  )
}

import type { AccessIndex } from '@plinth/access'
import { failure, type PolicyTest, type PolicyTestResult } from '@plinth/contracts'
import { rows, sql, type Executor, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { instantOf } from '../access/circumstances.ts'

export type Test = Static<typeof PolicyTest>
type Result = Static<typeof PolicyTestResult>
export type TestRun = { passed: number; failed: number; items: Result[] }

/**
 * Decides each test on a policy. A test without a time of its own says what holds while there is no freeze: a freeze
 * that comes and goes must not make it fail.
 */
export function runTests(index: AccessIndex, tests: readonly Test[]): TestRun {
  const thawed = index.withoutFreezes()
  const items = tests.map((test): Result => {
    const { name, subjects, action, object, domain, expect, at, address } = test
    const context = { ...(at !== undefined && { at: new Date(at) }), ...(address !== undefined && { address }) }
    const { allowed, reason } = (at === undefined ? thawed : index).decide({
      subjects,
      action,
      object,
      domain,
      context,
    })
    const got = allowed ? 'allow' : 'deny'
    return { name, passed: got === expect, expected: expect, got, reason }
  })
  const passed = items.filter((item) => item.passed).length
  return { passed, failed: items.length - passed, items }
}

/** @throws authorization.policy_tests_failed naming each test that the policy would not keep */
export function refuseFailing({ items, failed }: TestRun): void {
  if (failed === 0) return
  throw failure('authorization.policy_tests_failed', {
    detail: `${failed} of ${items.length} policy tests would fail; mend the change, or the tests where they are wrong.`,
    problems: items
      .filter(({ passed }) => !passed)
      .slice(0, 100)
      .map(({ name, expected, got, reason }) => ({
        path: name,
        message: `expects ${expected}, got ${got}: ${reason}`,
      })),
  })
}

/** @throws platform.request_invalid for a time that is none, by its place */
export function requireInstants(tests: readonly Test[], place: string): void {
  for (const [row, { at }] of tests.entries()) if (at !== undefined) instantOf(at, `/body/${place}/${row}/at`)
}

/** The expected decisions that every change set must keep. */
export async function readTests(executor: Executor): Promise<Test[]> {
  const [found] = await rows<{ items: Test[] }>(executor, sql`select items from policy_tests`)
  return found?.items ?? []
}

export const writeTests = (tx: Tx, items: readonly Test[]) =>
  tx.execute(sql`update policy_tests set items = ${JSON.stringify(items)}::jsonb`)

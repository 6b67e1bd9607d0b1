import { until } from '@plinth/testkit'
import { expect, test } from 'vitest'
import { shedding } from './shedding.ts'

const overloaded = { code: 'gateway.overloaded', retryAfterSeconds: 5 }

test('refuses while the event loop is late, and no longer once it is not', async () => {
  const { refuse, stop } = shedding(30)
  refuse()
  await until(() => {
    for (const startedMs = performance.now(); performance.now() - startedMs < 100;);
    try {
      refuse()
      return false
    } catch (error) {
      expect(error).toMatchObject(overloaded)
      return true
    }
  })
  await until(() => {
    refuse()
    return true
  })
  stop()
})

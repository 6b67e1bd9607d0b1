import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '@plinth/testkit'
import { Harness } from '../testing/harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await Harness.start()
})
afterAll(() => harness.close())

const median = (values: number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN

it('a push is offered, and after a job the next one, without waiting for a poll', async () => {
  const toFirst: number[] = []
  const toNext: number[] = []
  for (let round = 0; round < 15; round++) {
    const before = harness.offers.length
    const pushedAtMs = performance.now()
    await harness.push(
      `latency-${'abcdefghijklmno'[round]}`,
      'a: { stage: build, script: x }\nb: { stage: test, script: y }',
    )
    const first = await until(() => harness.offers[before], { intervalMs: 1 })
    toFirst.push(first.offeredAtMs - pushedAtMs)
    const answer = await harness.claim(first.job, 1)
    if (!answer.claimed) throw new Error('not claimed')
    const finishedAtMs = performance.now()
    await harness.finish(
      { assignment: answer.assignment, ref: { job: first.job, attempt: 1, runner: 'runner-1' } },
      'success',
    )
    toNext.push((await until(() => harness.offers[before + 1], { intervalMs: 1 })).offeredAtMs - finishedAtMs)
  }
  // On an idle machine the medians are some 20 ms and 10 ms; a poll anywhere on the way would add 100 ms.
  expect(median(toFirst)).toBeLessThan(200)
  expect(median(toNext)).toBeLessThan(100)
})

import { expect, test } from 'vitest'
import { lanes } from './lanes.ts'

const ticks = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await Promise.resolve()
}

test('tasks of a lane run one after the other, and no more than the limit at once', async () => {
  const work = lanes(3)
  const running = new Map<string, number>()
  const order: string[] = []
  let most = 0
  const done: Promise<void>[] = []
  for (let n = 0; n < 60; n++) {
    const lane = `lane-${n % 6}`
    done.push(
      new Promise((resolve) => {
        work.add(lane, async () => {
          running.set(lane, (running.get(lane) ?? 0) + 1)
          expect(running.get(lane)).toBe(1)
          most = Math.max(
            most,
            [...running.values()].reduce((sum, count) => sum + count, 0),
          )
          await ticks(n % 7)
          order.push(`${lane}/${n}`)
          running.set(lane, 0)
          resolve()
        })
      }),
    )
  }
  await Promise.all(done)
  expect(most).toBe(3)
  for (let lane = 0; lane < 6; lane++) {
    const numbers = order.filter((entry) => entry.startsWith(`lane-${lane}/`)).map((entry) => Number(entry.slice(7)))
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  }
})

test('a task that rests lets another lane work but not its own', async () => {
  const work = lanes(1)
  const order: string[] = []
  let wakeUp = (): void => {}
  const sleep = new Promise<void>((resolve) => (wakeUp = resolve))
  const end = new Promise<void>((resolve) => {
    work.add('a', async (rest) => {
      await rest(sleep)
      order.push('a1')
    })
    work.add('a', async () => {
      order.push('a2')
      resolve()
    })
  })
  work.add('b', async () => {
    order.push('b1')
    wakeUp()
  })
  await end
  expect(order).toEqual(['b1', 'a1', 'a2'])
})

test('a stop waits for what runs and begins nothing more', async () => {
  const work = lanes(1)
  const order: string[] = []
  let finish = (): void => {}
  work.add('a', async () => {
    await new Promise<void>((resolve) => (finish = resolve))
    order.push('first')
  })
  work.add('a', async () => void order.push('second'))
  work.add('b', async () => void order.push('third'))
  await ticks(5)
  const stopped = work.stop()
  finish()
  await stopped
  expect(order).toEqual(['first'])
})

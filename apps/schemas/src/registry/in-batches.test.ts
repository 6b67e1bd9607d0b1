import { expect, test } from 'vitest'
import { inBatches } from './in-batches.ts'

test('answers each question with its own answer, and asks what gathers meanwhile together', async () => {
  const asked: number[][] = []
  const open = Promise.withResolvers<void>()
  const double = inBatches(async (keys: readonly number[]) => {
    asked.push([...keys])
    await open.promise
    return keys.map((key) => key * 2)
  })
  const first = [1, 2, 3].map(double)
  await new Promise(setImmediate)
  const second = Array.from({ length: 200 }, (_, index) => double(index + 4))
  await new Promise(setImmediate)
  open.resolve()
  expect(await Promise.all([...first, ...second])).toEqual(Array.from({ length: 203 }, (_, index) => (index + 1) * 2))
  expect(asked[0]).toEqual([1, 2, 3])
  expect(Math.max(...asked.map((keys) => keys.length))).toBe(64)
})

test('fails those alone whose batch failed, and goes on', async () => {
  const odd = inBatches(async (keys: readonly number[]) => {
    if (keys.includes(1)) throw new Error('one')
    return keys
  })
  await expect(odd(1)).rejects.toThrow('one')
  expect(await odd(2)).toBe(2)
  const short = inBatches(async () => [])
  await expect(short(1)).rejects.toThrow('not answered')
})

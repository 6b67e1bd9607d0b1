import { expect, test } from 'vitest'
import { boundedMemory } from './memory.ts'

test('keeps what came last, within its number and its bytes', () => {
  const memory = boundedMemory<number>(3, 100)
  for (const key of [1, 2, 3, 4]) memory.set(String(key), key, 10)
  expect([1, 2, 3, 4].map((key) => memory.get(String(key)))).toEqual([undefined, 2, 3, 4])
  memory.set('large', 5, 95)
  expect(['4', 'large'].map(memory.get)).toEqual([undefined, 5])
  memory.set('large', 6, 20)
  memory.set('small', 7, 80)
  expect(['large', 'small'].map(memory.get)).toEqual([6, 7])
  memory.clear()
  expect(memory.get('small')).toBeUndefined()
  memory.set('again', 8, 100)
  expect(memory.get('again')).toBe(8)
})

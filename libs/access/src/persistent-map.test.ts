import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { PersistentMap } from './persistent-map.ts'

test('a map equals one made by the same steps in place, at every size, and earlier ones stay as they were', () => {
  const step = fc.record({
    key: fc.integer({ min: 0, max: 600 }).map((n) => `key${n}`),
    value: fc.option(fc.nat(), { nil: undefined }),
  })
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 600 }),
      fc.array(step, { maxLength: 900 }),
      (start, steps) => {
        const model = new Map(start.map((n) => [`key${n}`, n]))
        const first = PersistentMap.of(new Map(model))
        const before = [...first.entries()]
        let map = first
        for (const { key, value } of steps) {
          map = value === undefined ? map.without(key) : map.with(key, value)
          if (value === undefined) model.delete(key)
          else model.set(key, value)
          expect(map.get(key)).toBe(value)
        }
        expect(new Map(map.entries())).toEqual(model)
        expect(map.size).toBe(model.size)
        expect([...map.keys()].length).toBe(model.size)
        expect([...first.entries()]).toEqual(before)
      },
    ),
    { numRuns: 60, seed: 3 },
  )
})

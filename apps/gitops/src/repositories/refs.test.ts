import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { zeroRevision } from '../git/names.ts'
import { movesBetween } from './refs.ts'

const intent = (before: string, after: string, ref = 'refs/heads/main') => ({
  id: `${before}-${after}`,
  ref,
  before,
  after,
  actor: `user:${after}`,
  requestId: null,
  cause: 'push',
})
const steps = (moves: ReturnType<typeof movesBetween>): string[] =>
  moves.map(({ before, after, intent: by }) => `${before}>${after} ${by?.actor ?? '?'}`)

test('every push since the last word is a move of its own, in order, with who did it', () => {
  const intents = [intent('a', 'b'), intent('b', 'c')]
  expect(steps(movesBetween('refs/heads/main', 'a', 'c', intents))).toEqual(['a>b user:b', 'b>c user:c'])
})

test('a push that git refused in the end is no move', () => {
  const intents = [intent('a', 'x'), intent('a', 'b'), intent('b', 'y')]
  expect(steps(movesBetween('refs/heads/main', 'a', 'b', intents))).toEqual(['a>b user:b'])
})

test('a move that nobody announced is told with nobody as its author', () => {
  expect(steps(movesBetween('refs/heads/main', zeroRevision, 'b', [intent('q', 'b', 'refs/heads/other')]))).toEqual([
    `${zeroRevision}>b ?`,
  ])
})

test('a ref that came back to where it had been before is told by the shortest true path', () => {
  const intents = [intent('a', 'b'), intent('b', 'a'), intent('a', 'b')]
  expect(steps(movesBetween('refs/heads/main', 'a', 'b', intents))).toEqual(['a>b user:b'])
})

test('whatever is noted, the moves lead from the known place to the true one without a gap', () => {
  const place = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  const notes = fc.array(fc.tuple(place, place), { maxLength: 30 })
  fc.assert(
    fc.property(place, place, notes, (known, actual, pairs) => {
      const moves = movesBetween(
        'refs/heads/main',
        known,
        actual,
        pairs.map(([before, after]) => intent(before, after)),
      )
      let at: string = known
      for (const { before, after } of moves) {
        expect(before).toBe(at)
        at = after
      }
      expect(at).toBe(actual)
    }),
  )
})

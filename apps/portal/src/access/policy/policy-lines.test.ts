import { expect, test } from 'vitest'
import { applyLines, linesBetween, pairLines } from './policy-lines.ts'

const inForce = 'p, role:qa, *, pipeline, run, allow\n\n# the leads\ng, group:leads, role:team-lead, payments\n'

test('a row that changed in one place stands beside what it was; the rest stands alone', () => {
  const rows = pairLines(
    ['p, role:qa, *, pipeline, run, allow', 'g, user:ana, role:qa, shop'],
    ['p, role:qa, *, pipeline, run, deny', 'p, role:dev, *, schema, get, allow'],
  )
  expect(rows.map(({ removed, added }) => [removed?.text, added?.text])).toEqual([
    ['g, user:ana, role:qa, shop', undefined],
    [undefined, 'p, role:dev, *, schema, get, allow'],
    ['p, role:qa, *, pipeline, run, allow', 'p, role:qa, *, pipeline, run, deny'],
  ])
})

test('rows of other subjects are never taken for the same row changed', () => {
  const rows = pairLines(['p, role:a, *, schema, get, allow'], ['p, role:b, *, schema, get, allow'])
  expect(rows).toHaveLength(2)
})

test('spaces, comments, order and empty lines are no difference', () => {
  expect(linesBetween(inForce, 'g,group:leads,role:team-lead,payments\np,role:qa,*,pipeline,run,allow')).toEqual({
    added: [],
    removed: [],
  })
})

test('what was changed comes along to a newer text, whose other lines and comments stay', () => {
  const mine = linesBetween(inForce, inForce.replace('run, allow', 'run, deny'))
  const newer = `${inForce}g, user:lee, role:qa, shop\n`
  const brought = applyLines(newer, mine)
  expect(brought).toContain('# the leads')
  expect(linesBetween(newer, brought)).toEqual(mine)
  expect(applyLines(brought, mine)).toBe(brought)
})

import { describe, expect, it } from 'vitest'
import { layoutOf, type Edge, type Node } from './lineage-layout.ts'

const component = (name: string): Node => ({ id: `component:p/${name}`, kind: 'component', project: 'p', name })
const subject = (name: string): Node => ({ id: `subject:p/${name}`, kind: 'subject', project: 'p', name })
const edge = (from: Node, to: Node): Edge => ({
  from: from.id, to: to.id, side: from.kind === 'component' ? 'produces' : 'consumes', version: 1, behind: 0,
  state: 'deployed', since: '2026-01-01T00:00:00Z',
}) // prettier-ignore
const [ledger, risk, a, b] = [component('ledger'), component('risk'), subject('a'), subject('b')]

describe('the picture of a lineage', () => {
  it('has writers on the left, what they write in the middle, readers on the right', () => {
    const { placed, strands } = layoutOf({ nodes: [ledger, risk, a], edges: [edge(ledger, a), edge(a, risk)] })
    expect(placed.map(({ node, column }) => [node.name, column])).toEqual([['ledger', 0], ['a', 1], ['risk', 2]]) // prettier-ignore
    expect(strands.map(({ from, to }) => `${from.node.name} > ${to.node.name}`)).toEqual(['ledger > a', 'a > risk'])
  })

  it('shows on both sides who does both', () => {
    const { placed } = layoutOf({ nodes: [risk, a, b], edges: [edge(a, risk), edge(risk, b)] })
    expect(placed.filter(({ node }) => node.name === 'risk').map(({ column }) => column)).toEqual([0, 2])
  })

  it('sets writers beside what they write, and joins what one has in several environments', () => {
    const { placed, strands } = layoutOf({
      nodes: [ledger, risk, a, b],
      edges: [edge(ledger, b), edge(risk, a), edge(risk, a)],
    })
    expect(placed.filter(({ column }) => column === 0).map(({ node }) => node.name)).toEqual(['risk', 'ledger'])
    expect(strands.map(({ edges }) => edges.length)).toEqual([1, 2])
  })
})

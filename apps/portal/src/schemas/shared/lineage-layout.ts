import type { Answer } from '../../api/plinth.ts'

export type Lineage = Answer<'getProjectLineage'>
export type Node = Lineage['nodes'][number]
export type Edge = Lineage['edges'][number]
/** A node in its column: who writes, what is said, who reads. Who does both stands on both sides. */
export type Placed = { readonly node: Node; readonly column: 0 | 1 | 2; readonly row: number; readonly key: string }
export type Strand = { readonly from: Placed; readonly to: Placed; readonly edges: readonly Edge[] }
export type Layout = { readonly placed: readonly Placed[]; readonly strands: readonly Strand[]; readonly rows: number }

const mean = (rows: readonly number[]): number =>
  rows.length === 0 ? Number.MAX_SAFE_INTEGER : rows.reduce((sum, row) => sum + row, 0) / rows.length

/** Subjects in the order of their names; writers and readers as near as may be to what they write and read. */
export function layoutOf({ nodes, edges }: Pick<Lineage, 'nodes' | 'edges'>): Layout {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const subjects = nodes.filter(({ kind }) => kind === 'subject').toSorted((a, b) => a.id.localeCompare(b.id))
  const rowOf = new Map(subjects.map(({ id }, row) => [id, row]))
  const side = (column: 0 | 2): Placed[] => {
    const subjectsOf = new Map<string, number[]>()
    for (const edge of edges) {
      const [component, subject] = edge.side === 'produces' ? [edge.from, edge.to] : [edge.to, edge.from]
      if ((edge.side === 'produces') !== (column === 0)) continue
      subjectsOf.set(component, [...(subjectsOf.get(component) ?? []), rowOf.get(subject) ?? 0])
    }
    return [...subjectsOf]
      .toSorted(([a, aRows], [b, bRows]) => mean(aRows) - mean(bRows) || a.localeCompare(b))
      .flatMap(([id]) => byId.get(id) ?? [])
      .map((node, row) => ({ node, column, row, key: `${column} ${node.id}` }))
  }
  const middle = subjects.map((node, row): Placed => ({ node, column: 1, row, key: `1 ${node.id}` }))
  const placed = [...side(0), ...middle, ...side(2)]
  const at = new Map(placed.map((one) => [one.key, one]))
  const strands = new Map<string, { from: Placed; to: Placed; edges: Edge[] }>()
  for (const edge of edges) {
    const [from, to] =
      edge.side === 'produces' ? [`0 ${edge.from}`, `1 ${edge.to}`] : [`1 ${edge.from}`, `2 ${edge.to}`]
    const [a, b] = [at.get(from), at.get(to)]
    if (!a || !b) continue
    const strand = strands.get(`${from} ${to}`) ?? { from: a, to: b, edges: [] }
    strand.edges.push(edge)
    strands.set(`${from} ${to}`, strand)
  }
  const rows = Math.max(1, ...[0, 1, 2].map((column) => placed.filter((one) => one.column === column).length))
  return { placed, strands: [...strands.values()], rows }
}

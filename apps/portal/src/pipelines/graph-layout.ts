import ELK, { type ElkNode } from 'elkjs/lib/elk-api.js'
import workerUrl from 'elkjs/lib/elk-worker.min.js?url'

export const nodeWidth = 184
export const nodeHeight = 44

export type JobShape = { name: string; stage: string; needs: readonly string[] }
export type Layout = {
  places: ReadonlyMap<string, { x: number; y: number }>
  edges: readonly { from: string; to: string }[]
  width: number
  height: number
}

/** A job without `needs` waits for the whole stage before its own: drawn as one edge from each job there. */
export function edgesOf(stages: readonly string[], jobs: readonly JobShape[]): Layout['edges'] {
  const known = new Set(jobs.map(({ name }) => name))
  const used = stages.filter((stage) => jobs.some((job) => job.stage === stage))
  return jobs.flatMap(({ name, stage, needs }) => {
    if (needs.length > 0) return needs.filter((need) => known.has(need)).map((need) => ({ from: need, to: name }))
    const before = used[used.indexOf(stage) - 1]
    return jobs
      .filter((job) => before !== undefined && job.stage === before)
      .map((job) => ({ from: job.name, to: name }))
  })
}

let elk: InstanceType<typeof ELK> | undefined

/** ELK's layered layout, in a worker of its own so that a big graph never stops the page. */
export async function layOut(stages: readonly string[], jobs: readonly JobShape[]): Promise<Layout> {
  elk ??= new ELK({ workerUrl })
  const edges = edgesOf(stages, jobs)
  const graph: ElkNode = await elk.layout<ElkNode>({
    id: 'pipeline',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'RIGHT',
      'elk.layered.spacing.nodeNodeBetweenLayers': '48',
      'elk.spacing.nodeNode': '12',
      'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
      'elk.padding': '[top=0,left=0,bottom=0,right=0]',
    },
    children: jobs.map(({ name }) => ({ id: name, width: nodeWidth, height: nodeHeight })),
    edges: edges.map(({ from, to }) => ({ id: `${from} ${to}`, sources: [from], targets: [to] })),
  })
  return {
    places: new Map((graph.children ?? []).map(({ id, x = 0, y = 0 }) => [id, { x, y }])),
    edges,
    width: graph.width ?? nodeWidth,
    height: graph.height ?? nodeHeight,
  }
}

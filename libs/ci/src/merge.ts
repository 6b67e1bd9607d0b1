import type { Place, Problems } from './problems.ts'
import type { Entry, MapNode, Node } from './tree.ts'

/** GitLab's limit for the depth of `extends`, and of `!reference` (docs, "extends" and "!reference tags"). */
const extendsMax = 11
const referencesMax = 10
const nodesMax = 200_000
/** Parents of parents multiply: 11 levels of lists would be a bomb without this. */
const mergesMax = 20_000
/** And each merge copies what it merges: a large parent named a thousand times would keep the service busy for minutes. */
const mergedKeysMax = 1_000_000

/** Mappings merge deep; anything else of the later one replaces what was there. Lists are never joined. */
export function mergeDeep(base: MapNode, over: MapNode): MapNode {
  const entries = new Map(base.entries)
  for (const [name, entry] of over.entries) {
    const below = entries.get(name)?.node
    const merged = below?.kind === 'map' && entry.node.kind === 'map' ? mergeDeep(below, entry.node) : entry.node
    entries.set(name, { keyAt: entry.keyAt, node: merged })
  }
  return { kind: 'map', entries, at: over.at }
}

/** The file with every `extends` and then every `!reference` replaced by what it stands for. */
export function resolveTree(tree: MapNode, problems: Problems): MapNode {
  const budget: Budget = { nodes: 0, merges: 0, mergedKeys: 0 }
  const extended = new Map<string, Entry>()
  for (const [name, { keyAt, node }] of tree.entries) {
    extended.set(name, {
      keyAt,
      node: node.kind === 'map' ? extendJob(tree, name, node, [name], problems, budget) : node,
    })
  }
  const whole: MapNode = { kind: 'map', entries: extended, at: tree.at }
  const entries = new Map<string, Entry>()
  for (const [name, { keyAt, node }] of extended) {
    const resolved = resolveReferences(whole, node, 0, problems, budget)
    if (resolved !== undefined) entries.set(name, { keyAt, node: resolved })
  }
  return { kind: 'map', entries, at: tree.at }
}

type Budget = { nodes: number; merges: number; mergedKeys: number }

function extendJob(
  tree: MapNode,
  name: string,
  job: MapNode,
  chain: readonly string[],
  problems: Problems,
  budget: Budget,
): MapNode {
  const wish = job.entries.get('extends')
  if (wish === undefined || name === 'variables' || name === 'default') return job
  const own: MapNode = { ...job, entries: new Map([...job.entries].filter(([key]) => key !== 'extends')) }
  const { node } = wish
  const parents = node.kind === 'list' ? node.items : [node]
  let base: MapNode = { kind: 'map', entries: new Map(), at: job.at }
  for (const parent of parents) {
    if (parent.kind !== 'scalar' || typeof parent.value !== 'string') {
      problems.add(parent.at, 'Expected the name of a job, or a list of names, in `extends`.')
      continue
    }
    if (++budget.merges > mergesMax) {
      problems.add(parent.at, `\`extends\` asks for more than ${mergesMax} merges.`)
      break
    }
    const found = parentOf(tree, parent.value, parent.at, chain, problems)
    budget.mergedKeys += base.entries.size + (found?.entries.size ?? 0)
    if (budget.mergedKeys > mergedKeysMax) {
      problems.add(parent.at, `\`extends\` merges more than ${mergedKeysMax} keywords in all.`)
      break
    }
    if (found !== undefined)
      base = mergeDeep(base, extendJob(tree, parent.value, found, [...chain, parent.value], problems, budget))
  }
  return mergeDeep(base, own)
}

function parentOf(
  tree: MapNode,
  name: string,
  at: Place,
  chain: readonly string[],
  problems: Problems,
): MapNode | undefined {
  const found = tree.entries.get(name)?.node
  if (found?.kind !== 'map') problems.add(at, `\`extends\` names '${name}', and there is no such job.`)
  else if (chain.includes(name)) problems.add(at, `\`extends\` runs in a circle: ${[...chain, name].join(' -> ')}.`)
  else if (chain.length >= extendsMax) problems.add(at, `\`extends\` is nested deeper than ${extendsMax} levels.`)
  else return found
  return undefined
}

function resolveReferences(
  whole: MapNode,
  node: Node,
  depth: number,
  problems: Problems,
  budget: Budget,
): Node | undefined {
  if (++budget.nodes > nodesMax) {
    problems.add(node.at, `The file has more than ${nodesMax} values once its references are written out.`)
    return undefined
  }
  if (node.kind === 'scalar') return node
  if (node.kind === 'reference') {
    const target = lookUp(whole, node.path)
    if (target === undefined) problems.add(node.at, `\`!reference [${node.path.join(', ')}]\` leads to nothing.`)
    else if (depth >= referencesMax)
      problems.add(node.at, `\`!reference\` is nested deeper than ${referencesMax} levels, or runs in a circle.`)
    else return resolveReferences(whole, target, depth + 1, problems, budget)
    return undefined
  }
  if (node.kind === 'list') {
    const items = node.items.map((item) => resolveReferences(whole, item, depth, problems, budget))
    return { ...node, items: items.filter((item) => item !== undefined) }
  }
  const entries = new Map<string, Entry>()
  for (const [name, entry] of node.entries) {
    const resolved = resolveReferences(whole, entry.node, depth, problems, budget)
    if (resolved !== undefined) entries.set(name, { keyAt: entry.keyAt, node: resolved })
  }
  return { ...node, entries }
}

function lookUp(whole: MapNode, path: readonly string[]): Node | undefined {
  let current: Node | undefined = whole
  for (const name of path) current = current?.kind === 'map' ? current.entries.get(name)?.node : undefined
  return current
}

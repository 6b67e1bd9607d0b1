import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node as YamlNode,
} from 'yaml'
import type { Place, Problems } from './problems.ts'

type ScalarNode = { kind: 'scalar'; value: string | number | boolean | null; text: string; at: Place }
type ListNode = { kind: 'list'; items: Node[]; at: Place }
export type Entry = { keyAt: Place; node: Node }
export type MapNode = { kind: 'map'; entries: Map<string, Entry>; at: Place }
/** `!reference [job, keyword]`: replaced by what is there once `extends` is resolved. */
type ReferenceNode = { kind: 'reference'; path: string[]; at: Place }
export type Node = ScalarNode | ListNode | MapNode | ReferenceNode

/** A file of 512 KiB has fewer nodes than this; only aliases of aliases get beyond. */
const nodesMax = 200_000
const depthMax = 60

const referenceTag = { tag: '!reference', collection: 'seq' as const, resolve: (value: unknown) => value }

/** A file, and the header that says which inputs it takes (`spec`), where there is one before `---`. */
export type Documents = { header?: MapNode | undefined; tree?: MapNode | undefined }

/**
 * Reads YAML 1.2 into a tree that knows its places. Anchors, aliases and `<<` are resolved here; a file that grows
 * beyond `nodesMax` nodes by them is refused before it is built. No tree where the file holds no mapping.
 */
export function readDocuments(text: string, problems: Problems, file?: string): Documents {
  const lines = new LineCounter()
  const found = parseAllDocuments(text, {
    lineCounter: lines,
    merge: false,
    // Found while the tree is built: the parser compares each key with each, half a minute for a hostile file.
    uniqueKeys: false,
    customTags: [referenceTag as never],
    stringKeys: false,
    logLevel: 'silent',
  })
  const documents: readonly Document[] = Array.isArray(found) ? (found as Document[]) : []
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col), ...(file !== undefined && { file }) }
  }
  let anyWrong = false
  for (const { pos, message } of documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])) {
    problems.add(placeAt(pos[0]), sentence(message))
    anyWrong = true
  }
  if (anyWrong) return {}
  const [first, second, third] = documents
  if (third !== undefined)
    problems.add(
      placeAt(third.range?.[0] ?? 0),
      'Expected two documents at the most: a header with `spec`, and the pipeline.',
    )
  const tree = (document: Document | undefined) => mapOf(document, placeAt, problems)
  if (second === undefined) return { tree: tree(first) }
  return { header: tree(first), tree: tree(second) }
}

function mapOf(document: Document | undefined, placeAt: PlaceAt, problems: Problems): MapNode | undefined {
  const root = document?.contents ?? null
  if (document === undefined || root === null || (isScalar(root) && root.value === null)) {
    problems.add(placeAt(0), 'The file is empty; expected at least one job.')
    return undefined
  }
  let refused = false
  const watched: Problems = { ...problems, add: (at, message) => ((refused = true), problems.add(at, message)) }
  const tree = new TreeBuilder(document, placeAt, watched).build(root, 0)
  if (refused || tree === undefined) return undefined
  if (tree.kind === 'map') return tree
  problems.add(tree.at, 'Expected a mapping of jobs and keywords at the top of the file.')
  return undefined
}

/** The parser's messages end in an excerpt; the place says it already. */
const sentence = (message: string): string =>
  `${(message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '')}.`

type PlaceAt = (offset: number) => Place

class TreeBuilder {
  private readonly document: Document
  private readonly placeAt: PlaceAt
  private readonly problems: Problems
  private readonly built = new Map<YamlNode, { node: Node; size: number }>()
  private readonly open = new Set<YamlNode>()
  private nodes = 0

  constructor(document: Document, placeAt: PlaceAt, problems: Problems) {
    this.document = document
    this.placeAt = placeAt
    this.problems = problems
  }

  /** An alias shares the tree of its anchor, but counts as if it were written out: whoever walks the tree pays for it. */
  build(from: unknown, depth: number): Node | undefined {
    const source = from as YamlNode
    const at = this.placeAt(source?.range?.[0] ?? 0)
    if (depth > depthMax) return this.refuse(at, `Nested deeper than ${depthMax} levels.`)
    if (isAlias(source)) return this.alias(source.resolve(this.document), source.source, at)
    const before = this.nodes
    if (++this.nodes > nodesMax)
      return this.refuse(at, `The file has more than ${nodesMax} values once its aliases are written out.`)
    this.open.add(source)
    const node = this.convert(source, at, depth)
    this.open.delete(source)
    if (node !== undefined) this.built.set(source, { node, size: this.nodes - before })
    return node
  }

  private alias(target: YamlNode | undefined, name: string, at: Place): Node | undefined {
    if (target === undefined) return this.refuse(at, `There is no anchor '&${name}' before this.`)
    if (this.open.has(target)) return this.refuse(at, `The anchor '&${name}' contains itself.`)
    const known = this.built.get(target)
    if (known === undefined) return this.build(target, 1)
    this.nodes += known.size
    if (this.nodes > nodesMax)
      return this.refuse(at, `The file has more than ${nodesMax} values once its aliases are written out.`)
    return known.node
  }

  private convert(source: YamlNode, at: Place, depth: number): Node | undefined {
    if (isSeq(source)) {
      const items = source.items.map((item) => this.build(item, depth + 1)).filter((item) => item !== undefined)
      return source.tag === '!reference' ? this.reference(items, at) : { kind: 'list', items, at }
    }
    if (isMap(source)) return this.map(source.items, at, depth)
    if (!isScalar(source)) return { kind: 'scalar', value: null, text: '', at }
    const { value } = source
    if (value === null || value === undefined) return { kind: 'scalar', value: null, text: '', at }
    if (typeof value === 'boolean' || typeof value === 'string')
      return { kind: 'scalar', value, text: String(value), at }
    // A number keeps the text it was written with: a variable `1.10` is not `1.1`.
    if (typeof value === 'number') return { kind: 'scalar', value, text: source.source ?? String(value), at }
    return this.refuse(at, 'Expected text, a number, true, false, a list or a mapping.')
  }

  private map(pairs: readonly { key: unknown; value: unknown }[], at: Place, depth: number): Node | undefined {
    const own: [string, Entry][] = []
    const merged: [string, Entry][] = []
    const names = new Set<string>()
    for (const { key, value } of pairs) {
      const keyAt = this.placeAt((key as YamlNode | null)?.range?.[0] ?? 0)
      if (!isScalar(key) || typeof key.value === 'object') {
        this.refuse(keyAt, 'Expected a plain text as a key.')
        continue
      }
      const node =
        value === null ? ({ kind: 'scalar', value: null, text: '', at: keyAt } as const) : this.build(value, depth + 1)
      if (node === undefined) continue
      if (key.value === '<<' && key.type === 'PLAIN') merged.push(...this.mergeEntries(node, keyAt))
      else {
        const name = typeof key.value === 'string' ? key.value : (key.source ?? '')
        if (names.has(name)) this.refuse(keyAt, 'Map keys must be unique.')
        names.add(name)
        own.push([name, { keyAt, node }])
      }
    }
    // Own keys win over merged ones; of several merged mappings the earlier one wins (YAML merge key type).
    const entries = new Map<string, Entry>()
    for (const [name, entry] of merged) if (!entries.has(name)) entries.set(name, entry)
    for (const [name, entry] of own) entries.set(name, entry)
    return { kind: 'map', entries, at }
  }

  private mergeEntries(node: Node, at: Place): [string, Entry][] {
    const sources = node.kind === 'list' ? node.items : [node]
    return sources.flatMap((source) => {
      if (source.kind === 'map') {
        this.nodes += source.entries.size
        return [...source.entries]
      }
      this.refuse(at, 'Expected a mapping, or a list of mappings, to merge with `<<`.')
      return []
    })
  }

  private reference(items: Node[], at: Place): Node | undefined {
    const path = items.map((item) => (item.kind === 'scalar' && item.value !== null ? item.text : undefined))
    const names = path.filter((name) => name !== undefined)
    if (names.length !== path.length || names.length < 2)
      return this.refuse(at, 'Expected `!reference [job, keyword]`.')
    return { kind: 'reference', path: names, at }
  }

  private refuse(at: Place, message: string): undefined {
    this.problems.add(at, message)
  }
}

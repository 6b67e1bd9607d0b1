import { expandText } from './expand.ts'
import { interpolate, readSpec, settleInputs } from './inputs.ts'
import { judgeRules, type RuleFacts } from './judge-rules.ts'
import { mergeDeep } from './merge.ts'
import type { Place, Problems } from './problems.ts'
import { readRules } from './read-rules.ts'
import { readKeywords, readText, readTexts } from './read-values.ts'
import { readDocuments, type Entry, type MapNode, type Node } from './tree.ts'

/** Where a repository is read: of the pipeline itself unless another is named. */
export type Repository = { readonly project: string; readonly ref?: string }

/** What an `include` names; `local` is of the repository that the naming file is of. */
export type IncludeSource =
  | { readonly kind: 'file'; readonly path: string; readonly repository?: Repository }
  | { readonly kind: 'remote'; readonly url: string; readonly integrity?: string }
  | { readonly kind: 'component'; readonly address: string }
  | { readonly kind: 'template'; readonly name: string }

/** A file that was found, where it is from and, for a component, what it may say of itself; or why there is none. */
export type Fetched =
  | { readonly text: string; readonly repository?: Repository; readonly component?: Readonly<Record<string, string>> }
  | { readonly problem: string }

export type IncludeParts = {
  /** Reads what is named; never throws for what is merely not there. */
  fetch(source: IncludeSource): Promise<Fetched>
  /** Files of a repository, for `include: local: ci/*.yml`. */
  list(pattern: string, repository: Repository | undefined): Promise<readonly string[]>
  /** What is known before there is a pipeline; nothing of the file itself. */
  readonly variables: ReadonlyMap<string, string>
  readonly facts: RuleFacts
}

/** GitLab's limits (docs, "include"): of all files together, those that come twice count twice. */
const includesMax = 150
const textMax = 512 * 1024

type Walk = { readonly parts: IncludeParts; readonly problems: Problems; count: number }
type From = { readonly file: string; readonly repository?: Repository; readonly chain: readonly string[] }

/**
 * A file with all that it includes merged in: what is included first, in order and each with its own includes, the file
 * itself last; mappings merge, everything else is replaced (GitLab, "Use CI/CD configuration from other files").
 */
export async function readWithIncludes(
  text: string,
  inputs: ReadonlyMap<string, Entry>,
  parts: IncludeParts,
  problems: Problems,
): Promise<MapNode | undefined> {
  const walk: Walk = { parts, problems, count: 0 }
  return readFile(walk, { text }, { chain: [], file: '' }, inputs, { line: 1, column: 1 })
}

async function readFile(
  walk: Walk,
  { text, component }: { text: string; component?: Readonly<Record<string, string>> },
  from: From,
  given: ReadonlyMap<string, Entry>,
  asked: Place,
): Promise<MapNode | undefined> {
  const { problems, parts } = walk
  const at: Place = from.file === '' ? { line: 1, column: 1 } : { line: 1, column: 1, file: from.file }
  if (text.length > textMax) {
    problems.add(at, `The file has more than ${textMax} characters.`)
    return undefined
  }
  const { header, tree } = readDocuments(text, problems, from.file === '' ? undefined : from.file)
  if (tree === undefined) return undefined
  if (header === undefined && given.size > 0) {
    problems.add(asked, `This file takes no inputs; it has no header with \`spec:inputs\`.`)
    return undefined
  }
  const values = header ? settleInputs(readSpec(header, problems), given, asked, problems) : new Map<string, Node>()
  const known = { inputs: values, variables: parts.variables, ...(component && { component }) }
  const whole = header || component ? interpolate(tree, known, problems) : tree
  return whole.kind === 'map' ? included(walk, whole, from) : undefined
}

async function included(walk: Walk, tree: MapNode, from: From): Promise<MapNode> {
  const wish = tree.entries.get('include')
  if (wish === undefined) return tree
  const own: MapNode = { ...tree, entries: new Map([...tree.entries].filter(([name]) => name !== 'include')) }
  let base: MapNode = { kind: 'map', entries: new Map(), at: tree.at }
  const items = wish.node.kind === 'list' ? flat(wish.node) : [wish.node]
  for (const item of items) {
    for (const one of await namedBy(walk, item, from)) {
      const file = await followed(walk, one, from)
      if (file !== undefined) base = mergeDeep(base, file)
    }
  }
  return mergeDeep(base, own)
}

const flat = (node: Node): Node[] => (node.kind === 'list' ? node.items.flatMap(flat) : [node])

type Named = { source: IncludeSource; inputs: ReadonlyMap<string, Entry>; at: Place }

/** One entry of `include`; several where it names several files. Nothing where its rules leave it out. */
async function namedBy(walk: Walk, item: Node, from: From): Promise<Named[]> {
  const { problems, parts } = walk
  const filled = (text: string): string => expandText(text, (name) => parts.variables.get(name))
  if (item.kind === 'scalar') {
    const text = filled(readText(item, '`include`', problems) ?? '')
    if (text === '') return []
    const source: IncludeSource = /^https?:\/\//.test(text) ? { kind: 'remote', url: text } : local(text, from)
    return expandLocal(walk, { source, inputs: new Map(), at: item.at })
  }
  if (item.kind !== 'map') {
    problems.add(item.at, 'Expected a file or a mapping in `include`.')
    return []
  }
  const wish = readInclude(item, problems, filled)
  if (wish.rules && !judgeRules(readRules(wish.rules, 'include', problems), parts.variables, parts.facts).in) return []
  const sources = sourcesOf(wish, from)
  if (sources.length === 0)
    problems.add(item.at, 'Expected `local`, `project` with `file`, `remote`, `template` or `component` in `include`.')
  const named = sources.map((source) => ({ source, inputs: wish.inputs, at: item.at }))
  return (await Promise.all(named.map((one) => expandLocal(walk, one)))).flat()
}

const local = (path: string, { repository }: From): IncludeSource => ({ kind: 'file', path: path.replace(/^\/+/, ''), ...(repository && { repository }) }) // prettier-ignore

type Wish = {
  local?: string
  project?: string
  ref?: string
  files: string[]
  remote?: string
  integrity?: string
  template?: string
  component?: string
  inputs: ReadonlyMap<string, Entry>
  rules?: Node
}

function readInclude(item: MapNode, problems: Problems, filled: (text: string) => string): Wish {
  const wish: Wish = { files: [], inputs: new Map() }
  const text = (name: 'local' | 'project' | 'ref' | 'remote' | 'integrity' | 'template' | 'component') => (node: Node) => {
    const read = readText(node, `\`include:${name}\``, problems)
    if (read !== undefined) wish[name] = filled(read)
  } // prettier-ignore
  readKeywords(
    item,
    '`include`',
    {
      local: text('local'),
      project: text('project'),
      ref: text('ref'),
      file: (node) => void (wish.files = readTexts(node, '`include:file`', includesMax, problems).map(filled)),
      remote: text('remote'),
      integrity: text('integrity'),
      template: text('template'),
      component: text('component'),
      inputs: (node) => {
        if (node.kind === 'map') wish.inputs = node.entries
        else problems.add(node.at, 'Expected a mapping of names and values in `include:inputs`.')
      },
      rules: (node) => void (wish.rules = node),
    },
    problems,
  )
  return wish
}

function sourcesOf(wish: Wish, from: From): IncludeSource[] {
  if (wish.local !== undefined) return [local(wish.local, from)]
  if (wish.project !== undefined) {
    const repository = { project: wish.project, ...(wish.ref !== undefined && { ref: wish.ref }) }
    return wish.files.map((path) => ({ kind: 'file', path: path.replace(/^\/+/, ''), repository }))
  }
  if (wish.remote !== undefined) return [{ kind: 'remote', url: wish.remote, ...(wish.integrity !== undefined && { integrity: wish.integrity }) }] // prettier-ignore
  if (wish.component !== undefined) return [{ kind: 'component', address: wish.component }]
  return wish.template === undefined ? [] : [{ kind: 'template', name: wish.template }]
}

/** `ci/*.yml` stands for the files that are there. */
async function expandLocal(walk: Walk, named: Named): Promise<Named[]> {
  const { source } = named
  if (source.kind !== 'file' || !source.path.includes('*')) return [named]
  const paths = await walk.parts.list(source.path, source.repository)
  if (paths.length === 0) walk.problems.add(named.at, `No file matches \`${source.path}\`.`)
  return paths.toSorted().map((path) => ({ ...named, source: { ...source, path } }))
}

async function followed(walk: Walk, { source, inputs, at }: Named, from: From): Promise<MapNode | undefined> {
  const { problems, parts } = walk
  const name = nameOf(source)
  if (++walk.count > includesMax) {
    problems.add(at, `A pipeline includes ${includesMax} files at the most.`)
    return undefined
  }
  if (from.chain.includes(name)) {
    problems.add(at, `\`include\` runs in a circle: ${[...from.chain, name].join(' -> ')}.`)
    return undefined
  }
  const found = await parts.fetch(source)
  if ('problem' in found) {
    problems.add(at, `\`${name}\` can't be included: ${found.problem}.`)
    return undefined
  }
  const repository = found.repository ?? (source.kind === 'file' ? source.repository : undefined)
  const next: From = { file: name, chain: [...from.chain, name], ...(repository && { repository }) }
  return readFile(walk, found, next, inputs, at)
}

/** How a file is called where something is said of it. */
function nameOf(source: IncludeSource): string {
  if (source.kind === 'remote') return source.url
  if (source.kind === 'component') return source.address
  if (source.kind === 'template') return source.name
  const { path, repository } = source
  return repository ? `${repository.project}${repository.ref === undefined ? '' : `@${repository.ref}`}:${path}` : path
}

import type { DeclaredVariables, JobSpec, Need } from './file.ts'
import type { Problems } from './problems.ts'
import { readInteger, readKeywords, readMap, readText, readTexts } from './read-values.ts'
import type { MapNode, Node } from './tree.ts'

/** Values by variable, in the order in which they are written. */
export type MatrixRow = Readonly<Record<string, string>>
export type Parallel = { readonly total: number; readonly rows?: readonly MatrixRow[] }

/** GitLab's limit, of `parallel` and of the permutations of a matrix. */
const jobsMax = 200
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/

/** `parallel: 5`, or `parallel: { matrix: [...] }` with one job for each permutation (GitLab, "parallel"). */
export function readParallel(node: Node, problems: Problems): Parallel | undefined {
  if (node.kind !== 'map') {
    const total = readInteger(node, '`parallel`', 1, jobsMax, problems)
    return total === undefined ? undefined : { total }
  }
  const rows = readMatrixOf(node, problems)
  if (rows.length > jobsMax)
    problems.add(node.at, `A matrix has ${jobsMax} permutations at the most; this one has ${rows.length}.`)
  return rows.length === 0 || rows.length > jobsMax ? undefined : { total: rows.length, rows }
}

/** The permutations that `needs:parallel:matrix` names. */
export const readMatrixOf = (node: Node, problems: Problems): MatrixRow[] => {
  let rows: MatrixRow[] = []
  const matrix = (inner: Node): void => void (rows = readMatrix(inner, problems))
  const map = readMap(node, '`parallel`', problems)
  if (map) readKeywords(map, '`parallel`', { matrix }, problems)
  return rows
}

function readMatrix(node: Node, problems: Problems): MatrixRow[] {
  if (node.kind !== 'list') {
    problems.add(node.at, 'Expected a list of mappings in `parallel:matrix`, such as `- OS: [linux, macos]`.')
    return []
  }
  const rows = new Map<string, MatrixRow>()
  for (const item of node.items) {
    const map = readMap(item, 'an entry of `parallel:matrix`', problems)
    // What makes the same name is the same job: the later one stands.
    for (const row of map ? permutations(map, problems) : []) rows.set(Object.values(row).join('\n'), row)
  }
  if (rows.size === 0 && !problems.any())
    problems.add(node.at, 'Expected at least one permutation in `parallel:matrix`.')
  return [...rows.values()]
}

function permutations(map: MapNode, problems: Problems): MatrixRow[] {
  let rows: MatrixRow[] = [{}]
  for (const [name, { keyAt, node }] of map.entries) {
    if (!variableName.test(name)) {
      problems.add(keyAt, `\`${name}\` is no name for a variable; expected letters, digits and underscores.`)
      continue
    }
    const values = readTexts(node, `\`${name}\` of \`parallel:matrix\``, jobsMax, problems)
    // Counted before they are made: ten lists of ten values are ten thousand millions.
    if (rows.length * values.length > jobsMax * 10) {
      problems.add(keyAt, `A matrix has ${jobsMax} permutations at the most.`)
      return []
    }
    rows = rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value })))
  }
  return map.entries.size === 0 ? [] : rows
}

/** What a job is called: `test 2/5`, `deploy: [aws, eu]`. */
const nameOf = (job: JobSpec, { total }: Parallel, index: number, row: MatrixRow | undefined): string =>
  row === undefined ? `${job.name} ${index + 1}/${total}` : `${job.name}: [${Object.values(row).join(', ')}]`

type Made = { job: JobSpec; row: MatrixRow | undefined }

/**
 * Each job with `parallel` as the jobs that it stands for. Who needs it needs them all, or those whose permutations it
 * names; `$[[ matrix.X ]]` in there is the value of the one who asks. A job of the file that is called as a permutation
 * takes its place.
 */
export function expandParallel(jobs: readonly JobSpec[]): JobSpec[] {
  if (jobs.every(({ parallel }) => parallel === undefined)) return [...jobs]
  const written = new Set(jobs.map(({ name }) => name))
  const made = new Map<string, Made[]>()
  const all = jobs.flatMap((job): Made[] => {
    const { parallel } = job
    if (parallel === undefined) return [{ job, row: undefined }]
    const members = Array.from({ length: parallel.total }, (_, index) => member(job, parallel, index))
    made.set(job.name, members)
    return members.filter(({ job: { name } }) => !written.has(name))
  })
  return all.map(({ job, row }) => ({
    ...job,
    ...(job.needs && { needs: expandNeeds(job.needs, made, row) }),
    ...(job.dependencies && {
      dependencies: job.dependencies.flatMap((one) => made.get(one.job)?.map(({ job: { name } }) => ({ job: name, at: one.at })) ?? [one]), // prettier-ignore
    }),
    ...(job.rules && {
      rules: job.rules.map((rule) => ({ ...rule, ...(rule.needs && { needs: expandNeeds(rule.needs, made, row) }) })),
    }),
  }))
}

function member(job: JobSpec, parallel: Parallel, index: number): Made {
  const row = parallel.rows?.[index]
  const variables: DeclaredVariables = Object.fromEntries(
    Object.entries(row ?? {}).map(([name, value]) => [name, { value, expand: true }]),
  )
  return {
    row,
    job: {
      ...job,
      name: nameOf(job, parallel, index, row),
      group: job.name,
      node: { index: index + 1, total: parallel.total },
      variables: { ...job.variables, ...variables },
    },
  }
}

function expandNeeds(
  needs: readonly Need[],
  made: ReadonlyMap<string, readonly Made[]>,
  own: MatrixRow | undefined,
): Need[] {
  return needs.flatMap((need) => {
    const members = made.get(need.job)
    if (members === undefined) return [need]
    const wanted = need.matrix?.map((row) => filledRow(row, own))
    return members
      .filter(({ row }) => wanted === undefined || wanted.some((one) => isSame(one, row ?? {})))
      .map(({ job: { name } }) => ({ ...need, job: name }))
  })
}

const reference = /\$\[\[\s*matrix\.([A-Za-z_]\w*)\s*\]\]/g
const filledRow = (row: MatrixRow, own: MatrixRow | undefined): MatrixRow =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value.replaceAll(reference, (whole, key: string) => own?.[key] ?? whole),
    ]),
  )
const isSame = (a: MatrixRow, b: MatrixRow): boolean => {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}

/** `inherit: { default: …, variables: … }`, each true, false, or a list of what is taken over. */
export type Inherit = { readonly default: Inherited; readonly variables: Inherited }
type Inherited = boolean | readonly string[]

export const inheritAll: Inherit = { default: true, variables: true }

export const inherits = (inherited: Inherited, name: string): boolean =>
  typeof inherited === 'boolean' ? inherited : inherited.includes(name)

export function readInherit(node: Node, problems: Problems): Inherit {
  const found: { default: Inherited; variables: Inherited } = { default: true, variables: true }
  const read = (what: 'default' | 'variables') => (inner: Node) => {
    if (inner.kind === 'scalar' && typeof inner.value === 'boolean') found[what] = inner.value
    else if (inner.kind === 'list')
      found[what] = inner.items.flatMap((item) => readText(item, `\`inherit:${what}\``, problems) ?? [])
    else problems.add(inner.at, `Expected true, false or a list of names for \`inherit:${what}\`.`)
  }
  const map = readMap(node, '`inherit`', problems)
  if (map) readKeywords(map, '`inherit`', { default: read('default'), variables: read('variables') }, problems)
  return found
}

import { failure, type Commit as CommitSchema, type TreeEntry as TreeEntrySchema } from '@plinth/contracts'
import type { Static } from 'typebox'
import { isRevision, isTreePath } from './names.ts'
import { git, mustGit, type Folder } from './process.ts'

export type Commit = Static<typeof CommitSchema>
export type TreeEntry = Static<typeof TreeEntrySchema>

const fileBytesMax = 1024 * 1024

/** Every branch and tag with the object it names. */
export async function listRefs(folder: Folder): Promise<Map<string, string>> {
  const text = await mustGit(folder, ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads', 'refs/tags'])
  const pairs = text.split('\n').filter(Boolean)
  return new Map(pairs.map((line) => [line.slice(41), line.slice(0, 40)]))
}

/** The commit that a branch, a tag, a full ref name or a commit id names, with the ref that it was found by. */
export async function resolveRef(folder: Folder, name: string): Promise<{ revision: string; ref: string } | undefined> {
  const candidates = isRevision(name)
    ? [name]
    : name.startsWith('refs/')
      ? [name]
      : [`refs/heads/${name}`, `refs/tags/${name}`]
  for (const ref of candidates) {
    if (/[\s\p{Cc}~^:?*[\\]|\.\.|@\{/u.test(ref)) return undefined
    const { code, stdout } = await git(folder, ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`])
    if (code === 0) return { revision: stdout.toString('utf8').trim(), ref }
  }
  return undefined
}

/** As `resolveRef`; throws gitops.revision_unknown. */
export async function mustResolve(folder: Folder, name: string): Promise<string> {
  const found = await resolveRef(folder, name)
  if (found === undefined)
    throw failure('gitops.revision_unknown', { detail: `There is no branch, tag or commit '${name.slice(0, 100)}'.` })
  return found.revision
}

const commitFormat = ['%H', '%P', '%an', '%aI', '%s', '%B'].join('%x1f')

/** Commits that `range` reaches, newest first. */
export async function listCommits(
  folder: Folder,
  range: readonly string[],
  { limit, skip = 0 }: { limit: number; skip?: number },
): Promise<Commit[]> {
  const args = ['log', '-z', `--format=${commitFormat}`, `--max-count=${limit}`, `--skip=${skip}`, ...range, '--']
  const text = await mustGit(folder, args, { outputBytesMax: 8 * 1024 * 1024 })
  return text
    .split('\u0000')
    .filter(Boolean)
    .map(readCommit)
    .filter((commit) => isRevision(commit.id))
}

function readCommit(record: string): Commit {
  const [id = '', parents = '', author = '', authoredAt = '', title = '', ...message] = record.split('\u001f')
  return {
    id,
    title,
    message: message.join('\u001f').trimEnd(),
    author,
    authoredAt: Number.isNaN(Date.parse(authoredAt)) ? authoredAt : new Date(authoredAt).toISOString(),
    parents: parents.split(' ').filter(Boolean),
  }
}

type Entry = { mode: string; type: string; object: string; sizeBytes: number | undefined; path: string }

async function lsTree(folder: Folder, revision: string, paths: readonly string[]): Promise<Entry[]> {
  const { code, stdout } = await git(folder, ['ls-tree', '-z', '-l', revision, '--', ...paths], {
    outputBytesMax: 16 * 1024 * 1024,
  })
  if (code !== 0) return []
  return stdout
    .toString('utf8')
    .split('\u0000')
    .filter(Boolean)
    .map((line) => {
      const tab = line.indexOf('\t')
      const path = line.slice(tab + 1)
      const [mode = '', type = '', object = '', size = '-'] = line.slice(0, tab).split(/ +/)
      return { mode, type, object, path, sizeBytes: size === '-' ? undefined : Number(size) }
    })
}

const kinds: Readonly<Record<string, TreeEntry['kind']>> = {
  '040000': 'directory',
  '120000': 'symlink',
  '160000': 'submodule',
}

/** A directory at a revision; throws gitops.path_unknown where there is none. */
export async function listTree(folder: Folder, revision: string, path: string | undefined): Promise<TreeEntry[]> {
  const clean = path?.replace(/\/+$/, '') ?? ''
  if (clean !== '' && !isTreePath(clean)) throw failure('gitops.path_unknown')
  const found = await lsTree(folder, revision, clean === '' ? [] : [`${clean}/`])
  if (found.length === 0 && clean !== '') throw failure('gitops.path_unknown')
  return found.map(({ mode, path: name, sizeBytes }) => ({
    path: name,
    kind: kinds[mode] ?? 'file',
    ...(sizeBytes !== undefined && { sizeBytes }),
  }))
}

const pathsMax = 20_000

/** Paths of all files at a revision, of directories within directories too. */
export async function listPaths(folder: Folder, revision: string): Promise<{ paths: string[]; truncated: boolean }> {
  const { stdout } = await git(folder, ['ls-tree', '-r', '-z', '--name-only', revision], {
    outputBytesMax: 16 * 1024 * 1024,
  })
  const paths = stdout.toString('utf8').split('\u0000').filter(Boolean)
  return { paths: paths.slice(0, pathsMax), truncated: paths.length > pathsMax }
}

/** The ids of the objects at these paths, or of the last commits that touched them; sorted, each once, of what is there. */
export async function fileStates(
  folder: Folder,
  revision: string,
  paths: readonly string[],
  by: 'content' | 'commit',
): Promise<string[]> {
  const asked = [...new Set(paths)].filter(isTreePath)
  if (asked.length === 0) return []
  const found = await lsTree(folder, revision, asked)
  if (by === 'content') return [...new Set(found.map(({ object }) => object))].sort()
  const ids = new Set<string>()
  for (const { path } of found) {
    const args = ['log', '-1', '--format=%H', revision, '--', path]
    const { code, stdout } = await git(folder, args)
    if (code === 0) ids.add(stdout.toString('utf8').trim())
  }
  return [...ids].filter(isRevision).sort()
}

/** The texts of plain files; `null` for what is no plain file, no UTF-8 text, or over 1 MiB. Links are not followed. */
export async function readFiles(
  folder: Folder,
  revision: string,
  paths: readonly string[],
): Promise<Record<string, string | null>> {
  const files: Record<string, string | null> = Object.fromEntries(paths.map((path) => [path, null]))
  const asked = [...new Set(paths)].filter(isTreePath)
  if (asked.length === 0) return files
  const plain = (await lsTree(folder, revision, asked)).filter(
    ({ mode, type, sizeBytes = 0, path }) =>
      type === 'blob' && mode.startsWith('100') && sizeBytes <= fileBytesMax && path in files,
  )
  const blobs = await readBlobs(
    folder,
    plain.map(({ object }) => object),
  )
  for (const { path, object } of plain) files[path] = textOf(blobs.get(object))
  return files
}

async function readBlobs(folder: Folder, objects: readonly string[]): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>()
  if (objects.length === 0) return found
  const { stdout } = await git(folder, ['cat-file', '--batch'], { input: `${[...new Set(objects)].join('\n')}\n` })
  let offset = 0
  while (offset < stdout.length) {
    const lineEnd = stdout.indexOf(10, offset)
    if (lineEnd < 0) break
    const [object = '', type = '', size = '0'] = stdout.toString('utf8', offset, lineEnd).split(' ')
    offset = lineEnd + 1
    if (type !== 'blob') continue
    found.set(object, stdout.subarray(offset, offset + Number(size)))
    offset += Number(size) + 1
  }
  return found
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(bytes: Buffer | undefined): string | null {
  if (bytes === undefined || bytes.includes(0)) return null
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

/** Whether all that `ancestor` has is in `descendant`. */
export async function isAncestor(folder: Folder, ancestor: string, descendant: string): Promise<boolean> {
  return (await git(folder, ['merge-base', '--is-ancestor', ancestor, descendant])).code === 0
}

/** Paths that differ, at most 10,000; undefined where one of the commits is not there. */
export async function changedPaths(folder: Folder, from: string, to: string): Promise<string[] | undefined> {
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', from, to, '--']
  const { code, stdout, truncated } = await git(folder, args, { outputBytesMax: 4 * 1024 * 1024 })
  if (code !== 0 && !truncated) return undefined
  return stdout.toString('utf8').split('\u0000').filter(Boolean).slice(0, 10_000)
}

const diffBytesMax = 512 * 1024

/** A unified diff, cut at 512 KiB. No external or text-conversion program of any repository runs. */
export async function unifiedDiff(
  folder: Folder,
  from: string,
  to: string,
): Promise<{ diff: string; diffTruncated: boolean }> {
  const args = [
    'diff-tree',
    '-p',
    '-r',
    '-M',
    '--no-color',
    '--no-ext-diff',
    '--no-textconv',
    '--full-index',
    from,
    to,
    '--',
  ]
  const { code, stdout, truncated } = await git(folder, args, { outputBytesMax: diffBytesMax })
  if (code !== 0 && !truncated) return { diff: '', diffTruncated: false }
  return { diff: stdout.toString('utf8'), diffTruncated: truncated }
}

/** The newest commit that both have; undefined for histories that never met. */
export async function mergeBase(folder: Folder, one: string, other: string): Promise<string | undefined> {
  const { code, stdout } = await git(folder, ['merge-base', one, other])
  return code === 0 ? stdout.toString('utf8').trim().split('\n')[0] : undefined
}

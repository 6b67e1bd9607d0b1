import { rename, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { failure } from '@plinth/contracts'
import { folderExists, isTreePath, makeProjectFolder } from './names.ts'
import { git, mustGit, runGit, type Folder } from './process.ts'

export type SeedFile = { path: string; content: string; executable: boolean }
export type Seed = {
  files: readonly SeedFile[]
  message: string
  authorName: string
  email: string
  seconds: number
  branch: string
}

/** Throws where a path could leave the tree, or be two files at once. */
export function checkSeedFiles(files: readonly SeedFile[]): void {
  const paths = files.map(({ path }) => path)
  const bad = paths.find((path) => !isTreePath(path) || /["\\]/.test(path))
  const twice = paths.find((path, index) => paths.indexOf(path) !== index)
  const inside = paths.find((path) => paths.some((other) => other.startsWith(`${path}/`)))
  const wrong = bad ?? twice ?? inside
  if (wrong !== undefined) {
    throw failure('platform.request_invalid', {
      detail: 'A file path is not one that a repository can hold, or is there twice.',
      problems: [{ path: wrong.slice(0, 200), message: 'must be a plain relative path, once.' }],
    })
  }
}

/** A name as a commit may carry it: one line, without what delimits it there. */
const personName = (name: string): string =>
  name
    .replace(/[<>\p{Cc}]/gu, '')
    .trim()
    .slice(0, 100) || 'unknown'

/**
 * Makes a bare repository with these files as its first commit, beside its place, and moves it there in one step: it
 * is whole or not there at all. The same seed makes the same commit id. Where it is already there, nothing happens.
 * `beforeItAppears` learns the commit while nobody can see it yet.
 */
export async function createBare(
  folder: Folder,
  seed: Seed,
  beforeItAppears: (revision: string) => Promise<void>,
): Promise<void> {
  if (await folderExists(folder)) return
  await makeProjectFolder(folder)
  const draft = `${folder}.${randomBytes(6).toString('hex')}.draft` as Folder
  try {
    const made = await runGit(['init', '--quiet', '--bare', '--template=', `--initial-branch=${seed.branch}`, draft])
    if (made.code !== 0) throw new Error(`git init ended with ${made.code}: ${made.stderr}`)
    await mustGit(draft, ['fast-import', '--quiet', '--date-format=raw', '--done'], { input: importStream(seed) })
    await beforeItAppears((await mustGit(draft, ['rev-parse', '--verify', `refs/heads/${seed.branch}`])).trim())
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // Another try of the same creation was faster; it made the same commit.
    if (!(await folderExists(folder))) throw error
  }
}

/** The input of git-fast-import(1): files inline, lengths in bytes. */
function importStream({ files, message, authorName, email, seconds, branch }: Seed): Buffer {
  const parts: Buffer[] = []
  const add = (text: string): unknown => parts.push(Buffer.from(text))
  const data = (text: string): void => {
    const bytes = Buffer.from(text)
    add(`data ${bytes.length}\n`)
    parts.push(bytes)
    add('\n')
  }
  add(`commit refs/heads/${branch}\ncommitter ${personName(authorName)} <${email}> ${seconds} +0000\n`)
  data(message)
  for (const { path, content, executable } of files) {
    add(`M ${executable ? '100755' : '100644'} inline "${path}"\n`)
    data(content)
  }
  add('\ndone\n')
  return Buffer.concat(parts)
}

export type MergeOutcome = { conflict: false; revision: string } | { conflict: true; paths: string[] }

/** The tree of both, merged in memory; nothing but objects is written, no ref moves. */
export async function mergeTrees(
  folder: Folder,
  target: string,
  source: string,
): Promise<{ tree: string } | { conflicts: string[] }> {
  const { code, stdout, stderr } = await git(folder, [
    'merge-tree',
    '--write-tree',
    '--name-only',
    '--no-messages',
    '-z',
    target,
    source,
  ])
  const [tree = '', ...paths] = stdout.toString('utf8').split('\u0000')
  if (code === 0) return { tree }
  if (code === 1) return { conflicts: [...new Set(paths.filter(Boolean))] }
  if (/unrelated histories/.test(stderr)) return { conflicts: ['(the branches have no common history)'] }
  throw new Error(`git merge-tree ended with ${code}: ${stderr.slice(0, 1_000)}`)
}

type MergeFacts = {
  target: string
  source: string
  message: string
  authorName: string
  email: string
  seconds: number
}

/** A merge commit of both, or the files that both changed. The same facts make the same commit id. */
export async function commitMerge(folder: Folder, facts: MergeFacts): Promise<MergeOutcome> {
  const { target, source, message, authorName, email, seconds } = facts
  const merged = await mergeTrees(folder, target, source)
  if ('conflicts' in merged) return { conflict: true, paths: merged.conflicts }
  const name = personName(authorName)
  const date = `${seconds} +0000`
  const env = {
    GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email, GIT_COMMITTER_DATE: date,
  } // prettier-ignore
  const args = ['commit-tree', merged.tree, '-p', target, '-p', source]
  const revision = await mustGit(folder, args, { env, input: message })
  return { conflict: false, revision: revision.trim() }
}

/** Moves a ref if it still is where we saw it; false where somebody else was faster. */
export async function moveRef(folder: Folder, ref: string, to: string, expected: string): Promise<boolean> {
  return (await git(folder, ['update-ref', ref, to, expected])).code === 0
}

import { lstat, mkdir, realpath } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { GitRef, ProjectName, RepositoryName } from '@plinth/contracts'
import { Compile } from 'typebox/compile'
import type { Folder } from './process.ts'

const projectName = Compile(ProjectName)
const repositoryName = Compile(RepositoryName)
const refName = Compile(GitRef)

export const zeroRevision = '0'.repeat(40)
export const isRevision = (text: string): boolean => /^[0-9a-f]{40}$/.test(text)
export const isProjectName = (text: string): boolean => projectName.Check(text)
export const isRepositoryName = (text: string): boolean => repositoryName.Check(text)
export const branchRef = (branch: string): string => `refs/heads/${branch}`

/** Branches and tags only, by git-check-ref-format(1) cut down to plain characters: no `-x`, `..`, `@{`, `.lock`. */
export function isPushableRef(ref: string): boolean {
  const match = /^refs\/(?:heads|tags)\/(.+)$/.exec(ref)
  const name = match?.[1]
  if (name === undefined || name === 'HEAD' || !refName.Check(name)) return false
  return name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.startsWith('-'))
}

/** A path inside a tree: relative, in one form, without anything that a shell, a pkt-line or a file system reads as more. */
export function isTreePath(path: string): boolean {
  if (path === '' || path.length > 1_000 || /\p{Cc}/u.test(path)) return false
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git')
}

/** `<root>/<project>/<repository>.<id>.git`: for people to find, and never the same for two repositories. */
export function repositoryFolder(
  root: string,
  { project, name, id }: { project: string; name: string; id: string },
): Folder {
  if (!isProjectName(project) || !isRepositoryName(name) || !/^rep_[0-9a-z]+$/.test(id))
    throw new Error('not the name of a repository')
  return join(resolve(root), project, `${name}.${id}.git`) as Folder
}

/** Throws where a link leads the folder out of the root: then it is none that we made. */
export async function assertInside(root: string, folder: Folder): Promise<void> {
  const [realRoot, realFolder] = await Promise.all([realpath(root), realpath(folder)])
  if (!realFolder.startsWith(realRoot + sep)) throw new Error('a repository lies outside of the data directory')
}

export const folderExists = async (folder: Folder): Promise<boolean> =>
  lstat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  )

export const makeProjectFolder = async (folder: Folder): Promise<unknown> =>
  mkdir(join(folder, '..'), { recursive: true, mode: 0o700 })

import { lstatSync, readdirSync, realpathSync } from 'node:fs'
import { join, matchesGlob, sep } from 'node:path'

export type Selection = { files: string[]; warnings: string[] }

const filesMax = 200_000
const bytesMax = 4 * 1024 ** 3

/**
 * The files below `root` that the patterns name: GitLab's rules (doublestar globs relative to the project; a folder
 * stands for all that is in it; git's own is never in it). Symbolic links are taken as links and never followed, and left out where they lead
 * out of the project; devices and FIFOs are left out. Throws where there is more than an artifact may hold.
 */
export function selectFiles(root: string, patterns: readonly string[], exclude: readonly string[] = []): Selection {
  const wanted = patterns.map(normalized).filter((pattern) => pattern !== '')
  const unwanted = exclude.map(normalized)
  const files: string[] = []
  const warnings: string[] = []
  const hits = new Set<string>()
  let bytes = 0

  /** The pattern by which the path is wanted: its folder's, of which the whole content is, or its own. */
  const matching = (path: string): string | undefined => wanted.find((pattern) => names(pattern, path))
  const look = (path: string, byFolder: string | undefined): void => {
    const stat = lstatSync(join(root, path))
    const pattern = byFolder ?? matching(path)
    if (stat.isDirectory()) return path === '.git' ? undefined : walk(path, pattern)
    if (pattern === undefined || unwanted.some((each) => matchesGlob(path, each))) return
    hits.add(pattern)
    if (stat.isSymbolicLink() && leadsOut(root, path)) {
      warnings.push(`${path}: is a link that leads out of the project, left out`)
      return
    }
    if (!stat.isFile() && !stat.isSymbolicLink()) {
      warnings.push(`${path}: is no file, left out`)
      return
    }
    bytes += stat.size
    files.push(path)
    if (files.length > filesMax || bytes > bytesMax) {
      throw new Error(`There are more than ${filesMax} files or ${bytesMax} bytes to keep.`)
    }
  }
  const walk = (folder: string, pattern: string | undefined): void => {
    for (const name of readdirSync(join(root, folder)).sort()) look(folder === '' ? name : `${folder}/${name}`, pattern)
  }
  walk('', undefined)
  for (const pattern of wanted)
    if (!hits.has(pattern) && !files.some((path) => covers(pattern, path)))
      warnings.push(`${pattern}: no matching files`)
  return { files, warnings }
}

const normalized = (pattern: string): string => pattern.trim().replace(/^\.\//, '').replace(/\/+$/, '')

/** `.` names everything, `dist` the file or all of the folder, `*.txt` and `src/**` what they match. */
const covers = (pattern: string, path: string): boolean =>
  names(pattern, path) || path.startsWith(`${pattern}/`) || ancestorMatches(pattern, path)

const names = (pattern: string, path: string): boolean =>
  pattern === '.' || path === pattern || matchesGlob(path, pattern)

function ancestorMatches(pattern: string, path: string): boolean {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    if (matchesGlob(path.slice(0, end), pattern)) return true
  }
  return false
}

const isInside = (root: string, path: string): boolean => path === root || path.startsWith(root + sep)

function leadsOut(root: string, path: string): boolean {
  try {
    return !isInside(realpathSync(root), realpathSync(join(root, path)))
  } catch {
    // Leads nowhere, or in a circle.
    return true
  }
}

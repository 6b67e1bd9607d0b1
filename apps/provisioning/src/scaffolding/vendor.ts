import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type SeedFile = { path: string; content: string; executable: boolean }
type Manifest = { name: string; version: string; dependencies?: Record<string, string> }

const packagesMax = 60
const filesMax = 900
const here = dirname(fileURLToPath(import.meta.url))
const isShipped = (name: string): boolean =>
  (/\.(?:js|cjs|mjs|json)$/.test(name) && !/\.(?:test|spec)\.\w+$/.test(name)) || /^licen[cs]e/i.test(name)
const leftOut = new Set(['node_modules', 'test', 'tests', '__tests__', '.github'])

/** A package as a new repository gets it: its files under node_modules, and those of all that it depends on. */
export type Vendored = { versions: ReadonlyMap<string, string>; files: readonly SeedFile[] }

/** Copies packages and the closure of their dependencies from the platform's own installation. Throws when one is missing. */
export async function vendor(packages: readonly string[]): Promise<Vendored> {
  const found = new Map<string, { version: string; folder: string }>()
  const queue = packages.map((name) => ({ name, from: here }))
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const folder = await folderOf(next.name, next.from)
    const { version, dependencies = {} } = await manifestOf(folder)
    const known = found.get(next.name)
    if (known !== undefined && known.folder !== folder)
      throw new Error(`${next.name} is needed in two versions, ${known.version} and ${version}`)
    if (known !== undefined) continue
    found.set(next.name, { version, folder })
    if (found.size > packagesMax)
      throw new Error(`more than ${packagesMax} packages are needed by ${packages.join(', ')}`)
    queue.push(...Object.keys(dependencies).map((name) => ({ name, from: folder })))
  }
  const files = (
    await Promise.all([...found].map(([name, { folder }]) => filesOf(folder, `node_modules/${name}`)))
  ).flat()
  if (files.length > filesMax) throw new Error(`more than ${filesMax} files are needed by ${packages.join(', ')}`)
  return {
    versions: new Map([...found].map(([name, { version }]) => [name, version])),
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
  }
}

/** Where Node would find the package from a folder, its package.json exported or not. */
async function folderOf(name: string, from: string): Promise<string> {
  if (!/^(?:@[a-z0-9._-]+\/)?[a-z0-9][a-z0-9._-]*$/.test(name)) throw new Error(`'${name}' is no name of a package`)
  for (const folder of createRequire(join(from, 'package.json')).resolve.paths(name) ?? []) {
    const candidate = join(folder, name)
    if (
      await readFile(join(candidate, 'package.json')).then(
        () => true,
        () => false,
      )
    )
      return candidate
  }
  throw new Error(`the package ${name} is not installed with the platform`)
}

const manifestOf = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest

async function filesOf(folder: string, path: string): Promise<SeedFile[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found = entries.map(async (entry): Promise<SeedFile[]> => {
    if (entry.isDirectory())
      return leftOut.has(entry.name) ? [] : filesOf(join(folder, entry.name), `${path}/${entry.name}`)
    if (!entry.isFile() || !isShipped(entry.name)) return []
    return [
      { path: `${path}/${entry.name}`, content: await readFile(join(folder, entry.name), 'utf8'), executable: false },
    ]
  })
  return (await Promise.all(found)).flat()
}

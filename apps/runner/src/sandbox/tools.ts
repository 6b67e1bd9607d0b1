import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What jobs and workloads find beside the system: the Node that runs us, the `plinth` command, the preload. */
export type Tools = {
  /** First on the PATH of everything that we start. */
  path: string
  /** Given to `node --import`. */
  preload: string
  /** Where GitLab's users expect a bash; `sh` where there is none. */
  shell: readonly string[]
  /** What must be visible inside the walls for `node` and the preload. */
  nodeBinds: readonly (readonly [string, string])[]
  /** And for `plinth`. */
  commandBinds: readonly (readonly [string, string])[]
}

const here = dirname(fileURLToPath(import.meta.url))
const houseRoot = join(here, '../../../..')
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
const same = (path: string): readonly [string, string] => [path, path]

/** Lays the tools out below `folder`, anew at each start, so that they belong to the version that runs. */
export function layOutTools(folder: string): Tools {
  const path = join(folder, 'bin')
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { recursive: true, mode: 0o755 })
  symlinkSync(process.execPath, join(path, 'node'))
  const command = join(houseRoot, 'apps/cli/bin/plinth.js')
  const script = `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(command)} "$@"\n`
  writeFileSync(join(path, 'plinth'), script, { mode: 0o755 })
  const passwd = join(folder, 'passwd')
  // Without an entry for its own user, os.userInfo() of a program throws.
  writeFileSync(passwd, 'root:x:0:0:root:/root:/bin/sh\nplinth:x:1000:1000:plinth:/home/plinth:/bin/sh\n', {
    mode: 0o644,
  })
  const group = join(folder, 'group')
  writeFileSync(group, 'root:x:0:\nplinth:x:1000:\n', { mode: 0o644 })

  const nodeModules = moduleFolders()
  const nodeBinds = [
    [passwd, '/etc/passwd'] as const,
    [group, '/etc/group'] as const,
    same(path),
    same(dirname(process.execPath)),
    ...nodeModules.map(same),
    same(join(here, '../preload')),
  ]
  const commandBinds = ['package.json', 'libs', 'apps/cli', 'tools']
    .map((name) => join(houseRoot, name))
    .filter((each) => existsSync(each))
    .map(same)
  return {
    path,
    preload: join(here, '../preload/preload.mjs'),
    shell: existsSync('/bin/bash') || existsSync('/usr/bin/bash') ? ['bash', '-e', '-o', 'pipefail'] : ['sh', '-e'],
    nodeBinds,
    commandBinds,
  }
}

/** The house's node_modules, and an app's own where the installer had to keep a second version of something. */
function moduleFolders(): string[] {
  const found = [join(houseRoot, 'node_modules'), join(here, '../../node_modules')]
  return found.filter((each) => existsSync(each) && readdirSync(each).length > 0)
}

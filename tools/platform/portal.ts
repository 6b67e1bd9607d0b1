import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './home.ts'
import { StartProblem } from './problem.ts'

const sources = [
  'apps/portal/{src,public}/**/*',
  'apps/portal/{index.html,vite.config.ts,package.json}',
  'libs/{kernel,contracts,client}/src/**/*.ts',
  'package-lock.json',
]

function fingerprint(): string {
  const hash = createHash('sha256')
  for (const path of globSync(sources, { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()) {
    hash.update(path.slice(root.length)).update(readFileSync(path))
  }
  return hash.digest('hex')
}

/** Builds the portal's files where they are missing or older than their sources. */
export async function buildPortal(): Promise<void> {
  const dist = join(root, 'apps', 'portal', 'dist')
  const stamp = join(dist, '.sources')
  const wanted = fingerprint()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  const output: string[] = []
  const code = await new Promise<number | null>((resolve) => {
    const vite = spawn(
      process.execPath,
      [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn'],
      {
        cwd: join(root, 'apps', 'portal'),
        // A test runner says `test`, and React's build for development would be what is made.
        env: { ...process.env, NODE_ENV: 'production' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    for (const stream of [vite.stdout, vite.stderr]) stream.on('data', (chunk) => output.push(String(chunk)))
    vite.on('exit', resolve)
  })
  if (code !== 0)
    throw new StartProblem(
      `The portal could not be built:\n${output.join('').slice(-2000)}`,
      'Run `npx vite build` in apps/portal to see the whole output.',
    )
  writeFileSync(stamp, wanted)
}

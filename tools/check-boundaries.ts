// Says which import goes where it may not: npm hoists every workspace, so a wrong one would run and typecheck silently.
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './platform/home.ts'

const middle = ['service', 'store', 'bus', 'access', 'client']
const base = ['kernel', 'contracts']
/** What each workspace may import of the others (DESIGN: direction of imports). Tests may use the testkit, too. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  contracts: ['kernel'],
  ...Object.fromEntries(middle.map((lib) => [lib, base])),
  testkit: [...base, ...middle],
  sql: base,
  // The language of pipelines: the server and the command line plan by the same code.
  ci: [],
  portal: [...base, 'client'],
  cli: [...base, 'client', 'sql', 'ci'],
}
const ofApps = [...base, 'service', 'store', 'bus', 'access', 'sql', 'ci']

type Package = { name: string; dependencies?: Record<string, string>; devDependencies?: Record<string, string> }

const problems: string[] = []
const importPattern = /(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g

for (const path of globSync('{libs,apps}/*/package.json', { cwd: root })) {
  const dir = path.replace(/[\\/]package\.json$/, '')
  const own = dir.split('/')[1] ?? ''
  const manifest = JSON.parse(readFileSync(join(root, path), 'utf8')) as Package
  const declared = { ...manifest.dependencies, ...manifest.devDependencies }
  const may = allowed[own] ?? ofApps
  for (const file of globSync(`${dir}/{src,test}/**/*.{ts,tsx}`, { cwd: root })) {
    const isTest = /\.test\.tsx?$|\/(?:test|test-support|testing)\/|\/test-[a-z-]+\.ts$/.test(file)
    for (const [, specifier = ''] of readFileSync(join(root, file), 'utf8').matchAll(importPattern)) {
      if (specifier.startsWith('.')) {
        const target = join(file, '..', specifier)
        if (!target.startsWith(`${dir}/`)) problems.push(`${file}: reaches out of its workspace to ${specifier}`)
        continue
      }
      const [, lib] = /^@plinth\/([a-z]+)$/.exec(specifier) ?? []
      if (!lib) continue
      if (!may.includes(lib) && !(isTest && (lib === 'testkit' || middle.includes(lib))))
        problems.push(`${file}: ${own} may not import ${specifier}`)
      else if (!(specifier in declared))
        problems.push(`${file}: ${specifier} is not in the dependencies of ${dir}/package.json`)
    }
  }
}

const top = new Set([
  'package.json',
  'package-lock.json',
  'nx.json',
  'tsconfig.base.json',
  'README.md',
  'LICENSE',
  'apps',
  'libs',
  'deploy',
  'tools',
  'node_modules',
])
const known = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
})
for (const name of new Set(
  known
    .split('\n')
    .map((path) => path.split('/')[0] ?? '')
    .filter((name) => name !== '' && !name.startsWith('.')),
)) {
  if (!top.has(name)) problems.push(`${name}: nothing but the four folders and their manifests stands at the top`)
}

for (const problem of problems) process.stdout.write(`${problem}\n`)
process.exit(problems.length === 0 ? 0 : 1)

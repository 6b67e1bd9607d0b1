// `npm run bench`, or `npm run bench -- golden-path gateway`: each benchmark in a process of its own, one after the other.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import pc from 'picocolors'
import { root } from './platform/home.ts'
import { run } from './run.ts'

const all = ['golden-path', 'gateway', 'decision', 'propagation', 'schemas', 'telemetry'] as const
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('-'))
const unknown = wanted.filter((name) => !existsSync(join(root, 'tools', 'bench', `${name}.ts`)))
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}. There are: ${all.join(', ')}.\n`)
  process.exit(2)
}
let failed = 0
for (const name of wanted.length > 0 ? wanted : all) {
  process.stdout.write(`\n${pc.bold(name)}\n`)
  const { code } = await run(process.execPath, [join('tools', 'bench', `${name}.ts`)], { show: true })
  if (code !== 0) failed++
}
process.exit(failed === 0 ? 0 : 1)

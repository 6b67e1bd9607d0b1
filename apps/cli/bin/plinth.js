#!/usr/bin/env node
// Plain JavaScript, so that any Node from 20 on can run it: hands over to Node 24, which runs the TypeScript as it is.
import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(realpathSync(fileURLToPath(import.meta.url)))
if (Number(process.versions.node.split('.')[0]) >= 24) {
  try {
    enableCompileCache?.()
  } catch {
    // only slower
  }
  await import(join(here, '..', 'src', 'main.ts'))
} else {
  const node = join(here, '..', '..', '..', 'node_modules', '.bin', 'node')
  if (!existsSync(node)) {
    console.error(
      `plinth needs Node 24; this is ${process.versions.node}. Run \`npm install\` in the checkout, or install Node 24.`,
    )
    process.exit(1)
  }
  const { status } = spawnSync(node, [join(here, 'plinth.js'), ...process.argv.slice(2)], { stdio: 'inherit' })
  process.exit(status ?? 1)
}

#!/usr/bin/env node
// The one way in, in plain JavaScript so that the system's own Node (20 or later) can run it: installs what is
// missing, finds Node 24, and hands over to the TypeScript tool of the name. `npm start`, `npm test` and the rest come here.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [tool = 'start', ...rest] = process.argv.slice(2)
const stamp = join(root, 'node_modules', '.plinth-installed')

const fail = (what, remedy) => {
  console.error(`\n  ${what}\n  ${remedy}\n`)
  process.exit(1)
}

if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(
    `Node ${process.versions.node} is too old.`,
    'Install Node 20 or later (https://nodejs.org), then run this again.',
  )
}

const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) await install()

const node =
  Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : join(root, 'node_modules', '.bin', 'node')
if (!existsSync(node)) {
  fail(
    `Node 24 is needed to run the platform, and there is no packaged one for ${process.platform}-${process.arch}.`,
    'Install Node 24 (https://nodejs.org), then run this again.',
  )
}
const child = spawn(node, [join(root, 'tools', `${tool}.ts`), ...rest], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'plinth'),
  },
})
// Ctrl-C reaches the child by itself (same process group); a signal sent to this process alone is passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  })
}
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))

/**
 * The locked packages, with a line that moves; npm's output is shown only when it fails. `npm ci` would refuse to work
 * with a registry that lacks an optional package of some other system; `--no-save` leaves the lockfile as it is.
 */
async function install() {
  const started = Date.now()
  const words = () =>
    `Installing packages (about a minute the first time) … ${Math.round((Date.now() - started) / 1000)} s`
  const tick = process.stdout.isTTY ? setInterval(() => process.stdout.write(`\r  ${words()}`), 500) : undefined
  if (!tick) console.log(`  ${words()}`)
  let output = ''
  const code = await new Promise((resolve) => {
    const npm = spawn('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      shell: process.platform === 'win32',
    })
    for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk) => (output += chunk))
    npm.on('error', (error) => resolve(`${error}`))
    npm.on('exit', resolve)
  })
  if (tick) clearInterval(tick)
  process.stdout.write(
    `${tick ? '\r' : ''}  Installed in ${Math.round((Date.now() - started) / 1000)} s.${' '.repeat(50)}\n`,
  )
  if (code !== 0) {
    console.error(output.split('\n').slice(-30).join('\n'))
    fail(
      'Installing failed; npm said the above.',
      'Check the connection to the npm registry and the free disk space, then run this again.',
    )
  }
  writeFileSync(stamp, wanted)
}

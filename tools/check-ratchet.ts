// Numbers that may only fall: what is above its mark fails; `--write` lowers the marks to what is there now.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './platform/home.ts'

const marksPath = join(root, 'tools', 'ratchet.json')
const files = globSync('{libs,apps,tools}/**/*.{ts,tsx}', {
  cwd: root,
  exclude: (name) => /node_modules|dist|templates/.test(name),
})
const texts = files.map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
const count = (pattern: RegExp): number =>
  texts.reduce(
    (sum, { file, text }) => sum + (file.endsWith('check-ratchet.ts') ? 0 : [...text.matchAll(pattern)].length),
    0,
  )

/**
 * Functions of more than 60 lines, blank ones and comments apart, with all functions inside them. Tests are left out:
 * a `describe` is a chapter, not a function. One with its reason in an `oxlint-disable-next-line` does not count.
 */
function longFunctions(): number {
  const args = ['-c', 'tools/long-functions.json', '--format', 'json', 'libs', 'apps', 'tools']
  const { stdout } = spawnSync('oxlint', args, { cwd: root, encoding: 'utf8' })
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: readonly { filename: string }[] }
  return diagnostics.filter(({ filename }) => !/\.test\.tsx?$|templates/.test(filename)).length
}

const now: Record<string, number> = {
  'any types': count(/(?::|\bas|<)\s*any\b/g),
  'disabled lint rules': count(/oxlint-disable/g),
  'expected type errors': count(/@ts-(?:ignore|expect-error|nocheck)/g),
  'double assertions': count(/\bas unknown as\b/g),
  'skipped tests': count(/\b(?:it|test|describe)\.(?:skip|only|todo)\(/g),
  'files over 300 lines': texts.filter(({ text }) => text.trimEnd().split('\n').length > 300).length,
  'functions over 60 lines': longFunctions(),
}

const marks = existsSync(marksPath) ? (JSON.parse(readFileSync(marksPath, 'utf8')) as Record<string, number>) : now
const risen = Object.entries(now).filter(([name, value]) => value > (marks[name] ?? 0))
for (const [name, value] of risen) process.stdout.write(`${name}: ${value}, the mark is ${marks[name] ?? 0}\n`)
if (process.argv.includes('--write')) writeFileSync(marksPath, `${JSON.stringify(now, null, 2)}\n`)
process.exit(risen.length === 0 || process.argv.includes('--write') ? 0 : 1)

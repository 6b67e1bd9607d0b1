// `npm run check`: everything that can be said about the code without running it.
import pc from 'picocolors'
import { run } from './run.ts'

const checks: readonly { name: string; command: string; args: readonly string[]; remedy: string }[] = [
  { name: 'format', command: 'oxfmt', args: ['--check'], remedy: 'npm run format' },
  {
    name: 'lint, type-aware',
    command: 'oxlint',
    args: ['--type-aware', '--deny-warnings'],
    remedy: 'npx oxlint --type-aware --fix',
  },
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.base.json'], remedy: 'npx tsc -p tsconfig.base.json' },
  {
    name: 'types of the portal',
    command: 'tsc',
    args: ['-p', 'apps/portal/tsconfig.json'],
    remedy: 'npx tsc -p apps/portal/tsconfig.json',
  },
  {
    name: 'boundaries',
    command: 'node',
    args: ['tools/check-boundaries.ts'],
    remedy: 'import only downwards: kernel <- contracts <- service, store, bus, access, client <- apps',
  },
  {
    name: 'ratchet',
    command: 'node',
    args: ['tools/check-ratchet.ts'],
    remedy: 'the numbers in tools/ratchet.json may only fall',
  },
  {
    name: 'unused code',
    command: 'knip',
    args: ['--config', 'tools/knip.json'],
    remedy: 'npx knip --config tools/knip.json',
  },
]

type Checked = { passed: number; failed: number }

/**
 * Runs all checks, two at a time; says a line each and the output of those that failed. `yielding` ones leave the
 * processors to what runs beside them. Resolves to how many failed.
 */
export async function check(
  say: (text: string) => void = (text) => void process.stdout.write(text),
  yielding = false,
): Promise<Checked> {
  const queue = [...checks]
  let failed = 0
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { name, command, args, remedy } = next
      const { code, output, ms } = await run(command, args, { yielding })
      const ok = code === 0
      if (!ok) failed++
      say(`  ${ok ? pc.green('●') : pc.red('■')} ${name} ${pc.dim(`${(ms / 1000).toFixed(1)} s`)}\n`)
      if (!ok)
        say(
          `${output
            .split('\n')
            .slice(0, 80)
            .map((line) => `    ${line}`)
            .join('\n')}\n    ${pc.bold(remedy)}\n`,
        )
    }
  }
  await Promise.all([worker(), worker()])
  return { passed: checks.length - failed, failed }
}

if (import.meta.main) {
  const { passed, failed } = await check()
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
  process.exit(failed === 0 ? 0 : 1)
}

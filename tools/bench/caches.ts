// A cache of 9,000 small files, kept and restored as a runner does it, thread and checks included, beside tar.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { CacheTask } from '../../apps/runner/src/jobs/cache-thread.ts'
import { duration, figure, printTable, seededRandom, spread, writeResult } from './lib.ts'

const runs = Number(process.env['PLINTH_BENCH_RUNS'] ?? 7)
const files = 9_000
const root = mkdtempSync(join(process.env['PLINTH_BENCH_FOLDER'] ?? tmpdir(), 'plinth-bench-caches-'))
const source = join(root, 'source')
const thread = new URL('../../apps/runner/src/jobs/cache-thread.ts', import.meta.url)

/** Source text as it lies in folders of dependencies: much that repeats, some that does not. */
function fill(): void {
  const random = seededRandom(7)
  const lines = '// words that repeat in every file: const, function, return, export default\n'.repeat(25)
  for (let index = 0; index < files; index++) {
    const folder = join(source, 'modules', `m${index % 600}`, 'lib')
    mkdirSync(folder, { recursive: true })
    const noise = Array.from({ length: 150 }, () => Math.floor(random() * 2 ** 32).toString(16)).join('')
    writeFileSync(join(folder, `f${index}.js`), `export const x${index} = '${noise}'\n${lines}`)
  }
}

const inThread = (task: CacheTask): Promise<unknown> =>
  new Promise((resolve, reject) => {
    new Worker(thread, { workerData: task }).on('message', resolve).on('error', reject)
  })
const bash = (script: string): Promise<unknown> => Promise.resolve(execFileSync('bash', ['-c', script]))

const archive = join(root, 'ours.tar.zst')
const ways: readonly (readonly [name: string, pack: () => Promise<unknown>, unpack: (to: string) => Promise<unknown>, file: string])[] = [
  [
    'Plinth',
    () => inThread({ pack: { root: source, archive, paths: ['modules/'], untracked: [] } }),
    (to) => inThread({ unpack: { archive, root: to } }),
    archive,
  ],
  ['tar czf, tar xzf', () => bash(`tar -C ${source} -czf ${root}/a.tgz .`), (to) => bash(`tar -C ${to} -xzf ${root}/a.tgz`), join(root, 'a.tgz')],
  ['tar cf, tar xf', () => bash(`tar -C ${source} -cf ${root}/a.tar .`), (to) => bash(`tar -C ${to} -xf ${root}/a.tar`), join(root, 'a.tar')],
] // prettier-ignore

try {
  fill()
  const packMs = ways.map((): number[] => [])
  const unpackMs = ways.map((): number[] => [])
  for (let run = 0; run < runs; run++) {
    for (const [index, [, pack, unpack]] of ways.entries()) {
      const to = join(root, `to-${run}-${index}`)
      mkdirSync(to)
      const startedAt = performance.now()
      await pack()
      const packedAt = performance.now()
      await unpack(to)
      unpackMs[index]?.push(performance.now() - packedAt)
      packMs[index]?.push(packedAt - startedAt)
    }
  }
  const ms = (samples: readonly number[] | undefined): string => duration(spread(samples ?? []).median * 1_000)
  printTable(
    `Caches: ${figure(files)} files, medians of ${runs} runs in turn`,
    ['with', 'pack', 'unpack', 'bytes'],
    ways.map(([name, , , file], index) => [name, ms(packMs[index]), ms(unpackMs[index]), figure(statSync(file).size)]),
  )
  writeResult('caches', { files, packMs, unpackMs })
} finally {
  rmSync(root, { recursive: true, force: true })
}

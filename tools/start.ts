// `npm start`: brings the whole platform up on this machine, walks the golden path once, and stays until Ctrl-C.
import { existsSync, writeFileSync } from 'node:fs'
import pc from 'picocolors'
import { ensureProject, goldenPath, signedIn } from './platform/golden-path.ts'
import { startPlatform, type Platform } from './platform/platform.ts'
import { buildPortal } from './platform/portal.ts'
import { StartProblem } from './platform/problem.ts'
import { progress } from './platform/progress.ts'

const sample = { project: 'payments', component: 'ledger' }
const show = progress()

/** The golden path with the sample project, once per home; a start that was cut off in the middle tries again. */
async function walkGoldenPath(platform: Platform): Promise<void> {
  const mark = platform.home.file('sample.json')
  if (existsSync(mark)) return
  show.step(`The golden path: ${sample.project}/${sample.component} from a template to a running service`)
  const api = await signedIn(platform.admin)
  await ensureProject(api, sample.project)
  const { items } = await api.listComponents({ params: { project: sample.project } })
  if (items.some(({ name }) => name === sample.component)) return
  const { url, totalMs, phases } = await goldenPath(api, { ...sample, edgePort: platform.edgePort }, show.note)
  writeFileSync(mark, JSON.stringify({ ...sample, url }))
  show.done(
    `${sample.project}/${sample.component} answers after ${(totalMs / 1000).toFixed(1)} s ${pc.dim(phases.map(({ name, ms }) => `${name} ${(ms / 1000).toFixed(1)} s`).join(' · '))}`,
  )
}

function farewell({ url, home, edgePort }: Platform): string {
  const line = (label: string, text: string): string => `  ${pc.dim(label.padEnd(12))} ${text}`
  return [
    '',
    line('Portal', pc.bold(pc.cyan(url))),
    line('Sign in', `admin, with the password in ${home.file('admin.json')}`),
    line('Sample', `http://${sample.component}.development.${sample.project}.localhost:${edgePort}/entries`),
    line('Command line', 'npx plinth login'),
    line('Stop', 'Ctrl-C; the next start resumes where it was'),
    '',
  ].join('\n')
}

async function main(): Promise<void> {
  process.stdout.write(`\n  ${pc.bold('Plinth')} ${pc.dim('the platform, on this machine')}\n\n`)
  show.step('Starting')
  const stopping = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.resolve())
  const [platform] = await Promise.all([startPlatform({ say: show.note }), buildPortal()])
  try {
    await Promise.race([walkGoldenPath(platform), stopping.promise])
    show.stop()
    process.stdout.write(`${farewell(platform)}\n`)
    await stopping.promise
    process.stdout.write('\n')
  } finally {
    show.step('Stopping: your services keep their data')
    await platform.stop()
    show.stop()
  }
}

try {
  await main()
  process.exit(0)
} catch (error) {
  show.stop()
  const remedy = error instanceof StartProblem ? error.remedy : 'The logs are in .plinth/logs; a second try resumes.'
  process.stderr.write(
    `\n  ${pc.red('■')} ${error instanceof Error ? error.message : String(error)}\n    ${remedy}\n\n`,
  )
  process.exit(1)
}

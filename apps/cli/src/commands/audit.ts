import { createWriteStream, rmSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Option, type Command } from 'commander'
import pc from 'picocolors'
import type { ExportVerification } from '@plinth/kernel/audit'
import { verifyFile } from '../audit-verify.ts'
import { exitCode } from '../exit-codes.ts'
import { ago, count, show, table, type Output } from '../output.ts'
import { connect } from '../session.ts'

type Filter = {
  actor?: string
  action?: string
  outcome?: 'success' | 'denied'
  object?: string
  request?: string
  since?: string
  until?: string
}

const withFilter = (command: Command): Command =>
  command
    .option('--project <name>')
    .option('--actor <subject>')
    .option('--action <name>')
    .addOption(new Option('--outcome <outcome>').choices(['success', 'denied']))
    .option('--object <object>', 'an object, or its beginning')
    .option('--request <id>', 'the entries of one request')
    .option('--since <time>', 'RFC 3339')
    .option('--until <time>', 'RFC 3339')

const filterFrom = ({ actor, action, outcome, object, request, since, until }: Filter) => ({
  ...(actor !== undefined && { actor }),
  ...(action !== undefined && { action }),
  ...(outcome !== undefined && { outcome }),
  ...(object !== undefined && { object }),
  ...(request !== undefined && { requestId: request }),
  ...(since !== undefined && { since }),
  ...(until !== undefined && { until }),
})

const good = pc.green('●')
const bad = pc.red('■')

function fileText(found: ExportVerification): string {
  const { valid, problem, complete, entries, partitions, checkpoints, newest, base, keys } = found
  const held = `${count(entries, 'entry', 'entries')} in ${count(partitions, 'chain')}, ${count(checkpoints, 'checkpoint')}`
  if (!valid) {
    const where = [
      problem?.partition,
      problem?.sequence !== undefined && `entry ${problem.sequence}`,
      problem?.checkpoint !== undefined && `checkpoint ${problem.checkpoint}`,
    ].filter(Boolean)
    return `${bad} ${problem?.kind ?? 'broken'}${where.length > 0 ? ` at ${where.join(', ')}` : ''}: ${problem?.message ?? ''}\n${pc.dim(`  good before it: ${held}`)}`
  }
  return [
    complete
      ? `${good} ${held}, unbroken`
      : `${good} ${entries} selected entries, as they were sealed; the chains are not in it`,
    ...(base ? [pc.dim(`  begins after checkpoint ${base.checkpoint} of ${base.at}: older entries were let go`)] : []),
    ...(newest ? [pc.dim(`  newest checkpoint ${newest.sequence} ${newest.hash}`)] : []),
    pc.dim(`  signed by ${keys.join(', ')}`),
  ].join('\n')
}

function listCommand(audit: Command, output: () => Output): void {
  withFilter(audit.command('list', { isDefault: true }))
    .description('what was done and refused, newest first')
    .option('--limit <n>', 'how many', '50')
    .action(async (options: Filter & { project?: string; limit: string }) => {
      const api = connect()
      const query = { limit: Number(options.limit), ...filterFrom(options) }
      const page = options.project
        ? await api.listProjectAudit({ params: { project: options.project }, query })
        : await api.listAudit({ query })
      show(output(), page, ({ items }) =>
        table(
          ['#', 'AGE', 'WHO', 'WHAT', 'ON', 'OUTCOME'],
          items.map((e) => [
            String(e.sequence),
            ago(e.occurredAt),
            e.actor,
            e.action,
            `${e.project} ${e.object}`,
            e.outcome === 'denied' ? pc.red('denied') : e.outcome,
          ]),
        ),
      )
    })
}

async function verifyOnPlatform(output: Output): Promise<boolean> {
  const result = await connect().verifyAudit()
  show(output, result, ({ valid, entries, partitions, checkpoints, head, brokenAt, partition, problem }) =>
    valid
      ? `${good} ${count(entries, 'entry', 'entries')} in ${count(partitions, 'chain')}, ${count(checkpoints, 'checkpoint')}, unbroken ${pc.dim(head.slice(0, 16))}`
      : `${bad} broken at entry ${brokenAt ?? '?'}${partition === undefined ? '' : ` of ${partition}`}: ${problem ?? ''}`,
  )
  return result.valid
}

export function auditCommands(program: Command, output: () => Output): void {
  const audit = program.command('audit').description('the audit ledger: list, verify, export')
  listCommand(audit, output)
  audit
    .command('verify [file]')
    .description('verify an exported ledger offline, or without a file the one on the platform; exit 1 where broken')
    .option(
      '--key <pem>',
      'believe this key alone: a file in PEM, or the id of a key; again for more',
      (value, all: string[]) => [...all, value],
      [],
    )
    .option('--checkpoint <file>', 'the ledger must still hold this checkpoint')
    .action(async (file: string | undefined, options: { key: string[]; checkpoint?: string }) => {
      let valid: boolean
      if (file === undefined) valid = await verifyOnPlatform(output())
      else {
        const { key, checkpoint } = options
        const found = await verifyFile(file, { keys: key, ...(checkpoint !== undefined && { checkpoint }) })
        show(output(), found, fileText)
        valid = found.valid
      }
      if (!valid) process.exitCode = exitCode('failed')
    })
  withFilter(audit.command('export'))
    .description('the ledger as a file, to be verified anywhere: JSON lines, or CSV')
    .addOption(new Option('--format <format>').choices(['jsonl', 'csv']).default('jsonl'))
    .option('-o, --output <file>', 'where to; standard output unless given')
    .action(async (options: Filter & { format: 'jsonl' | 'csv'; project?: string; output?: string }) => {
      const { format, project } = options
      const query = { format, ...(project !== undefined && { project }), ...filterFrom(options) }
      const { body } = await connect().exportAudit({ query })
      if (body === null) throw new Error('The platform sent nothing')
      if (options.output === undefined) return pipeline(Readable.fromWeb(body), process.stdout, { end: false })
      const target = options.output
      // A part of a ledger must not be taken for all of it.
      await pipeline(Readable.fromWeb(body), createWriteStream(target, { mode: 0o600 })).catch((error: unknown) => {
        rmSync(target, { force: true })
        throw error
      })
      process.stderr.write(`${good} ${target}\n`)
    })
}

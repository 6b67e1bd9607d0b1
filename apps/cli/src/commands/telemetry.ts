import type { Command } from 'commander'
import pc from 'picocolors'
import { show, table, type Output } from '../output.ts'
import { inert } from '../output.ts'
import { connect, type Api } from '../session.ts'
import { targetFrom } from '../target.ts'

type LogRecord = Awaited<ReturnType<Api['queryLogs']>>['items'][number]

const paints: Readonly<Record<string, (text: string) => string>> = {
  ERROR: pc.red,
  FATAL: pc.red,
  WARN: pc.yellow,
  DEBUG: pc.dim,
  TRACE: pc.dim,
}
const logText = (record: LogRecord): string =>
  `${pc.dim(record.time.slice(11, 23))} ${(paints[record.severity] ?? String)(record.severity.padEnd(5))} ${pc.cyan(record.environment)} ${record.body}`

type Where = { in?: string; search?: string; since?: string; limit?: string; follow?: boolean }

export function telemetryCommands(program: Command, output: () => Output): void {
  program
    .command('logs [project/component]')
    .description('log records of a workload, oldest first')
    .option('--in <environment>', 'only this environment')
    .option('--search <words>')
    .option('--since <when>', 'how far back: 15m, 2h, 7d, or a time', '1h')
    .option('--limit <n>', 'how many', '100')
    .option('-f, --follow', 'and then as they arrive')
    .action(async (text: string | undefined, options: Where) => {
      const api = connect()
      const { project, component } = targetFrom(text)
      const where = {
        workload: component,
        ...(options.in && { environment: options.in }),
        ...(options.search && { search: options.search }),
      }
      const { items } = await api.queryLogs({
        params: { project },
        query: { ...where, since: options.since ?? '1h', limit: Number(options.limit ?? 100) },
      })
      const oldestFirst = items.toReversed()
      if (!options.follow)
        return show(
          output(),
          { items: oldestFirst },
          () => oldestFirst.map(logText).join('\n') || 'No log records yet.',
        )
      const print = (record: LogRecord): void =>
        void process.stdout.write(output().json ? `${JSON.stringify(record)}\n` : `${inert(logText(record))}\n`)
      oldestFirst.forEach(print)
      for await (const { data } of api.tailLogs({ params: { project }, query: where })) print(data)
    })
  program
    .command('traces [project/component]')
    .description('traces of a workload, newest first')
    .option('--in <environment>')
    .option('--since <when>', 'how far back: 15m, 2h, 7d, or a time', '1h')
    .action(async (text: string | undefined, options: Where) => {
      const { project, component } = targetFrom(text)
      const found = await connect().queryTraces({
        params: { project },
        query: { workload: component, since: options.since ?? '1h', ...(options.in && { environment: options.in }) },
      })
      show(output(), found, ({ items }) =>
        items.length === 0
          ? 'No traces yet: send it a request.'
          : table(
              ['TRACE', 'WHAT', 'WHERE', 'MS', 'SPANS', 'ERRORS'],
              items.map((t) => [
                t.traceId,
                t.rootName,
                t.environment,
                t.durationMs.toFixed(1),
                String(t.spans),
                t.errors > 0 ? pc.red(String(t.errors)) : '0',
              ]),
            ),
      )
    })
  program
    .command('trace <trace-id>')
    .description('the spans of a trace')
    .requiredOption('--project <name>')
    .action(async (traceId: string, { project }: { project: string }) => {
      show(output(), await connect().getTrace({ params: { project, traceId } }), ({ items }) => {
        const depths = new Map<string, number>()
        return items
          .map((span) => {
            const depth = (depths.get(span.parentSpanId ?? '') ?? -1) + 1
            depths.set(span.spanId, depth)
            return `${span.durationMs.toFixed(2).padStart(9)} ms  ${'  '.repeat(depth)}${span.status === 'ERROR' ? pc.red(span.name) : span.name} ${pc.dim(span.kind)}`
          })
          .join('\n')
      })
    })
}

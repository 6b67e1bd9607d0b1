import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import pc from 'picocolors'
import { exitCode } from '../exit-codes.ts'
import { ago, show, table, type Output } from '../output.ts'
import { CliError, connect } from '../session.ts'
import { patiently } from '../patience.ts'
import { projectFrom } from '../target.ts'

type Options = { project?: string; type?: string }

/** Avro says `"type": "record"` and the like at its top; whatever else is JSON is JSON Schema. */
function readSchema(file: string, type: string | undefined): { type: 'AVRO' | 'JSON'; schema: string } {
  let schema: string
  try {
    schema = readFileSync(file, 'utf8')
  } catch {
    throw new CliError(`There is no file ${file}.`, exitCode('usage'))
  }
  return {
    schema,
    type: (type?.toUpperCase() ?? (file.endsWith('.avsc') ? 'AVRO' : 'JSON')) === 'AVRO' ? 'AVRO' : 'JSON',
  }
}

export function schemaCommands(program: Command, output: () => Output): void {
  const schema = program.command('schema').description('schemas: check, register, list')
  const withFile = (name: string): Command =>
    schema
      .command(`${name} <subject> <file>`)
      .option('--project <name>')
      .option('--type <type>', 'avro or json; by the file name when left out')
  withFile('check')
    .description('would this schema be accepted? exit 1 where it would break somebody')
    .action(async (subject: string, file: string, options: Options) => {
      const verdict = await patiently(() =>
        connect().checkCompatibility({
          params: { project: projectFrom(options.project), subject },
          body: readSchema(file, options.type),
        }),
      )
      show(output(), verdict, ({ compatible, level, against, incompatibilities }) =>
        compatible
          ? `${pc.green('●')} ${subject}: compatible ${pc.dim(against ? `(${level}, with version ${against})` : '(the first version)')}`
          : [
              `${pc.red('■')} ${subject}: ${file} is not compatible with version ${against} (${level})`,
              ...incompatibilities.map(
                ({ path, rule, message }) => `  ${pc.bold(path || '/')} ${message} ${pc.dim(rule)}`,
              ),
            ].join('\n'),
      )
      if (!verdict.compatible) process.exitCode = exitCode('failed')
    })
  withFile('register')
    .description('register a schema; the same again answers the version that it has')
    .action(async (subject: string, file: string, options: Options) => {
      const made = await patiently(() =>
        connect().registerVersion({
          params: { project: projectFrom(options.project), subject },
          body: readSchema(file, options.type),
        }),
      )
      show(
        output(),
        made,
        ({ version, id }) => `${pc.green('●')} ${subject} version ${pc.bold(String(version))} ${pc.dim(`id ${id}`)}`,
      )
    })
  schema
    .command('list')
    .description('subjects of a project')
    .option('--project <name>')
    .action(async (options: Options) => {
      show(output(), await connect().listSubjects({ params: { project: projectFrom(options.project) } }), ({ items }) =>
        table(
          ['SUBJECT', 'TYPE', 'VERSION', 'COMPATIBILITY', 'CHANGED'],
          items.map((s) => [s.name, s.type, String(s.latestVersion), s.compatibility, ago(s.updatedAt)]),
        ),
      )
    })
  schema
    .command('compatibility <subject> <level>')
    .description('set what new versions must keep: none or backward')
    .option('--project <name>')
    .action(async (subject: string, level: string, options: Options) => {
      const compatibility = level.toUpperCase() === 'NONE' ? 'NONE' : 'BACKWARD'
      show(
        output(),
        await connect().setCompatibility({
          params: { project: projectFrom(options.project), subject },
          body: { compatibility },
        }),
        (s) => `${s.name}: ${s.compatibility}`,
      )
    })
}
